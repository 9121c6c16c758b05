"""`manage.py run` as a newcomer meets it: real processes, real signals."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

import psutil
import psycopg2
import pytest

from config.embedded import addresses, postgres_bin, redis_server
from tests.config.test_embedded import ends_within, has_ended

ROOT = Path(__file__).resolve().parents[2]
REDIS = str(redis_server())
POSTGRES = str(postgres_bin() / "postgres")
WORKER = ("celery", "worker", "--queues=celery")
DOCUMENTS = ("celery", "worker", "--queues=documents")


class Site:
    """One `manage.py run` in a directory of its own."""

    process: subprocess.Popen[str] | None = None

    def __init__(self, var_dir: Path) -> None:
        self.var_dir = var_dir
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def command(self, port: int | None = None) -> subprocess.Popen[str]:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in {"TESTING", "REDIS_DATABASE"} and not name.startswith("PYTEST")
        }
        return subprocess.Popen(
            [sys.executable, "manage.py", "run", "--empty"],
            cwd=ROOT,
            env=environment
            | {"DEMO": "1", "VAR_DIR": str(self.var_dir), "PORT": str(port or self.port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def start(self) -> None:
        if self.process is not None:
            self.process.stdout.close()
        self.process = self.command()
        said = []
        for line in self.process.stdout:
            said.append(line)
            if line.startswith("Ctrl-C"):
                return
        self.process.communicate()
        logs = "".join(path.read_text()[-2000:] for path in (self.var_dir / "log").glob("*.log"))
        raise AssertionError(f"The site did not start: {''.join(said)}\n{logs}")

    def health(self) -> dict:
        url = f"http://127.0.0.1:{self.port}/healthz"
        with urllib.request.urlopen(url, timeout=5) as response:
            return json.load(response)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def named(self, *words: str) -> psutil.Process:
        """Return the direct child whose command holds all ``words``."""
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # ended meanwhile, or not yet buried
                if set(words) <= set(" ".join(child.cmdline()).split()):
                    return child
        raise AssertionError(f"No child {words}")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site that runs until the test that kills it."""
    site = Site(tmp_path_factory.mktemp("run") / "var")
    site.start()
    yield site
    if site.process.poll() is None:
        site.process.kill()
    site.process.wait()
    site.process.stdout.close()


def test_run_started_is_healthy(site):
    assert site.health() == {
        "healthy": True,
        "database": "ok",
        "migrations": "ok",
        "broker": "ok",
    }


def test_run_twice_is_refused_in_one_line(site):
    output, _ = site.command(port=site.port + 1).communicate(timeout=30)
    assert re.fullmatch(
        rf"CommandError: The site of \S+ runs already: http://127.0.0.1:{site.port} "
        rf"\(process {site.process.pid}\)\n",
        output,
    )


def test_run_on_a_port_in_use_is_refused_before_anything_starts(tmp_path, site):
    other = Site(tmp_path / "var")
    output, _ = other.command(port=site.port).communicate(timeout=30)
    assert output == (
        f"CommandError: Port {site.port} is not free (Address already in use); "
        f"choose another: make run PORT={site.port + 1}\n"
    )
    assert not (tmp_path / "var" / "postgres").exists()


@pytest.mark.parametrize("words", [("gunicorn",), WORKER, DOCUMENTS, (REDIS,), (POSTGRES,)])
def test_child_killed_is_restarted_and_its_own_children_end(site, words):
    victim = site.named(*words)
    family = [victim.pid, *(child.pid for child in victim.children(recursive=True))]
    victim.kill()
    assert ends_within(5, family)
    end = time.monotonic() + 20
    while True:
        try:
            assert site.named(*words).pid != victim.pid
            assert site.health()["healthy"]
            break
        except (AssertionError, OSError):
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def test_supervisor_interrupted_stops_in_order_and_keeps_the_data(site):
    owner_url = addresses(site.var_dir).database_url("owner")
    with closing(psycopg2.connect(owner_url)) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 1 AS number")
        connection.commit()
    children = site.children()
    order = {}
    watched = {
        "beat": site.named("celery", "beat").pid,
        "web": site.named("gunicorn").pid,
        "worker": site.named(*WORKER).pid,
        "documents": site.named(*DOCUMENTS).pid,
        "redis": site.named(REDIS).pid,
        "postgres": site.named(POSTGRES).pid,
    }
    site.process.send_signal(signal.SIGINT)
    while site.process.poll() is None:
        for name, pid in watched.items():
            if name not in order and has_ended(pid):
                order[name] = len(order)
        time.sleep(0.002)
    assert site.process.returncode == 0
    assert all(has_ended(child.pid) for child in children)
    # Those that a last look at a finished supervisor found together count as last.
    place = {name: order.get(name, 9) for name in watched}
    workers = {place["worker"], place["documents"]}
    assert max(place["beat"], place["web"]) < min(workers)
    assert max(workers) < place["redis"]
    assert place["redis"] <= place["postgres"]

    site.start()
    assert site.health()["healthy"]
    with closing(psycopg2.connect(owner_url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT number FROM kept")
        assert cursor.fetchone() == (1,)


def test_supervisor_killed_leaves_no_process(site):
    if site.process.poll() is not None:
        site.start()
    children = [child.pid for child in site.children()]
    assert len(children) > 8
    site.process.kill()
    site.process.wait()
    assert ends_within(10, children)
