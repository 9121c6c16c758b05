"""Work outside the request. Tasks take ids, load, log when missing, and delegate."""

import datetime as dt
import logging

from celery import shared_task
from django.conf import settings
from django.core.files.base import ContentFile

from applications import following
from applications.models import Application, Evidence
from applications.services import settle_application
from core import clock
from core.uploads import make_thumbnail as shrink

logger = logging.getLogger(__name__)

SWEEP_SIZE = 500


@shared_task(name="applications.settle_due")
def settle_due() -> int:
    """Record the automatic transitions that fell due; return how many files were due.

    It waits out the grace: a request that reached the front door in time may still be on
    its way, and settles the file itself. What it does late misleads nobody, because every
    page and every action treats a due file as settled.
    """
    at = clock.now() - dt.timedelta(seconds=settings.FRONT_DOOR_GRACE_SECONDS)
    due = Application.objects.filter(next_due_at__lte=at).order_by("next_due_at")
    ids = list(due.values_list("pk", flat=True)[:SWEEP_SIZE])
    for application_id in ids:
        try:
            settle_application(application_id=application_id, at=at)
        except Exception:  # one file that cannot be settled must not keep the others waiting
            logger.exception("Application %s could not be settled", application_id)
    return len(ids)


@shared_task(name="applications.follow_schedule")
def follow_schedule(schedule_id: int) -> None:
    """Let the deadlines of a schedule's applications follow its dates."""
    following.follow_schedule(schedule_id=schedule_id)


@shared_task(name="applications.follow_schedules")
def follow_schedules() -> None:
    """Do so for every schedule, for a change that was announced while no worker heard it."""
    following.follow_all()


@shared_task(name="applications.make_thumbnail")
def make_thumbnail(evidence_id: int) -> None:
    """Make the small picture of an uploaded photograph, once."""
    evidence = Evidence.objects.filter(pk=evidence_id).first()
    if evidence is None:
        logger.warning("Evidence %s is gone; no thumbnail made", evidence_id)
        return
    if evidence.thumbnail or not evidence.content_type.startswith("image/"):
        return
    with evidence.file.open("rb") as file:
        small = shrink(file.read())
    evidence.thumbnail.save("thumbnail.jpg", ContentFile(small), save=False)
    evidence.save(update_fields=["thumbnail", "updated_at"])
