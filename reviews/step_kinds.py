"""The kinds of step in which an office checks a file (审核)."""

from django.utils.translation import gettext_lazy as _

from applications.workflow import (
    Action,
    Effect,
    Phase,
    Rule,
    Who,
    applicants_withdrawal,
    reviewers_exits,
)
from reviews import services
from schedules import kinds


class Review(kinds.StepKind):
    """What every office's review has in common: approval, return, refusal."""

    setting_types = {
        "accepts": (bool, _("审核通过即为受理")),  # C31
        "checks_every_item": (bool, _("逐项核对后才能通过")),  # B13, C20
        "needs_opinion": (bool, _("通过时须写推荐意见（默认须写）")),
        "confirm_label": (str, _("审核通过后再确认一步的名称，如“确定推荐”")),  # C28, C30
    }

    def leave(self, *, application, action, at):
        """Note the instant of acceptance."""
        if action == Action.APPROVE and application.step.settings.get("accepts"):
            application.accepted_at = at


def _review_rules(phase: Phase) -> dict:
    return {
        (phase, Action.OPEN): Rule(Effect.STAY, Who.HOLDER, permission="review_applications"),
        (phase, Action.APPROVE): Rule(Effect.ADVANCE, Who.HOLDER, permission="decide_applications"),
        **reviewers_exits(phase),
        (phase, Action.WITHDRAW): applicants_withdrawal(),
    }


@kinds.register
class EmployerVerification(Review):
    """The employer checks every item and writes its recommendation (C19–C22, B13)."""

    code = "employer_verification"
    name = _("单位审核")
    phase = Phase.SUBMITTED
    rules = {
        **_review_rules(Phase.SUBMITTED),
        # Before the employer opens a file the applicant can recall it.
        (Phase.SUBMITTED, Action.RECALL): Rule(Effect.RECALL, Who.APPLICANT, in_window=False),
    }

    def check(self, *, application, action, at):
        """Refuse a recall once the employer has opened the file, or when it would be too late."""
        if action == Action.RECALL:
            services.check_recall(application=application, at=at)


@kinds.register
class OfficeReview(Review):
    """An office checks, and recommends, accepts, returns or refuses (C27–C32)."""

    code = "office_review"
    name = _("部门审核")
    phase = Phase.UNDER_REVIEW
    rules = _review_rules(Phase.UNDER_REVIEW)
