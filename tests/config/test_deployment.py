"""The production files agree with each other and with the settings."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from tests.config.test_settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
FILLED_IN = {
    "SECRET_KEY": "x" * 50,
    "FIELD_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "BLIND_INDEX_KEY": "y" * 50,
    "ALLOWED_HOSTS": "titles.example",
    "SITE_URL": "https://titles.example",
    "SMS_BACKEND": "notifications.channels.SandboxChannel",
    "POSTGRES_PASSWORD": "a",
    "OWNER_PASSWORD": "b",
    "SITE_PASSWORD": "c",
    "TLS_DIR": "/tls",
}


def services() -> dict:
    text = re.sub(r"\$\{(\w+):-([^}]*)\}", r"\2", COMPOSE)
    return yaml.safe_load(re.sub(r"\$\{(\w+):\?\}", lambda m: FILLED_IN[m[1]], text))["services"]


def test_compose_asks_only_for_what_the_example_explains():
    explained = re.findall(r"^([A-Z_]+)=", (ROOT / "docker" / "env.example").read_text(), re.M)
    asked_for = set(re.findall(r"\$\{(\w+)", COMPOSE))
    assert asked_for == set(explained)


@pytest.mark.parametrize(
    ("service", "user"),
    [
        ("web", "zhicheng_site"),
        ("worker", "zhicheng_site"),
        ("documents", "zhicheng_site"),
        ("beat", "zhicheng_site"),
        ("migrate", "zhicheng_owner"),
    ],
)
def test_settings_start_with_what_compose_gives(service, user):
    result = load_settings(
        {name: str(value) for name, value in services()[service]["environment"].items()},
        "s.PRODUCTION, s.DATABASES['default']['USER'], s.CELERY_BROKER_URL",
    )
    assert result.stdout == f"True {user} redis://redis:6379/0\n", result.stderr


def test_owner_password_reaches_only_those_who_need_it():
    knowing = {name for name, service in services().items() if ":b@" in str(service)}
    assert knowing == {"migrate"}


def test_every_queue_has_a_worker_and_no_worker_has_two():
    queues = {"celery"} | {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    commands = [" ".join(service.get("command", ())) for service in services().values()]
    assert sorted(re.findall(r"--queues=(\S+)", " ".join(commands))) == sorted(queues)
    assert sum(" worker " in command for command in commands) == len(queues)


def test_image_holds_every_app():
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    dockerfile = (ROOT / "Dockerfile").read_text()
    for app in layers["root_packages"]:
        assert f"COPY {app} {app}\n" in dockerfile
