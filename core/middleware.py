"""Middleware that every request passes."""

import datetime as dt
import logging

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.utils.cache import patch_cache_control

from core import clock

logger = logging.getLogger(__name__)


class RequestInstantMiddleware:
    """Pin the clock to the instant at which the request reached the front door.

    The trusted proxy sets ``X-Request-Start: t=<seconds>`` and overwrites whatever a
    client sent; without ``TRUST_REQUEST_START`` the header is ignored. An instant in the
    future, or older than the grace of the sweep, is not believed.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with clock.pinned(clock.now() - self._waited(request)):
            return self.get_response(request)

    def _waited(self, request) -> dt.timedelta:
        header = request.headers.get("X-Request-Start", "")
        if not (settings.TRUST_REQUEST_START and header):
            return dt.timedelta()
        try:
            arrived = dt.datetime.fromtimestamp(float(header.removeprefix("t=")), dt.UTC)
        except (ValueError, OverflowError, OSError):
            logger.warning("Unreadable X-Request-Start from the proxy: %r", header[:40])
            return dt.timedelta()
        waited = clock.system_now() - arrived
        limit = dt.timedelta(seconds=settings.FRONT_DOOR_GRACE_SECONDS)
        return waited if dt.timedelta() <= waited <= limit else dt.timedelta()


class PrivatePagesMiddleware:
    """Let no browser keep what somebody signed in was shown.

    Many share a computer: after signing out, "back" must not bring the pages back. What
    sets its own ``Cache-Control``, as files do, keeps it.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        # Whatever shows a person has looked into the session; all else costs no look.
        is_personal = request.session.accessed and SESSION_KEY in request.session
        if is_personal and not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response
