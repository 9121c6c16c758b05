"""With Redis gone everybody goes on working; when it is back, nothing old comes back."""

import datetime as dt
import logging
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.contrib.auth import get_user
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import reverse
from redis import Redis

from accounts.models import User
from applications.workflow import Phase
from config.embedded import redis_server
from config.processes import wait_until
from core import dispatch as dispatching
from core import invented
from core.breaker import Breaker
from core.cache import CacheOutOfReach
from core.dispatch import dispatch
from core.validators import Sex
from tests.factories.chain import build_chain
from tests.factories.people import UserFactory

PASSWORD = "jiang-bei-1117"


class OwnRedis:
    """A Redis of this test's own, to be stopped, started and frozen."""

    def __init__(self, directory: Path) -> None:
        self.socket = directory / "redis"
        self.process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [str(redis_server()), "--port", "0", "--unixsocket", str(self.socket), "--save", ""],
            stdout=subprocess.DEVNULL,
        )
        assert wait_until(self.socket.exists, seconds=10)

    def waiting(self, queue: str) -> int:
        """Return how many messages wait in a queue."""
        with Redis(unix_socket_path=str(self.socket)) as client:
            return client.llen(queue)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
            self.socket.unlink(missing_ok=True)


@pytest.fixture
def redis() -> Iterator[OwnRedis]:
    directory = Path("/tmp") / f"zhicheng-{os.getpid()}-{time.monotonic_ns()}"  # noqa: S108
    directory.mkdir(mode=0o700)
    server = OwnRedis(directory)
    yield server
    server.stop()
    shutil.rmtree(directory)


@pytest.fixture
def use_cache(settings, monkeypatch) -> Callable[[str], None]:
    """Let the cache be at another address, forgotten after half a second of not answering."""
    monkeypatch.setattr("core.cache.PAUSE_SECONDS", 0.5)
    monkeypatch.setattr("core.cache._links", {})

    def use(url: str) -> None:
        settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": url}}

    return use


@pytest.fixture
def use_broker(monkeypatch) -> Callable[[str], None]:
    def use(url: str) -> None:
        monkeypatch.setitem(current_app.conf, "broker_write_url", url)
        monkeypatch.setattr(dispatching, "_broker", Breaker("The broker", pause_seconds=0.5))

    return use


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Return a port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield server.getsockname()[1]


DEAD = "redis://127.0.0.1:1"


# --- The cache ---------------------------------------------------------------------------


def test_cache_down_answers_as_an_empty_one(use_cache):
    use_cache(DEAD)
    cache.set("a", 1)
    assert cache.get("a", "nothing") == "nothing"
    assert "a" not in cache
    assert cache.add("a", 1)
    assert cache.get_many(["a"]) == {}
    assert not cache.delete("a")
    assert not cache.touch("a")
    assert cache.set_many({"a": 1}) == ["a"]
    assert cache.get_or_set("a", 2) == 2
    cache.delete_many(["a"])
    with pytest.raises(CacheOutOfReach):
        cache.incr("a")


def test_cache_that_never_answers_costs_one_wait_and_one_line(use_cache, silent_port, caplog):
    use_cache(f"redis://127.0.0.1:{silent_port}")
    before = time.monotonic()
    with caplog.at_level(logging.INFO, "core"):
        for _ in range(20):
            cache.get("a")
    assert time.monotonic() - before < 4
    assert caplog.text.count("does not answer") == 1


def test_cache_back_again_is_used_again(use_cache, redis):
    use_cache(redis.url)
    cache.set("a", 1)
    redis.start()
    assert wait_until(lambda: cache.set("a", 1) or cache.get("a") == 1, seconds=5)


def test_cache_back_again_has_forgotten_what_changed_meanwhile(use_cache, redis):
    redis.start()
    use_cache(redis.url)
    cache.set_many({"changed": "old", "gone": "old", "same": "old"})
    hidden = redis.socket.with_name("hidden")
    redis.socket.rename(hidden)
    cache._cache.get_client(write=True).connection_pool.disconnect()
    cache.set("changed", "new")
    cache.delete("gone")
    assert cache.get("same") is None
    hidden.rename(redis.socket)
    assert wait_until(lambda: cache.get("same") == "old", seconds=5)
    assert cache.get("changed") is None
    assert cache.get("gone") is None


