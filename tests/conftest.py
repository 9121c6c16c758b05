"""Fixtures that every test may use."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from django.core.cache import cache
from django.utils import translation

from core import clock


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """Empty the cache after a test that may have written to it."""
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def source_language() -> Iterator[None]:
    """Forget the language of the last page that a test asked for."""
    yield
    translation.deactivate()


@pytest.fixture
def at() -> Iterator[Callable[..., dt.datetime]]:
    """Set the clock for the rest of the test: ``at("2020-11-26 10:00")``.

    Takes an aware datetime, or the text of an instant in Asia/Shanghai; a date alone
    means its first moment. Returns the instant.
    """
    with ExitStack() as stack:

        def set_clock(instant: str | dt.datetime) -> dt.datetime:
            if isinstance(instant, str):
                instant = dt.datetime.fromisoformat(instant).replace(tzinfo=clock.SHANGHAI)
            return stack.enter_context(clock.pinned(instant))

        yield set_clock
