"""Reminders: to the one whose turn it is, before it is too late.

Beat asks every minute. Which deadlines are near is read off an index, one small query
for each different instant, never row by row; each reminder of a deadline then runs once,
over the rows as they stand, in batches (:class:`notifications.models.ReminderRun` says how
far). A run that comes late catches up, except with what has become pointless: three
days' notice gives way to one day's, and nothing is sent about what is over.
"""

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Min, QuerySet
from django.utils import translation

from applications.models import Application
from applications.workflow import Phase
from core import clock
from notifications import links, wording
from notifications.models import ReminderRun
from notifications.receivers import OFFICES_TURN
from notifications.services import Draft, enqueue_all
from organisations.models import Organisation
from organisations.selectors import recipients_of
from schedules.models import Schedule, ScheduleStatus, Step

# In the morning, so that the day can still be used.
TIME_OF_DAY = dt.timedelta(hours=9)
DAYS_BEFORE = (1, 3)
HORIZON = dt.timedelta(days=max(DAYS_BEFORE) + 1)
APPLICANTS_TURN = (
    Phase.DRAFT,
    Phase.RETURNED,
    Phase.AWAITING_CONFIRMATION,
    Phase.FEE_DUE,
)
BATCH = 500
# A run ends before the next one begins; what is left over waits for it.
RUN_SECONDS = 45


class Reminder(Protocol):
    """One reminder of one deadline; ``key`` names both."""

    key: str

    def batch(self, after: int) -> tuple[list[Draft], int | None]:
        """Return the messages of the rows after ``after``, and the last row; none: the end."""
        ...


def enqueue_reminders(*, at: dt.datetime | None = None, seconds: float = RUN_SECONDS) -> int:
    """Put the reminders that are due at ``at`` into the outbox; return how many messages.

    Repeating it, at once or later, writes nothing twice.
    """
    at = at or clock.now()
    stop_at = time.monotonic() + seconds
    due = list(reminders_due(at))
    finished = set(
        ReminderRun.objects.filter(
            key__in=[reminder.key for reminder in due], finished_at__isnull=False
        ).values_list("key", flat=True)
    )
    written = 0
    for reminder in due:
        if reminder.key not in finished:
            written += _run(reminder, stop_at)
    return written


def _run(reminder: Reminder, stop_at: float) -> int:
    """Go on with a reminder until it is finished or the time is up."""
    written = 0
    ReminderRun.objects.get_or_create(key=reminder.key)
    while time.monotonic() < stop_at:
        with transaction.atomic():
            run = (
                ReminderRun.objects.select_for_update(skip_locked=True)
                .filter(key=reminder.key, finished_at=None)
                .first()
            )
            if run is None:  # finished, or another worker is at it
                break
            with translation.override(settings.LANGUAGE_CODE):
                drafts, last_id = reminder.batch(run.last_id)
            written += enqueue_all(drafts, at_once=False)
            if last_id is None:
                run.finished_at = clock.system_now()
            else:
                run.last_id = last_id
            run.save()
    return written


# --- What is due ---------------------------------------------------------------------------


def reminders_due(at: dt.datetime) -> Iterator[Reminder]:
    """Yield the reminders whose time has come at ``at`` and which are not pointless yet."""
    schedules = list(Schedule.objects.filter(status=ScheduleStatus.PUBLISHED).only("id"))
    for schedule in schedules:
        for phase in APPLICANTS_TURN:
            for due_at in _deadlines(schedule, phase, at):
                days = _days_before(due_at, at)
                if days is not None:
                    yield ApplicantReminder(schedule.pk, phase, due_at, days, at)
        offices = {due_at for phase in OFFICES_TURN for due_at in _deadlines(schedule, phase, at)}
        for due_at in sorted(offices):
            days = _days_before(due_at, at)
            if days is not None:
                yield OfficeReminder(schedule.pk, due_at, days, at)
    yield from _locks(at)
    yield from _advice(schedules, at)


def _deadlines(schedule: Schedule, phase: str, at: dt.datetime) -> Iterator[dt.datetime]:
    """Yield the different deadlines of one phase within the horizon, each read off the index."""
    rows = Application.objects.filter(schedule=schedule, phase=phase, due_at__lte=at + HORIZON)
    found = at
    while True:
        found = rows.filter(due_at__gt=found).aggregate(first=Min("due_at"))["first"]
        if found is None:
            return
        yield found


def _days_before(due_at: dt.datetime, at: dt.datetime) -> int | None:
    """Return which reminder of a deadline is to be given at ``at``: the latest whose time came."""
    last_day = wording.last_day(due_at)
    for days in DAYS_BEFORE:
        if at >= clock.start_of(last_day - dt.timedelta(days=days)) + TIME_OF_DAY:
            return days
    return None


def _locks(at: dt.datetime) -> Iterator[Reminder]:
    """Yield the reminder that notices clear at the coming midnight (C23–C26)."""
    today = at.astimezone(clock.SHANGHAI).date()
    clears_at = clock.start_of(today + dt.timedelta(days=1))
    if at >= clock.start_of(today) + TIME_OF_DAY:
        yield LockReminder(clears_at)


