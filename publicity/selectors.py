"""Read notices: what posting one now would mean, and what the public may see."""

import datetime as dt
from dataclasses import dataclass

from applications import deadlines, sections
from applications.comparison import NOTICE_KEYS
from applications.models import Application, RouteStop
from applications.sections.base import text_of
from applications.workflow import Phase
from core import clock
from organisations.models import Organisation
from publicity import services
from publicity.models import Notice, NoticeStatus
from schedules.models import Step
from schedules.working_days import Calendar

NOTICE_KIND = "employer_notice"


@dataclass(frozen=True)
class PostingOutlook:
    """What an approval now means for the notice that follows it.

    ``closes_at`` is the end of the notice's step as it stands for the file (C26, C33);
    reporting must happen before it, and not before ``clears_at``.
    """

    keeps_notice: bool
    working_days: int
    last_day_on: dt.date
    clears_at: dt.datetime
    closes_at: dt.datetime

    @property
    def is_in_time(self) -> bool:
        """Say whether an instant is left between the end of the lock and the close."""
        return self.keeps_notice or self.clears_at < self.closes_at


def posting_outlook(
    *, application: Application, route: list[RouteStop], at: dt.datetime
) -> PostingOutlook | None:
    """Return what follows from an approval at ``at``; none when no notice comes next."""
    here = next((stop for stop in route if stop.step_id == application.step_id), None)
    onward = next((stop for stop in route if here and stop.position > here.position), None)
    if onward is None or onward.step.kind != NOTICE_KIND:
        return None
    working_days = application.schedule.publicity_working_days
    last_day_on = Calendar().add_working_days(at.astimezone(clock.SHANGHAI).date(), working_days)
    return PostingOutlook(
        keeps_notice=services.cleared_notice_stands(application),
        working_days=working_days,
        last_day_on=last_day_on,
        clears_at=clock.start_of(last_day_on + dt.timedelta(days=1)),
        closes_at=deadlines.closes_at(application, onward),
    )


@dataclass(frozen=True)
class RepostingOutlook:
    """What a return now means for a notice that has to be posted anew (C33).

    ``last_approval_on`` is the last day on which the employer can approve again so that a
    new notice ends before ``limit_at``.
    """

    last_approval_on: dt.date
    limit_at: dt.datetime
    is_needed: bool
    is_possible: bool


def reposting_outlook(
    *,
    application: Application,
    route: list[RouteStop],
    limit: deadlines.CorrectionLimit,
    at: dt.datetime,
) -> RepostingOutlook | None:
    """Return it for a return with this limit; none when the notice is not passed again."""
    if not limit.resumes_at_first_review or not has_notice(route):
        return None
    last_day = Calendar().latest_posting(
        limit.reviews_until, application.schedule.publicity_working_days
    )
    notice = services.latest_notice(application)
    return RepostingOutlook(
        last_approval_on=last_day,
        limit_at=limit.reviews_until,
        is_needed=notice is None or notice.status != NoticeStatus.ENDED,
        is_possible=at.astimezone(clock.SHANGHAI).date() <= last_day,
    )


@dataclass(frozen=True)
class Achievement:
    """An achievement as a notice shows it."""

    kind: str
    title: str
    role: str
    result: str


def achievements_of(notice: Notice) -> list[Achievement]:
    """Return the achievements that the notice shows, in words."""
    found = []
    for item in notice.content["achievements"]:
        section = sections.get(item["kind"])
        fields = section.form_class.base_fields
        found.append(
            Achievement(
                kind=str(section.item),
                **{key: text_of(fields[key], item[key]) for key in NOTICE_KEYS},
            )
        )
    return found


def has_notice(route: list[RouteStop]) -> bool:
    """Say whether the route has an employer's notice."""
    return any(stop.step.kind == NOTICE_KIND for stop in route)


def is_public(notice: Notice, *, at: dt.datetime) -> bool:
    """Say whether the notice's page may be seen: while it is posted, to the instant."""
    if notice.status != NoticeStatus.POSTED or at >= notice.clears_at:
        return False
    return deadlines.standing(notice.application, at).phase == Phase.ON_NOTICE


def supervisor_of(notice: Notice) -> Organisation | None:
    """Return the office above the one that posts: whom else the public can tell."""
    return notice.organisation.supervisor


def working_days_left(notice: Notice, *, on: dt.date) -> int:
    """Return how many working days of the notice are still to come, ``on`` not counted."""
    calendar = Calendar()
    days = (notice.last_day_on - on).days
    return sum(
        calendar.is_working_day(on + dt.timedelta(days=ahead)) for ahead in range(1, days + 1)
    )


def latest_safe_approval(step: Step) -> dt.date:
    """Return the last day on which an approval can still be reported before the close."""
    return Calendar().latest_posting(step.closes_at, step.track.schedule.publicity_working_days)
