"""A headless Chromium in front of a running site."""

import shutil
from collections.abc import Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.devices import PATIENCE, Devices
from tests.live.conftest import chain, site, static_files  # noqa: F401 - fixtures
from tests.live.site import Site

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return a browser, which ends with the module.

    While it is there its event loop counts as running, and Django would refuse the database.
    """
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)))
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Keep what every window showed when a test failed."""
    report = yield
    devices = getattr(item, "funcargs", {}).get("devices")
    if call.when == "call" and report.failed and devices is not None:
        directory = settings.VAR_DIR / "browser" / item.name
        devices.photograph(directory)
        report.sections.append(("Windows", f"{directory}\n{devices.taken()}"))
    return report


@pytest.fixture
def devices(chromium: Browser, site: Site) -> Iterator[Devices]:  # noqa: F811 - the fixture
    """Return devices before the running site; whatever went wrong on them fails the test."""
    site.start_web()
    site.start_worker()
    devices = Devices(chromium, site.address)
    yield devices
    devices.close()
    assert devices.taken() == {}
