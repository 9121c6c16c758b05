"""What applications do when something they depend on changes."""

from django.db import transaction
from django.db.models import Prefetch

from applications import deadlines
from applications.models import Application, RouteStop
from applications.workflow import LIVE, Phase
from schedules.models import CorrectionUntil, Schedule

BATCH = 1000


def follow_schedule(*, schedule: Schedule, **kwargs) -> None:
    """Compute the deadlines of a schedule's live applications anew, after its dates changed.

    A correction's limit follows when the schedule gives more time; one that was told to
    somebody is never shortened.
    """
    live = Application.objects.filter(
        schedule=schedule, phase__in=sorted(LIVE - {Phase.REGISTERED})
    )
    last = 0
    with transaction.atomic():
        while batch := list(
            live.filter(pk__gt=last)
            .order_by("pk")
            .select_for_update(of=("self",))
            .select_related("step", "schedule", "track")
            .prefetch_related(
                Prefetch("stops", RouteStop.objects.select_related("step").order_by("position"))
            )[:BATCH]
        ):
            for application in batch:
                _refresh(application)
            Application.objects.bulk_update(
                batch,
                ["due_at", "clears_at", "next_due_at", "correction_due_at", "extended_until"],
            )
            last = batch[-1].pk


def _refresh(application: Application) -> None:
    route = list(application.stops.all())
    if application.extended_through is not None:
        _extend_correction(application, route)
    stop = next((stop for stop in route if stop.step_id == application.step_id), None)
    deadlines.refresh(application, stop)


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
