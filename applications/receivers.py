"""What applications do when something they depend on changes."""

from collections import defaultdict
from typing import Any

from django.db import transaction

from applications import deadlines
from applications.models import Application, RouteStop
from applications.workflow import LIVE, Phase
from schedules.models import CorrectionUntil, Schedule, Step

BATCH = 5000
# Columns that follow the schedule.
FOLLOWING = ("due_at", "next_due_at", "correction_due_at", "extended_until")


@transaction.atomic
def follow_schedule(*, schedule: Schedule, **kwargs: Any) -> None:
    """Compute the deadlines of a schedule's live applications anew, after its dates changed.

    A correction's limit follows when the schedule gives more time; one that was told to
    somebody is never shortened. 100,000 applications take about half a minute.
    """
    steps = Step.objects.select_related("track").in_bulk(
        Step.objects.filter(track__schedule=schedule).values_list("pk", flat=True)
    )
    live = Application.objects.filter(
        schedule=schedule, phase__in=sorted(LIVE - {Phase.REGISTERED})
    )
    last = 0
    while batch := list(live.filter(pk__gt=last).order_by("pk").select_for_update()[:BATCH]):
        last = batch[-1].pk
        # Many change alike: one statement for all that get the same deadlines.
        changed: dict[tuple, list[int]] = defaultdict(list)
        for application in batch:
            application.step = steps[application.step_id]
            before = _following(application)
            _follow(application)
            if _following(application) != before:
                changed[_following(application)].append(application.pk)
        for values, ids in changed.items():
            Application.objects.filter(pk__in=ids).update(
                **dict(zip(FOLLOWING, values, strict=True))
            )


def _following(application: Application) -> tuple:
    return tuple(getattr(application, name) for name in FOLLOWING)


def _follow(application: Application) -> None:
    if application.extended_through is None:
        # Without a correction behind it, only the step's own window counts.
        deadlines.follow_window(application, RouteStop(step=application.step, position=0))
        return
    route = list(application.stops.select_related("step"))
    _extend_correction(application, route)
    stop = next((stop for stop in route if stop.step_id == application.step_id), None)
    deadlines.follow_window(application, stop)


def _extend_correction(application: Application, route: list[RouteStop]) -> None:
    """Let a correction that may still run share the time that its step now allows."""
    returning = next(stop for stop in route if stop.position == application.extended_through)
    if returning.step.correction_until == CorrectionUntil.DAYS:
        return  # counted from the return, not from the schedule
    limit = deadlines.correction_limit(stop=returning, route=route, at=application.entered_at)
    if limit is None:
        return
    application.extended_until = max(application.extended_until, limit.reviews_until)
    if application.phase == Phase.RETURNED:
        application.correction_due_at = max(application.correction_due_at, limit.due_at)
