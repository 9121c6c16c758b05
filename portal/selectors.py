"""What the pages around every task show: what is open now, whom to ask, the manuals."""

import datetime as dt
import time
from collections import Counter
from dataclasses import dataclass, field

from django.db.models import F

from schedules.models import Schedule, ScheduleLink, ScheduleStatus, Step

FILING = "filing"
# Shown before it opens, so that people can prepare.
ANNOUNCED_AHEAD = dt.timedelta(days=60)
SUPPORT_SECONDS = 60


@dataclass(frozen=True)
class OpenSchedule:
    """One track that takes applications, or soon will."""

    public_id: str
    name: str
    issuing_body: str
    document_number: str
    titles: str
    opens_at: dt.datetime
    closes_at: dt.datetime
    is_open: bool


@dataclass(frozen=True)
class Support:
    """Whom to ask, and where the manuals are (C45, C48)."""

    contacts: list[str] = field(default_factory=list)
    manuals: list[dict[str, str]] = field(default_factory=list)  # label, url


_kept: tuple[float, Support] | None = None


def open_schedules(*, at: dt.datetime) -> list[OpenSchedule]:
    """Return the published tracks whose filing is open at ``at`` or opens soon, nearest first."""
    steps = (
        Step.objects.filter(
            kind=FILING,
            closes_at__gt=at,
            opens_at__lte=at + ANNOUNCED_AHEAD,
            track__schedule__status=ScheduleStatus.PUBLISHED,
            track__schedule__is_public=True,  # C49
        )
        .select_related("track__schedule")
        .prefetch_related("track__open_titles__title")
        .order_by("closes_at", "track__order")
    )
    tracks = Counter(step.track.schedule_id for step in steps)
    return [
        _open_schedule(step, at, is_only_track=tracks[step.track.schedule_id] == 1)
        for step in steps
    ]


def _open_schedule(step: Step, at: dt.datetime, *, is_only_track: bool) -> OpenSchedule:
    schedule = step.track.schedule
    return OpenSchedule(
        public_id=step.track.public_id,
        name=schedule.name if is_only_track else str(step.track),
        issuing_body=schedule.issuing_body,
        document_number=schedule.document_number,
        titles="、".join(open_title.title.name for open_title in step.track.open_titles.all()),
        opens_at=step.opens_at,
        closes_at=step.closes_at,
        is_open=step.is_open(at),
    )


def support() -> Support:
    """Return the support contacts and manuals of the published schedules, newest first.

    Every page shows them, so each process keeps them for a minute: no query, and no
    cache that could be down.
    """
    global _kept
    now = time.monotonic()
    if _kept is None or now - _kept[0] > SUPPORT_SECONDS:
        _kept = now, _load_support()
    return _kept[1]


def forget_support(**kwargs) -> None:
    """Let the next page read contacts and manuals anew (a signal's receiver)."""
    global _kept
    _kept = None


def _load_support() -> Support:
    published = Schedule.objects.filter(status=ScheduleStatus.PUBLISHED, is_public=True)
    contacts = published.exclude(support_contact="").values_list("support_contact", flat=True)
    manuals = (
        ScheduleLink.objects.filter(kind=ScheduleLink.Kind.MANUAL, schedule__in=published)
        .exclude(url="")
        .order_by("-schedule__year", "order")
        .values("url", label=F("title"))
    )
    # dict.fromkeys: several schedules often share one contact.
    return Support(list(dict.fromkeys(contacts)), list(manuals))
