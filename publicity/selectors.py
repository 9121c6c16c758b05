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
from schedules.working_days import Calendar, CalendarUnannounced

NOTICE_KIND = "employer_notice"


@dataclass(frozen=True)
class PostingOutlook:
    """What an approval now means for the notice that follows it.

    ``closes_at`` is the end of the notice's step as it stands for the file (C26, C33);
    reporting must happen before it, and not before ``clears_at``. ``problem`` says why the
    working days cannot be counted, if they cannot: no notice can be posted then.
    """

    keeps_notice: bool
    working_days: int
    closes_at: dt.datetime
    last_day_on: dt.date | None = None
    clears_at: dt.datetime | None = None
    problem: str = ""

    @property
    def is_late(self) -> bool:
        """Say whether no instant is left between the end of the lock and the close."""
        return self.clears_at is not None and self.clears_at >= self.closes_at


def posting_outlook(
    *, application: Application, route: list[RouteStop], at: dt.datetime
) -> PostingOutlook | None:
    """Return what follows from an approval at ``at``; none when no notice comes next."""
    here = next((stop for stop in route if stop.step_id == application.step_id), None)
    onward = next((stop for stop in route if here and stop.position > here.position), None)
    if onward is None or onward.step.kind != NOTICE_KIND:
        return None
    working_days = application.schedule.publicity_working_days
    closes_at = deadlines.closes_at(application, onward)
    if services.cleared_notice_stands(application):
        return PostingOutlook(True, working_days, closes_at)
    try:
        last_day_on = Calendar().add_working_days(
            at.astimezone(clock.SHANGHAI).date(), working_days
        )
    except CalendarUnannounced as error:
        return PostingOutlook(False, working_days, closes_at, problem=str(error))
    clears_at = clock.start_of(last_day_on + dt.timedelta(days=1))
    return PostingOutlook(False, working_days, closes_at, last_day_on, clears_at)


@dataclass(frozen=True)
class RepostingOutlook:
    """What a return now means for a notice that has to be posted anew (C33).

    ``last_approval_on`` is the last day on which the employer can approve again so that a
    new notice ends before ``limit_at``; none when the working days cannot be counted,
    which ``problem`` then explains.
    """

    limit_at: dt.datetime
    is_needed: bool
    last_approval_on: dt.date | None = None
    is_possible: bool = True
    problem: str = ""


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
    notice = services.latest_notice(application)
    is_needed = notice is None or notice.status != NoticeStatus.ENDED
    try:
        last_day = Calendar().latest_posting(
            limit.reviews_until.astimezone(clock.SHANGHAI),
            application.schedule.publicity_working_days,
        )
    except CalendarUnannounced as error:
        return RepostingOutlook(limit.reviews_until, is_needed, problem=str(error))
    is_possible = at.astimezone(clock.SHANGHAI).date() <= last_day
    return RepostingOutlook(limit.reviews_until, is_needed, last_day, is_possible)


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
