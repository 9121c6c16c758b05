"""What a browser may keep."""

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpResponse
from django.urls import reverse

from core.middleware import PrivatePagesMiddleware
from tests.factories.chain import build_chain
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["portal:home", "portal:dashboard", "applications:start"])
def test_page_shown_to_somebody_signed_in_is_kept_by_nobody(client, name):
    client.force_login(UserFactory())
    answer = client.get(reverse(name))
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_page_that_an_office_is_shown_is_kept_by_nobody(client, at):
    chain = build_chain()
    at("2020-11-19 09:00")
    client.force_login(chain.officer_of(chain.employer))
    answer = client.get(reverse("reviews:queue", args=[chain.employer.public_id]))
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_page_shown_to_anybody_may_be_kept(client):
    assert "Cache-Control" not in client.get(reverse("portal:home")).headers


def test_answer_that_says_itself_who_may_keep_it_stays_as_it_is(rf):
    own = HttpResponse(headers={"Cache-Control": "private, no-cache"})
    request = rf.get("/")
    request.session = SessionStore()
    request.session[SESSION_KEY] = "1"
    assert PrivatePagesMiddleware(lambda request: own)(request)["Cache-Control"] == (
        "private, no-cache"
    )
