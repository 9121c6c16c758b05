"""What beat asks for exists, and a worker of the site does it."""

import subprocess
import sys
from pathlib import Path

from django.conf import settings

from config.celery import app

ROOT = Path(__file__).resolve().parents[2]


def test_every_task_of_the_schedule_is_known_to_the_workers():
    app.loader.import_default_modules()
    asked_for = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert asked_for - set(app.tasks) == set()


def test_every_routed_task_is_known_to_the_workers():
    app.loader.import_default_modules()
    assert set(settings.CELERY_TASK_ROUTES) - set(app.tasks) == set()


def test_sweep_that_waited_until_the_next_is_due_is_dropped():
    for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
        if isinstance(entry["schedule"], float):
            assert entry["options"]["expires"] <= entry["schedule"], name


def test_sending_process_uses_the_broker_of_the_settings():
    """`core.dispatch` knows no app; it must not fall back to Celery's default one."""
    result = subprocess.run(
        [
            sys.executable,
            "-c",
            "import django; django.setup(); from celery import current_app; "
            "print(current_app.main, current_app.conf.broker_url)",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split(maxsplit=1) == ["zhicheng", f"{settings.CELERY_BROKER_URL}\n"]
