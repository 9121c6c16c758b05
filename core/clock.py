"""The one place that reads the clock.

Everything that depends on time asks :func:`now`. Within a request it answers the
instant at which the request reached the front door, the same for the whole
request, so that a queue on the last night costs nobody a deadline. In the demo,
and only there, the clock can be set (:func:`set_source`).
"""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

_pinned: ContextVar[dt.datetime | None] = ContextVar("pinned_instant", default=None)
_source: Callable[[], dt.datetime] | None = None


def system_now() -> dt.datetime:
    """Return the machine's own time, aware; only for what outlives the demo's clock."""
    return dt.datetime.now(SHANGHAI)


def now() -> dt.datetime:
    """Return the current instant, aware, in Asia/Shanghai."""
    pinned = _pinned.get()
    return pinned if pinned is not None else running()


def running() -> dt.datetime:
    """Return the instant that the clock shows while a request's own stands still."""
    return _source() if _source is not None else system_now()


def today() -> dt.date:
    """Return the current date in Asia/Shanghai."""
    return now().date()


@contextmanager
def pinned(instant: dt.datetime) -> Iterator[dt.datetime]:
    """Make :func:`now` answer ``instant`` (aware) within the block."""
    instant = instant.astimezone(SHANGHAI)
    token = _pinned.set(instant)
    try:
        yield instant
    finally:
        _pinned.reset(token)


def set_source(source: Callable[[], dt.datetime] | None) -> None:
    """Let the demo's clock answer for the system's."""
    global _source
    _source = source


def start_of(day: dt.date) -> dt.datetime:
    """Return 00:00 of ``day`` in Asia/Shanghai."""
    return dt.datetime.combine(day, dt.time.min, tzinfo=SHANGHAI)
