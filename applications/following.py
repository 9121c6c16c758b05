"""Stored deadlines follow the schedule's dates."""

from collections import defaultdict

from django.db import transaction
from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from applications import deadlines
from applications.models import Application, RouteStop
from applications.workflow import LIVE, Phase
from schedules.models import Step

# Of how many applications the deadlines are written, and the rows locked, at once.
BATCH = 1000


def follow_schedule(*, schedule_id: int) -> None:
    """Compute the deadlines of a schedule's live applications anew, after its dates changed.

    Each batch commits by itself, so that nobody's action waits for all of them; whoever
    acts in between goes by the schedule itself, and so does the sweep before a lapse.
    Done again it changes nothing. 100,000 applications take about half a minute.
    """
    last = 0
    while ids := list(_live(schedule_id).filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = ids[-1]
        _follow_batch(ids)


def follow_all() -> None:
    """Do it for every schedule with live applications: whatever stood in the way before."""
    for schedule_id in list(_live().order_by().values_list("schedule_id", flat=True).distinct()):
        follow_schedule(schedule_id=schedule_id)


def _live(schedule_id: int | None = None) -> QuerySet:
    """Return the ids of the applications that have deadlines."""
    live = Application.objects.filter(phase__in=sorted(LIVE - {Phase.REGISTERED}))
    if schedule_id is not None:
        live = live.filter(schedule_id=schedule_id)
    return live.values_list("pk", flat=True)


@transaction.atomic
def _follow_batch(ids: list[int]) -> None:
    # Locked without joins (see services.lock_application), and only then read: a file that
    # moved on while it was waited for is seen where it stands now.
    list(_live().filter(pk__in=ids).order_by("pk").select_for_update())
    batch = list(Application.objects.filter(pk__in=ids, phase__in=LIVE - {Phase.REGISTERED}))
    steps = Step.objects.select_related("track").in_bulk({item.step_id for item in batch})
    # Only a correction needs the route; otherwise the step's own window is all that counts.
    prefetch_related_objects(
        [item for item in batch if item.extended_through is not None],
        Prefetch("stops", RouteStop.objects.select_related("step").order_by("position")),
    )
    # Many change alike: one statement for all that get the same deadlines.
    changed: dict[tuple, list[int]] = defaultdict(list)
    for application in batch:
        application.step = steps[application.step_id]
        if application.extended_through is None:
            route = [RouteStop(step=application.step, position=0)]
        else:
            route = list(application.stops.all())
        if deadlines.follow(application, route):
            changed[deadlines.following(application)].append(application.pk)
    for values, alike in changed.items():
        Application.objects.filter(pk__in=alike).update(
            **dict(zip(deadlines.FOLLOWING, values, strict=True))
        )
