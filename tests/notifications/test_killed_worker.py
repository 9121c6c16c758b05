"""A real Celery worker, killed between the provider's doing and our noting it."""

import time

import pytest

from notifications import services
from notifications.models import Message, MessageStatus, SandboxDelivery
from tests.factories.people import UserFactory
from tests.live.site import Site


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("waited in vain")


@pytest.mark.django_db(transaction=True)
def test_worker_killed_in_mid_delivery_sends_one_message(monkeypatch):
    monkeypatch.setenv("MESSAGE_LEASE_SECONDS", "3")
    monkeypatch.setenv("SANDBOX_DELAY_SECONDS", "120")
    site = Site()
    try:
        site.start_worker()
        services.enqueue(
            event="event:1",
            template="account.password_changed",
            recipient=UserFactory(),
            context={},
        )
        wait_until(SandboxDelivery.objects.exists)
        site.kill("worker")
        row = Message.objects.get()
        assert (row.status, row.attempts) == (MessageStatus.SENDING, 1)

        monkeypatch.setenv("SANDBOX_DELAY_SECONDS", "0")
        site.start_worker()
        wait_until(Message.objects.filter(status=MessageStatus.SENT).exists)
    finally:
        site.stop()
    row.refresh_from_db()
    assert row.attempts == 2
    assert row.provider_id == f"sandbox-{row.public_id}"
    assert SandboxDelivery.objects.get().key == row.public_id
