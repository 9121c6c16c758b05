"""Publish schedules, and say what may change in one that people have applied under."""

import datetime as dt
import itertools
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from core import clock
from schedules.models import OpenTitle, Schedule, ScheduleStatus, Step, Track
from schedules.signals import schedule_changed
from schedules.working_days import Calendar, CalendarUnannounced

# The kind of step at which an application begins; ``applications`` registers it.
FIRST_KIND = "filing"

# What an application depends on from its first submit: its route was fixed by these.
# Dates, names, texts and places may change; deadlines follow them.
FIXED_ONCE_FILED: dict[type[models.Model], tuple[str, ...]] = {
    Schedule: ("code", "year", "publicity_working_days"),
    Track: ("schedule", "code"),
    OpenTitle: ("track", "title", "committee_office", "agency", "fee"),
    Step: (
        *("track", "order", "code", "kind", "stage", "holders", "is_optional", "ranks"),
        *("correction_until", "correction_days"),
    ),
}

# What applications' deadlines are computed from.
SETS_DEADLINES: dict[type[models.Model], frozenset[str]] = {
    Schedule: frozenset(["publicity_working_days"]),
    Step: frozenset(
        (
            *("opens_at", "closes_at", "holders", "correction_until", "correction_days"),
            *("correction_closes_at", "correction_review_closes_at"),
        )
    ),
}


def sets_deadlines(model: type[models.Model], changed: Iterable[str]) -> bool:
    """Say whether deadlines are computed from one of the changed fields."""
    return not SETS_DEADLINES.get(model, frozenset()).isdisjoint(changed)


def changed_fixed_fields(instance: models.Model) -> list[str]:
    """Return the names of changed fields that applications depend on."""
    names = FIXED_ONCE_FILED.get(type(instance), ())
    if not names or instance.pk is None:
        return []
    stored = type(instance)._base_manager.get(pk=instance.pk)
    return [name for name in names if getattr(stored, name) != getattr(instance, name)]


def announce_change(schedule: Schedule) -> None:
    """Say that dates of a schedule under which people have applied were changed.

    Only for changes of what :func:`sets_deadlines`: all its applications are gone through.
    """
    if schedule.applications.exists():
        schedule_changed.send(sender=Schedule, schedule=schedule)


@transaction.atomic
def publish_schedule(*, schedule: Schedule) -> None:
    """Show a schedule to applicants, after :func:`publication_faults` found nothing.

    Raises ``ValidationError`` with all faults.
    """
    faults = publication_faults(schedule)
    if faults:
        raise ValidationError(faults)
    if schedule.status != ScheduleStatus.PUBLISHED:
        schedule.status = ScheduleStatus.PUBLISHED
        schedule.save()


@transaction.atomic
def retract_schedule(*, schedule: Schedule) -> None:
    """Take a published schedule back to a draft; refused once somebody has applied."""
    if schedule.applications.exists():
        raise ValidationError(_("“%s”已有人申报，不能撤回发布。") % schedule)
    if schedule.status != ScheduleStatus.DRAFT:
        schedule.status = ScheduleStatus.DRAFT
        schedule.save()


def publication_faults(schedule: Schedule) -> list[str]:
    """Return everything that keeps a schedule from being published, for the reader."""
    faults = _faults_of(schedule)
    tracks = list(schedule.tracks.prefetch_related("steps", "open_titles__title"))
    if not tracks:
        faults.append(_("还没有申报通道。"))
    for track in tracks:
        faults += [f"{track.name}：{fault}" for fault in _track_faults(track)]
    return faults + _calendar_faults(tracks)


def _track_faults(track: Track) -> list[str]:
    faults = _faults_of(track)
    steps = sorted(track.steps.all(), key=lambda step: step.order)
    if not track.open_titles.all():
        faults.append(_("还没有开放的职称。"))
    for open_title in track.open_titles.all():
        faults += [f"{open_title}：{fault}" for fault in _faults_of(open_title)]
    if not steps:
        return [*faults, _("还没有环节。")]
    for step in steps:
        faults += [f"{step}：{fault}" for fault in _faults_of(step)]
        if step.behaviour.needs_holder and not step.holders:
            faults.append(_("%s：没有写明办理机构。") % step)
        faults += [
            _("%(step)s：“%(title)s”没有写明%(what)s。")
            % {"step": step, "title": open_title, "what": what}
            for open_title in track.open_titles.all()
            for what in _missing_organisations(step, open_title)
        ]
    if steps[0].kind != FIRST_KIND:
        faults.append(_("第一个环节应当是申报人填报。"))
    if any(step.kind == FIRST_KIND for step in steps[1:]):
        faults.append(_("申报人填报只能是第一个环节。"))
    for earlier, later in itertools.pairwise(steps):
        if later.opens_at < earlier.opens_at or later.closes_at < earlier.closes_at:
            faults.append(
                _("%(later)s的开始、截止时间不应早于%(earlier)s。")
                % {"later": later, "earlier": earlier}
            )
    return faults


def _missing_organisations(step: Step, open_title: OpenTitle) -> list[str]:
    """Return what the step's holder rules want of a title and the title does not name."""
    if step.is_optional or not step.applies_to(open_title.title.rank):
        return []
    rules = [holder["rule"] for holder in step.holders if isinstance(holder, dict)]
    if rules == ["committee_office"] and open_title.committee_office_id is None:
        return [_("评委会办公室")]
    if rules == ["title_agency"] and open_title.agency_id is None:
        return [_("评审服务机构")]
    return []


def _calendar_faults(tracks: list[Track]) -> list[str]:
    """Refuse years whose holidays are not announced: working days would be guessed."""
    instants = [
        instant for track in tracks for step in track.steps.all() for instant in _instants(step)
    ]
    if not instants:
        return []
    calendar = Calendar()
    faults = []
    for year in range(min(instants).year, max(instants).year + 1):
        try:
            calendar.is_working_day(dt.date(year, 1, 1))
        except CalendarUnannounced as error:
            faults.append(str(error))
    return faults


def _instants(step: Step) -> list[dt.datetime]:
    found = (step.opens_at, step.closes_at, step.correction_closes_at)
    return [instant.astimezone(clock.SHANGHAI) for instant in found if instant is not None]


def _faults_of(instance: models.Model) -> list[str]:
    try:
        instance.full_clean()
    except ValidationError as error:
        return [str(message) for message in error.messages]
    return []
