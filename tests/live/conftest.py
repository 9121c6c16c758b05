"""A running site on this test's own database."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from portal.demo.clock import set_clock
from tests.factories.chain import Chain, build_chain, instant
from tests.live.site import ROOT, Site


@pytest.fixture(scope="session")
def static_files(django_db_setup) -> None:
    """Collect the static files once, as a site outside the tests serves them."""
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0"],
        cwd=ROOT,
        env={**os.environ, "DEMO": "1", "TESTING": "0"},
        check=True,
    )


@pytest.fixture
def site(transactional_db, static_files) -> Iterator[Site]:
    """Return a site, its clock at 2020-11-20 09:00, whose processes are not started yet."""
    set_clock(to=instant("2020-11-20 09:00"))
    site = Site()
    yield site
    site.stop()


@pytest.fixture
def chain(transactional_db) -> Chain:
    """Return the city of the Chongqing notice, committed."""
    return build_chain()
