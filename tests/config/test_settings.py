"""Settings refuse what would be unsafe, at start and by name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "SECRET_KEY": "x" * 50,
    "FIELD_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "BLIND_INDEX_KEY": "y" * 50,
    "ALLOWED_HOSTS": "titles.example",
    "SITE_URL": "https://titles.example",
    "DATABASE_URL": "postgresql://site@db/titles",
    "REDIS_URL": "redis://redis:6379",
    "SMS_BACKEND": "notifications.channels.SandboxChannel",
}


def load_settings(environment: dict[str, str], show: str = "''") -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", f"from config import settings as s; print({show})"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("name", sorted(PRODUCTION))
def test_production_without_a_setting_refuses_to_start(name):
    result = load_settings({key: value for key, value in PRODUCTION.items() if key != name})
    assert result.returncode == 1
    assert name in result.stderr.splitlines()[-1]


def test_production_complete_is_strict_about_cookies_and_transport(tmp_path):
    result = load_settings(
        PRODUCTION | {"VAR_DIR": str(tmp_path)},
        "s.DEBUG, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT",
    )
    assert result.stdout == "False True True True\n", result.stderr
    assert list(tmp_path.iterdir()) == []  # no secret of its own making


def test_demo_makes_its_secrets_and_keeps_them(tmp_path):
    environment = {"DEMO": "1", "VAR_DIR": str(tmp_path)}
    first, second = (load_settings(environment, "s.SECRET_KEY").stdout for _ in range(2))
    assert first == second
    assert len(first.strip()) == 44


def test_owner_role_in_production_uses_its_own_address(tmp_path):
    result = load_settings(
        PRODUCTION
        | {"DATABASE_ROLE": "owner", "DATABASE_OWNER_URL": "postgresql://owner@db/titles"},
        "s.DATABASES['default']['USER']",
    )
    assert result.stdout == "owner\n", result.stderr


def test_site_gives_up_a_lock_that_it_waits_long_for(tmp_path):
    show = "s.DATABASES['default'].get('OPTIONS')"
    site = load_settings(PRODUCTION | {"VAR_DIR": str(tmp_path)}, show)
    assert site.stdout == "{'options': '-c lock_timeout=10s'}\n", site.stderr
    owner = {"DATABASE_ROLE": "owner", "DATABASE_OWNER_URL": "postgresql://owner@db/titles"}
    assert "lock_timeout" not in load_settings(PRODUCTION | owner, show).stdout
