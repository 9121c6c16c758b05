"""Leave a server that does not answer alone for a while, instead of waiting for it each time."""

import logging
import threading
import time

logger = logging.getLogger(__name__)


class Breaker:
    """Whether to try the server ``name``, shared by the threads of a process.

    Ask :meth:`permits` before a call and say afterwards whether it :meth:`worked` or
    :meth:`failed`. After a failure nobody tries for ``pause_seconds``; then one thread
    does, for all. The log tells once that a server is gone and once that it is back.
    """

    def __init__(self, name: str, *, pause_seconds: float) -> None:
        self.name = name
        self.pause_seconds = pause_seconds
        self._retry_at: float | None = None  # None while the server answers
        self._lock = threading.Lock()

    def permits(self) -> bool:
        """Tell whether to try; the caller then says how it went."""
        if self._retry_at is None:
            return True
        with self._lock:
            if self._retry_at is None:
                return True
            if time.monotonic() < self._retry_at:
                return False
            self._retry_at = time.monotonic() + self.pause_seconds  # the others wait for us
            return True

    def worked(self) -> bool:
        """Note that the server answered; tell whether it had been gone."""
        if self._retry_at is None:
            return False
        with self._lock:
            was_gone, self._retry_at = self._retry_at is not None, None
        if was_gone:
            logger.warning("%s answers again", self.name)
        return was_gone

    def failed(self, error: Exception) -> None:
        """Note that the server did not answer."""
        with self._lock:
            is_news, self._retry_at = (
                self._retry_at is None,
                time.monotonic() + self.pause_seconds,
            )
        if is_news:
            logger.error("%s does not answer; going on without it: %r", self.name, error)
