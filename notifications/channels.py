"""Where messages leave the process: providers of SMS behind one small protocol.

``settings.SMS_BACKEND`` names the class. A real provider's class goes beside these.
"""

import logging
import time
from functools import cache
from typing import Protocol

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from core import clock
from core.fields import blind_index
from core.text import mask_mobile
from notifications.models import SandboxDelivery

logger = logging.getLogger(__name__)


class Refused(Exception):
    """The provider will never deliver this message: a number that does not exist."""


class AlreadySent(Exception):
    """The provider has had this key before and did not send the message again."""


class Channel(Protocol):
    """A provider. Any other exception than the two above means: try again later."""

    def send(self, key: str, phone: str, text: str) -> str:
        """Send ``text`` to ``phone`` under the idempotency key; return the provider's id."""
        ...

    def find(self, key: str) -> str | None:
        """Return the provider's id of the message sent under ``key``, if there is one."""
        ...


class ConsoleChannel:
    """Write messages into the log, for a developer; it remembers nothing."""

    def send(self, key: str, phone: str, text: str) -> str:
        logger.info("SMS %s to %s: %s", key, mask_mobile(phone), text)
        return f"console-{key}"

    def find(self, key: str) -> str | None:
        return None


class SandboxChannel:
    """Keep messages in a table of its own, for the demo's phone page and the tests."""

    def send(self, key: str, phone: str, text: str) -> str:
        try:
            with transaction.atomic():
                SandboxDelivery.objects.create(
                    key=key,
                    phone=phone,
                    phone_index=blind_index(phone, purpose="phone"),
                    text=text,
                    received_at=clock.now(),
                )
        except IntegrityError:
            raise AlreadySent(key) from None
        # An answer that is slow to come: time in which a worker can be killed.
        time.sleep(settings.SANDBOX_DELAY_SECONDS)
        return f"sandbox-{key}"

    def find(self, key: str) -> str | None:
        if SandboxDelivery.objects.filter(key=key).exists():
            return f"sandbox-{key}"
        return None


@cache
def _channel(path: str) -> Channel:
    return import_string(path)()


def current() -> Channel:
    """Return the channel that the settings name."""
    return _channel(settings.SMS_BACKEND)
