"""The demo's clock: where it stands, and how it is moved.

Every process asks the cache (the database, when the cache has nothing) at most once a
second, and each request anew, so that a jump made in one is seen by all at once.
"""

import datetime as dt
import logging
import time

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from applications.models import Application
from applications.services import settle_application
from core import clock
from core.dispatch import dispatch
from portal.models import DemoClock

logger = logging.getLogger(__name__)

# The opening of the filing window of the first preset: there the demo begins.
START = dt.datetime(2020, 11, 17, 9, tzinfo=clock.SHANGHAI)
# How often the running site notes that it runs (config.settings, CELERY_BEAT_SCHEDULE).
BEAT = dt.timedelta(seconds=30)
LONGEST_JUMP = dt.timedelta(days=400)
_CACHE_KEY = "demo-clock-offset"
_KEPT_SECONDS = 1.0
_SETTLED_AT_ONCE = 500


class ClockRunsForward(Exception):
    """The demo's clock was asked to go back, or too far; ``str()`` tells the user."""


class Source:
    """Answer ``core.clock.now()`` with the demo's time."""

    def __init__(self) -> None:
        self._offset = dt.timedelta()
        self._read_at: float | None = None

    def __call__(self) -> dt.datetime:
        if self._read_at is None or time.monotonic() - self._read_at > _KEPT_SECONDS:
            self.refresh()
        return clock.system_now() + self._offset

    def refresh(self) -> None:
        """Read the clock's offset anew."""
        self._offset = _read_offset()
        self._read_at = time.monotonic()


source = Source()


def install() -> None:
    """Let the demo's clock answer for the machine's. Raises outside the demo."""
    if not settings.DEMO:
        raise ImproperlyConfigured("The clock can be set in the demo only.")
    clock.set_source(source)


def _read_offset() -> dt.timedelta:
    try:
        offset = cache.get(_CACHE_KEY)
    except Exception:  # any failure of the cache's server: the database knows
        logger.warning("The cache is out of reach; the demo's clock asks the database")
        offset = None
    if offset is None:
        offset = _stored_offset()
        _publish(offset)
    return offset


def _stored_offset() -> dt.timedelta:
    try:
        with transaction.atomic():
            row = DemoClock.objects.first()
    except DatabaseError:  # before the first migration
        row = None
    # Without a row (a demo that is being loaded) the clock stands at its start: at the
    # machine's own date a worker would find every deadline of the demo passed.
    return row.offset if row is not None else START - clock.system_now()


def _publish(offset: dt.timedelta) -> None:
    try:
        cache.set(_CACHE_KEY, offset, timeout=None)
    except Exception:  # the next reader asks the database
        logger.warning("The cache is out of reach; the demo's clock stays in the database")


def set_clock(*, to: dt.datetime) -> None:
    """Set the demo's clock, whatever it showed; for the loading of the demo."""
    real = clock.system_now()
    DemoClock.objects.update_or_create(
        pk=1, defaults={"demo_at": to, "real_at": real, "seen_at": real}
    )
    transaction.on_commit(lambda: _tell(to - real))


def _tell(offset: dt.timedelta) -> None:
    _publish(offset)
    source.refresh()


def move_clock(*, to: dt.datetime) -> None:
    """Move the demo's clock forward to ``to`` and do what falls due by then.

    Raises :class:`ClockRunsForward` when ``to`` is not ahead, or more than 400 days.
    """
    with transaction.atomic():
        row = DemoClock.objects.select_for_update().get()
        now = clock.system_now() + row.offset
        if to <= now:
            raise ClockRunsForward(_("演示时间只能向前走。"))
        if to - now > LONGEST_JUMP:
            raise ClockRunsForward(_("一次最多向前 400 天。"))
        set_clock(to=to)
    with clock.pinned(to):
        _catch_up(to)


def _catch_up(at: dt.datetime) -> None:
    """Record what fell due at once, and ask the workers for the rest.

    The sweep would wait out its grace first; in the demo nobody stands at the front door.
    """
    due = Application.objects.filter(next_due_at__lte=at).order_by("next_due_at")
    for application_id in list(due.values_list("pk", flat=True)[:_SETTLED_AT_ONCE]):
        settle_application(application_id=application_id, at=at)
    for task in (
        "applications.settle_due",
        "notifications.enqueue_reminders",
        "notifications.deliver_due",
    ):
        dispatch(task)


def note_running() -> None:
    """Note that the site runs at this moment."""
    DemoClock.objects.update(seen_at=clock.system_now())


def resume_clock() -> dt.datetime:
    """Let the clock go on from where it stood when the site stopped; return its time.

    It may have run up to one beat after the last note; that much is added, so that it never
    shows a time again that it showed before.
    """
    with transaction.atomic():
        row = DemoClock.objects.select_for_update().get()
        stood_at = row.demo_at + min(
            row.seen_at - row.real_at + BEAT, clock.system_now() - row.real_at
        )
        set_clock(to=stood_at)
    return stood_at.astimezone(clock.SHANGHAI)


def next_morning(at: dt.datetime) -> dt.datetime:
    """Return 9:00 of the day after ``at``."""
    day = at.astimezone(clock.SHANGHAI).date() + dt.timedelta(days=1)
    return clock.start_of(day) + dt.timedelta(hours=9)
