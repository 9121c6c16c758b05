"""What a load balancer is told."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import embedded

ROOT = Path(__file__).resolve().parents[2]
ASK = """
import django, logging
django.setup()
logging.disable()
from django.test import Client
response = Client().get("/healthz")
print(response.status_code, response.content.decode())
"""


def ask_process(**environment: str) -> tuple[int, dict]:
    """Ask a process of the site with this environment for its health."""
    result = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    status, body = result.stdout.split(" ", 1)
    return int(status), json.loads(body)


@pytest.mark.django_db
def test_healthz_with_everything_in_order_answers_200(client):
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {
        "healthy": True,
        "database": "ok",
        "migrations": "ok",
        "broker": "ok",
    }
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_healthz_asked_again_costs_one_query(client, django_assert_num_queries):
    client.get("/healthz")
    with django_assert_num_queries(1):
        client.get("/healthz")


@pytest.mark.django_db
def test_healthz_posted_to_is_refused(client):
    assert client.post("/healthz").status_code == 405


def test_healthz_without_database_answers_503():
    status, body = ask_process(DATABASE_URL="postgresql://nobody@%2Fnowhere/none")
    assert status == 503
    assert body["database"] == body["migrations"] == "does not answer"
    assert body["broker"] == "ok"


def test_healthz_without_broker_answers_503():
    # The cluster's own database was never migrated: tests make one of their own.
    status, body = ask_process(REDIS_URL="unix:///nowhere/redis")
    assert status == 503
    assert body["database"] == "ok"
    assert body["broker"] == "does not answer"


def test_healthz_before_migrating_answers_503():
    url = embedded.addresses(Path(os.environ["VAR_DIR"])).database_url("owner")
    status, body = ask_process(DATABASE_URL=url)
    assert status == 503
    assert body["migrations"].endswith("not applied")
