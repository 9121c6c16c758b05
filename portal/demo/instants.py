"""The instants that matter next, with their names, for the demo's clock to jump to."""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import User
from applications.models import Application
from publicity.models import Notice, NoticeStatus
from schedules.models import ScheduleStatus, Step


@dataclass(frozen=True)
class Instant:
    """A moment worth seeing, and all that happens at it."""

    at: dt.datetime
    name: str


def coming_instants(*, at: dt.datetime, user: User, limit: int = 6) -> list[Instant]:
    """Return what comes after ``at``, nearest first.

    Windows of published schedules that open and close, the end of the next lock, and the
    next deadline of the signed-in person's own application.
    """
    names: dict[dt.datetime, list[str]] = {}
    for instant, name in [*_windows(at), *_locks(at), *_own_deadlines(at, user)]:
        if name not in names.setdefault(instant, []):
            names[instant].append(name)
    coming = sorted(names)[:limit]
    return [Instant(instant, "；".join(names[instant])) for instant in coming]


def _windows(at: dt.datetime) -> list[tuple[dt.datetime, str]]:
    steps = Step.objects.filter(
        track__schedule__status=ScheduleStatus.PUBLISHED, closes_at__gt=at
    ).values_list("name", "opens_at", "closes_at")
    found = []
    for name, opens_at, closes_at in steps:
        if opens_at > at:
            found.append((opens_at, _("%s开始") % name))
        found.append((closes_at, _("%s截止") % name))
    return found


def _locks(at: dt.datetime) -> list[tuple[dt.datetime, str]]:
    posted = Notice.objects.filter(status=NoticeStatus.POSTED, clears_at__gt=at)
    soonest = posted.order_by("clears_at").select_related("organisation").first()
    if soonest is None:
        return []
    return [(soonest.clears_at, _("%s的公示期满，可以上报") % soonest.organisation)]


def _own_deadlines(at: dt.datetime, user: User) -> list[tuple[dt.datetime, str]]:
    if not user.is_authenticated:
        return []
    own = Application.objects.filter(applicant=user, due_at__gt=at)
    return [(due_at, _("我的申报到期")) for due_at in own.values_list("due_at", flat=True)]