def _advice(schedules: list[Schedule], at: dt.datetime) -> Iterator[Reminder]:
    """Yield the reminders of advisory dates (B12, B17): from the morning before to their end."""
    today = at.astimezone(clock.SHANGHAI).date()
    days = [today]
    if at >= clock.start_of(today) + TIME_OF_DAY:
        days.append(today + dt.timedelta(days=1))
    steps = Step.objects.filter(track__schedule__in=schedules, advisory_on__in=days)
    for step in steps.select_related("track"):
        if step.advisory_on < wording.last_day(step.closes_at):
            yield AdvisoryReminder(step)


# --- What each says --------------------------------------------------------------------------


@dataclass(frozen=True)
class ApplicantReminder:
    """A deadline of applicants: one message for each application."""

    schedule_id: int
    phase: str
    due_at: dt.datetime
    days: int
    at: dt.datetime

    @property
    def key(self) -> str:
        return f"due:{self.schedule_id}:{self.phase}:{self.due_at.isoformat()}:{self.days}"

    def batch(self, after: int) -> tuple[list[Draft], int | None]:
        rows = Application.objects.filter(
            schedule=self.schedule_id, phase=self.phase, due_at=self.due_at
        )
        return _to_applicants(
            rows,
            after,
            f"reminder.{self.phase}",
            event=f"{self.due_at.isoformat()}:{self.days}",
            left=wording.left(self.due_at, self.at),
        )


@dataclass(frozen=True)
class OfficeReminder:
    """A deadline of offices: one message for each person, office and step.

    Notices that run are left out: nothing can be done before they clear, and then the
    employer is told by itself. Those that an objection holds up are not.
    """

    schedule_id: int
    due_at: dt.datetime
    days: int
    at: dt.datetime

    @property
    def key(self) -> str:
        return f"due:{self.schedule_id}:offices:{self.due_at.isoformat()}:{self.days}"

    def batch(self, after: int) -> tuple[list[Draft], int | None]:
        rows = Application.objects.filter(
            schedule=self.schedule_id, phase__in=sorted(OFFICES_TURN), due_at=self.due_at
        ).exclude(phase=Phase.ON_NOTICE, clears_at__isnull=False)
        return _to_offices(
            rows,
            after,
            "reminder.office",
            event=f"{self.due_at.isoformat()}:{self.days}",
            left=wording.left(self.due_at, self.at),
        )


@dataclass(frozen=True)
class LockReminder:
    """Notices that clear at one midnight: the employer can report from then on."""

    clears_at: dt.datetime

    @property
    def key(self) -> str:
        return f"lock:{self.clears_at.isoformat()}"

    def batch(self, after: int) -> tuple[list[Draft], int | None]:
        rows = Application.objects.filter(
            phase=Phase.ON_NOTICE, next_due_at=self.clears_at, clears_at=self.clears_at
        )
        return _to_offices(
            rows,
            after,
            "reminder.lock_opens",
            event=self.key,
            **{"from": f"{wording.since(self.clears_at)}0:00"},
        )


@dataclass(frozen=True)
class AdvisoryReminder:
    """An advisory date: to the applicants who have not filed, or the offices with files."""

    step: Step

    @property
    def key(self) -> str:
        return f"advice:{self.step.pk}:{self.step.advisory_on}"

    def batch(self, after: int) -> tuple[list[Draft], int | None]:
        step = self.step
        rows = Application.objects.filter(schedule=step.track.schedule_id, step=step)
        advice = step.advisory_note
        if not advice:
            advice = f"通知建议在{wording.day(step.advisory_on)}前完成“{step.name}”。"
        if not step.behaviour.holder_acts:
            rows = rows.filter(phase__in=APPLICANTS_TURN)
            template = "reminder.advisory_applicant"
            return _to_applicants(rows, after, template, event=self.key, advice=advice)
        rows = rows.filter(phase__in=sorted(OFFICES_TURN))
        return _to_offices(rows, after, "reminder.advisory_office", event=self.key, advice=advice)


def _to_applicants(
    rows: QuerySet[Application], after: int, template: str, *, event: str, **more: str
) -> tuple[list[Draft], int | None]:
    found = list(
        rows.filter(pk__gt=after)
        .select_related("applicant", "open_title__title", "step")
        .order_by("pk")[:BATCH]
    )
    drafts = [
        Draft(
            f"reminder:{application.pk}:{event}",
            template,
            application.applicant,
            {**wording.facts(application), "link": links.of_applicant(application), **more},
        )
        for application in found
        if application.applicant.is_active
    ]
    return drafts, found[-1].pk if found else None


def _to_offices(
    rows: QuerySet[Application], after: int, template: str, *, event: str, **more: str
) -> tuple[list[Draft], int | None]:
    groups = list(
        rows.filter(holder_id__gt=after)
        .values("holder_id", "step_id", step_name=F("step__name"))
        .annotate(count=Count("id"), due_at=Min("due_at"))
        .order_by("holder_id", "step_id")
    )
    holders = sorted({group["holder_id"] for group in groups})[:BATCH]
    offices = Organisation.objects.in_bulk(holders)
    people = {pk: list(recipients_of(office)) for pk, office in offices.items()}
    drafts = [
        Draft(
            f"reminder:office:{group['holder_id']}:{group['step_id']}:{event}:{person.pk}",
            template,
            person,
            {
                "organisation": offices[group["holder_id"]].name,
                "count": group["count"],
                "step": group["step_name"],
                "until": wording.until(group["due_at"]),
                "link": links.of_desk(offices[group["holder_id"]]),
                **more,
            },
        )
        for group in groups
        if group["holder_id"] in offices
        for person in people[group["holder_id"]]
    ]
    return drafts, holders[-1] if holders else None