# --- The pages ---------------------------------------------------------------------------


@pytest.fixture
def nothing_answers(use_cache, use_broker) -> None:
    use_cache(DEAD)
    use_broker(f"{DEAD}/0")


@pytest.mark.django_db
def test_people_sign_in_and_out_without_redis(nothing_answers, client):
    person = UserFactory(password=PASSWORD)
    posted = {"login": person.phone, "password": "wrong-one"}
    assert client.post(reverse("account_login"), posted).status_code == 200
    client.post(reverse("account_login"), posted | {"password": PASSWORD})
    assert get_user(client) == person
    assert client.get(reverse("portal:dashboard")).status_code == 200
    client.post(reverse("account_logout"))
    assert not get_user(client).is_authenticated


@pytest.mark.django_db
def test_people_register_without_redis(nothing_answers, client):
    posted = {
        "name": "林知远",
        "identity_number": invented.identity_number(dt.date(1985, 3, 14), 7, Sex.FEMALE),
        "phone": invented.mobile(9001),
        "password1": PASSWORD,
        "password2": PASSWORD,
        "consent": "on",
    }
    answer = client.post(reverse("account_signup"), posted)
    assert answer.headers["Location"] == reverse("account_signup_code")
    assert client.get(answer.headers["Location"]).status_code == 200
    assert not User.objects.exists()


@pytest.mark.django_db
def test_applicant_and_office_work_without_redis(
    nothing_answers, client, at, django_capture_on_commit_callbacks
):
    chain = build_chain()
    at("2020-11-18 09:00")
    draft = chain.draft()

    def page(name: str, *more: str) -> str:
        return reverse(f"applications:{name}", args=[draft.public_id, *more])

    client.force_login(draft.applicant)
    assert client.get(page("tasks")).status_code == 200
    version = client.get(page("section", "statement")).context["version"]
    for text in ("改过了", "又改了"):
        saved = client.post(
            page("section", "statement"),
            {"text": text, "version": version},
            headers={"X-Autosave": "1"},
        )
        assert saved.status_code == 200
        version = saved.json()["version"]
    draft.refresh_from_db()
    posted = {
        "agrees": "on",
        "version": draft.version,
        "content_version": draft.content_version,
    }
    before = time.monotonic()
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(page("check"), posted)
    assert time.monotonic() - before < 5  # the broker alone would cost more
    assert answer.status_code == 302
    draft.refresh_from_db()
    assert draft.phase == Phase.SUBMITTED
    assert client.get(answer.url).status_code == 200

    officer = Client()
    officer.force_login(chain.officer_of(chain.employer))
    queue = officer.get(reverse("reviews:queue", args=[chain.employer.public_id]))
    assert draft.applicant.name in queue.content.decode()


# --- The broker --------------------------------------------------------------------------


def send_ten() -> float:
    """Commit with ten messages; return how long it took."""
    before = time.monotonic()
    with transaction.atomic():
        for number in range(10):
            dispatch("notifications.deliver", message_id=number)
    return time.monotonic() - before


@pytest.mark.django_db(transaction=True)
def test_commit_with_a_dead_broker_waits_for_nothing(use_broker, caplog):
    use_broker(f"{DEAD}/0")
    assert send_ten() < 2
    assert caplog.text.count("does not answer") == 1


@pytest.mark.django_db(transaction=True)
def test_commit_with_a_broker_that_never_answers_waits_once(use_broker, silent_port):
    use_broker(f"redis://127.0.0.1:{silent_port}/0")
    assert send_ten() < 3.5


@pytest.mark.django_db(transaction=True)
def test_broker_back_again_is_sent_to_again(use_broker, redis):
    use_broker(f"redis+socket://{redis.socket}?virtual_host=0")
    send_ten()
    redis.start()
    assert wait_until(lambda: send_ten() and redis.waiting("celery"), seconds=5)
