"""The employer's notice as a kind of step."""

from django.utils.translation import gettext_lazy as _

from applications.errors import NoticeStillRunning
from applications.workflow import (
    Action,
    Effect,
    Phase,
    Rule,
    Who,
    applicants_withdrawal,
    reviewers_exits,
)
from core import clock
from publicity import services
from schedules import kinds
from schedules.working_days import Calendar, CalendarUnannounced


@kinds.register
class EmployerNotice(kinds.StepKind):
    """The employer posts the application for the schedule's working days (B11, C23–C26).

    Reporting is legal only from ``notice_cleared``, which only the clock reaches: when the
    notice has run its days and no objection is open. An open objection stops no deadline.
    """

    code = "employer_notice"
    name = _("单位公示")
    phase = Phase.ON_NOTICE
    rules = {
        (Phase.ON_NOTICE, Action.CLEAR): Rule(
            Effect.STAY, Who.SYSTEM, Phase.NOTICE_CLEARED, in_window=False
        ),
        (Phase.NOTICE_CLEARED, Action.REPORT): Rule(
            Effect.ADVANCE, Who.HOLDER, permission="decide_applications"
        ),
        **reviewers_exits(Phase.ON_NOTICE),
        **reviewers_exits(Phase.NOTICE_CLEARED),
        (Phase.ON_NOTICE, Action.WITHDRAW): applicants_withdrawal(),
        (Phase.NOTICE_CLEARED, Action.WITHDRAW): applicants_withdrawal(),
    }

    def earliest_exit(self, *, step, entered_at):
        """Return the instant at which a notice posted then clears."""
        posted_on = max(entered_at, step.opens_at).astimezone(clock.SHANGHAI).date()
        return Calendar().lock_ends_at(posted_on, step.track.schedule.publicity_working_days)

    def latest_entry(self, *, step):
        """Return 24:00 of the last day on which a notice can be posted and clear in time."""
        return services.latest_posting_closes_at(step)

    def latest_entry_again(self, *, application, closes_at):
        """Return the same for a correction; no sooner than it closes when the notice stands.

        Nor when the working days cannot be counted yet: the form must stay usable.
        """
        if services.notice_would_stand(application):
            return closes_at
        working_days = application.schedule.publicity_working_days
        try:
            return services.latest_posting_before(closes_at, working_days=working_days)
        except CalendarUnannounced:
            return closes_at

    def check(self, *, application, action, at):
        """Refuse to report while the lock runs or an objection is open or upheld."""
        if action != Action.REPORT:
            return
        notice = services.standing_notice(application)
        if notice is None or at < notice.clears_at or notice.has_blocking_objection:
            raise NoticeStillRunning(services.why_not_reportable(application))

    def refusal(self, *, application, action):
        """Say why a notice that runs cannot be reported."""
        if application.phase == Phase.ON_NOTICE and action == Action.REPORT:
            return NoticeStillRunning(services.why_not_reportable(application))
        return None

    def enter(self, *, application, at):
        """Post the notice, unless the one that has cleared still stands (C33)."""
        return services.post_or_keep(application=application, at=at)

    def stay(self, *, application, action, at):
        """End the notice when it has run its days."""
        if action == Action.CLEAR:
            services.end_notice(application=application, at=at)

    def leave(self, *, application, action, at):
        """Take down a notice that is still posted."""
        services.take_down(application=application, at=at)

    def clears_at(self, *, application):
        """Return when the posted notice clears; none while an objection blocks it."""
        return services.clears_at(application)
