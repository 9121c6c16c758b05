import logging
import time
from concurrent.futures import ThreadPoolExecutor

from core.rate_limits import hit

PERIOD = 10**9  # seconds: no window ends within a test


def test_hit_passes_up_to_the_limit_and_no_further():
    answers = [hit("urge:1", limit=3, period_seconds=PERIOD) for _ in range(5)]
    assert answers == [True, True, True, False, False]


def test_hit_counts_each_key_and_period_by_itself():
    assert hit("a", limit=1, period_seconds=PERIOD)
    assert hit("b", limit=1, period_seconds=PERIOD)
    assert hit("a", limit=1, period_seconds=PERIOD + 1)
    assert not hit("a", limit=1, period_seconds=PERIOD)


def test_hit_with_limit_nought_never_passes():
    assert not hit("a", limit=0, period_seconds=PERIOD)


def test_hit_in_the_next_period_passes_again():
    assert hit("a", limit=1, period_seconds=1)
    time.sleep(1)
    assert hit("a", limit=1, period_seconds=1)


def test_hit_under_a_demo_clock_that_jumps_still_counts(at):
    assert hit("a", limit=1, period_seconds=PERIOD)
    at("2030-01-01")
    assert not hit("a", limit=1, period_seconds=PERIOD)


def test_hit_by_many_at_once_passes_exactly_the_limit():
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(lambda _: hit("crowd", limit=30, period_seconds=PERIOD), range(200))
        )
    assert answers.count(True) == 30


def test_hit_with_the_cache_down_passes_and_says_so(settings, caplog):
    settings.CACHES = {
        "default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    }
    with caplog.at_level(logging.WARNING, "core.rate_limits"):
        assert hit("a", limit=0, period_seconds=PERIOD)
    assert "Rate limit of a not counted" in caplog.text
