"""The site's cache: everything works without it, only slower and less limited."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from core.breaker import Breaker

PAUSE_SECONDS = 5.0
MOST_MISSED = 10_000


class CacheOutOfReach(ValueError):
    """A counter could not be counted. A ``ValueError``, as for a counter that is gone."""


class _Link:
    """What the threads of this process know about one Redis."""

    def __init__(self) -> None:
        self.breaker = Breaker("The cache", pause_seconds=PAUSE_SECONDS)
        # Keys that changed meanwhile: Redis may come back with what it held before, for
        # instance the session of somebody who has signed out.
        self.missed: set[str] = set()
        self.lock = threading.Lock()


_links: dict[tuple, _Link] = {}


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, which answers as an empty one while Redis is out of reach.

    Reads find nothing, ``add`` lets everybody pass (a lock guards nothing then), ``incr``
    raises :class:`CacheOutOfReach`, and other writes are lost; what they would have
    replaced is deleted once Redis is back. ``clear`` alone fails aloud.
    """

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        key = (*self._servers, str(self._options.get("db")))
        self._link = _links.setdefault(key, _Link())

    def _ask(
        self, call: Callable[..., Any], *arguments: Any, fallback: Any, writes: Iterable[str] = ()
    ) -> Any:
        """Return the answer of Redis, or ``fallback``; ``writes`` are the keys that change."""
        link = self._link
        if link.breaker.permits():
            try:
                if link.missed:
                    self._delete_missed()
                answer = call(*arguments)
            except RedisError as error:
                link.breaker.failed(error)
            else:
                link.breaker.worked()
                return answer
        with link.lock:
            if len(link.missed) <= MOST_MISSED:
                link.missed.update(writes)
        return fallback

    def _delete_missed(self) -> None:
        link = self._link
        with link.lock:
            missed, link.missed = link.missed, set()
        try:
            if len(missed) > MOST_MISSED:
                self._cache.clear()
            else:
                self._cache.delete_many(missed)
        except RedisError:
            with link.lock:
                link.missed |= missed
            raise

    def add(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        return self._ask(super().add, key, value, timeout, version, fallback=True)

    def get(self, key, default=None, version=None):
        return self._ask(super().get, key, default, version, fallback=default)

    def get_many(self, keys, version=None):
        return self._ask(super().get_many, list(keys), version, fallback={})

    def has_key(self, key, version=None):
        return self._ask(super().has_key, key, version, fallback=False)

    def touch(self, key, timeout=DEFAULT_TIMEOUT, version=None):
        return self._ask(super().touch, key, timeout, version, fallback=False)

    def set(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        writes = [self.make_and_validate_key(key, version=version)]
        self._ask(super().set, key, value, timeout, version, fallback=None, writes=writes)

    def set_many(self, data, timeout=DEFAULT_TIMEOUT, version=None):
        writes = [self.make_and_validate_key(key, version=version) for key in data]
        return self._ask(
            super().set_many, data, timeout, version, fallback=list(data), writes=writes
        )

    def delete(self, key, version=None):
        writes = [self.make_and_validate_key(key, version=version)]
        return self._ask(super().delete, key, version, fallback=False, writes=writes)

    def delete_many(self, keys, version=None):
        keys = list(keys)
        writes = [self.make_and_validate_key(key, version=version) for key in keys]
        self._ask(super().delete_many, keys, version, fallback=None, writes=writes)

    def incr(self, key, delta=1, version=None):
        answer = self._ask(super().incr, key, delta, version, fallback=None)
        if answer is None:
            raise CacheOutOfReach(f"{key!r} not counted: the cache is out of reach")
        return answer
