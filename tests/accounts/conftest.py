"""Fixtures of the tests of accounts."""

import re

import pytest

from core import invented
from notifications import selectors, services
from tests.factories.people import UserFactory

PHONE = invented.mobile(9001)
PASSWORD = "yun-xi-2020-ma"


@pytest.fixture
def person(db):
    """Return somebody with an account."""
    return UserFactory(phone=PHONE, password=PASSWORD)


@pytest.fixture
def received(db):
    """Return what a number received from the sandbox, newest first."""

    def texts(phone: str = PHONE) -> list[str]:
        services.deliver_due()
        return [delivery.text for delivery in selectors.delivered_to(phone)]

    return texts


@pytest.fixture
def read_code(received):
    """Return the code in the latest SMS to a number."""

    def code(phone: str = PHONE) -> str:
        return re.search(r"验证码(\d{6})", received(phone)[0])[1]

    return code


@pytest.fixture
def a_minute_later():
    """Return a function that lets a minute pass for every code sent so far."""
    import datetime as dt

    from django.db.models import F

    from accounts.models import PhoneCode

    def pass_time(minutes: int = 1) -> None:
        earlier = dt.timedelta(minutes=minutes)
        PhoneCode.objects.update(
            sent_at=F("sent_at") - earlier, expires_at=F("expires_at") - earlier
        )

    return pass_time


@pytest.fixture
def client_factory():
    """Return the class of test clients, for a second browser."""
    from django.test import Client

    return Client
