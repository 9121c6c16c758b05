"""How often something may be done, counted in Redis."""

import logging

from django.core.cache import cache

from core import clock
from core.cache import CacheOutOfReach

logger = logging.getLogger(__name__)


def hit(key: str, *, limit: int, period_seconds: int) -> bool:
    """Count one use of ``key``; tell whether it is within ``limit`` in this period.

    Periods are fixed windows of the machine's time, so at worst ``2 × limit`` uses pass
    around a border. Counting is one atomic increment. With Redis down it answers True
    and says so in the log: losing a limit for a while does less harm than turning
    everybody away on the last day, and the limits here guard against nuisance only
    (passwords and codes have limits of their own in the accounts library).
    """
    # The machine's time: a demo clock that jumps or stands still must not lift a limit.
    window = int(clock.system_now().timestamp()) // period_seconds
    name = f"rate:{key}:{period_seconds}:{window}"
    try:
        cache.add(name, 0, timeout=2 * period_seconds)
        return cache.incr(name) <= limit
    except CacheOutOfReach:
        logger.warning("Rate limit of %s not counted: the cache is out of reach", key)
        return True
    except ValueError:  # gone between the two calls: the counter has only just begun
        return limit > 0
