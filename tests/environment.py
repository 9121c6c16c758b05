"""The pytest plugin that gives every run a PostgreSQL and a Redis of its own.

Loaded before Django's settings (``-p tests.environment``). A run takes the first free one
of ``var/test``, ``var/test-2``, …, so that the suite runs beside a site and beside itself.
With xdist the controller starts the servers; each worker has its own test database
(pytest-django) and its own pair of Redis databases.
"""

import itertools
import os
import re
import shutil
from pathlib import Path

import pytest

from config import embedded

ROOT = Path(__file__).resolve().parent.parent
_services: embedded.Services | None = None


def _take_free_servers() -> embedded.Services:
    for number in itertools.count(1):
        var_dir = ROOT / "var" / ("test" if number == 1 else f"test-{number}")
        services = embedded.Services(var_dir, durable=False)
        if services.start(attach=False):
            return services
    raise AssertionError("unreachable")


def _prepare() -> None:
    global _services
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        # What the developer's shell sets must not lead a test to a real server.
        settings = (ROOT / "config" / "settings.py").read_text()
        for name in re.findall(r'env\.\w+\(\s*[\'"](\w+)', settings):
            os.environ.pop(name, None)
        _services = _take_free_servers()
        os.environ["VAR_DIR"] = str(_services.var_dir)
        os.environ["TESTING"] = "1"
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        shutil.rmtree(_services.var_dir / "media", ignore_errors=True)
    else:
        # "gw0" and so on; the controller's environment is ours too.
        os.environ["REDIS_DATABASE"] = str(2 + 2 * int(worker.removeprefix("gw")))


try:
    _prepare()
except embedded.EmbeddedError as error:
    raise pytest.UsageError(str(error)) from None


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    if _services is not None:
        _services.stop()
