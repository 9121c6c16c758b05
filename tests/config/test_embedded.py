"""The site's own PostgreSQL and Redis: started, shared, left, killed."""

import base64
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis

from config import embedded
from config.embedded import Services

ROOT = Path(__file__).resolve().parents[2]

# Starts or joins the servers of the directory given, says so, and holds on until told.
HOLD_SERVERS = """
import sys
from pathlib import Path
from config.embedded import Services
services = Services(Path(sys.argv[1]), durable=False)
services.start()
print("started" if services.started_here else "attached", flush=True)
sys.stdin.readline()
services.stop(wait_for_others=True)
print("left", flush=True)
"""


@pytest.fixture(scope="module")
def var_dir(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("site") / "var"


@pytest.fixture
def services(var_dir):
    services = Services(var_dir, durable=False)
    services.start()
    yield services
    services.stop()


def hold_servers(var_dir: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD_SERVERS, str(var_dir)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def connect(services: Services, role: str):
    connection = psycopg2.connect(services.addresses.database_url(role))
    connection.autocommit = True
    return connection


def has_ended(pid: int) -> bool:
    """Tell whether a process is gone; whoever adopted it may not have buried it yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def ends_within(seconds: float, pids) -> bool:
    end = time.monotonic() + seconds
    while not all(map(has_ended, pids)):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_services_started_answer_with_chinese_sorted_by_code_point(services):
    with connect(services, "owner").cursor() as cursor:
        cursor.execute("SELECT version(), upper('é'), '职' < '评'")
        version, upper, sorted_by_code_point = cursor.fetchone()
    assert version.startswith("PostgreSQL 18")
    assert (upper, sorted_by_code_point) == ("É", "职" < "评")
    assert redis.Redis.from_url(services.addresses.redis_url()).ping()


def test_site_role_creates_nothing(services):
    with connect(services, "owner").cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS of_the_owner (id int)")
    with connect(services, "site").cursor() as cursor:
        for statement in (
            "CREATE TABLE of_the_site (id int)",
            "CREATE SCHEMA of_the_site",
            "CREATE DATABASE of_the_site",
            "DROP TABLE of_the_owner",
            "CREATE ROLE of_the_site",
        ):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)


def test_services_started_twice_second_attaches_and_first_waits(var_dir):
    first = hold_servers(var_dir)
    assert first.stdout.readline() == "started\n"
    second = hold_servers(var_dir)
    assert second.stdout.readline() == "attached\n"

    first.stdin.write("\n")
    first.stdin.flush()
    with pytest.raises(subprocess.TimeoutExpired):
        first.wait(0.3)
    with psycopg2.connect(embedded.addresses(var_dir).database_url("site")):
        pass  # still served

    assert second.communicate("\n", timeout=10)[0] == "left\n"
    assert first.communicate(timeout=10)[0] == "left\n"


def test_services_of_somebody_else_not_taken_without_attaching(services, var_dir):
    holder = Services(var_dir, durable=False)
    assert holder.start(attach=False) is False
    assert not holder.started_here


def test_starter_killed_leaves_nothing_and_next_start_works(var_dir):
    holder = hold_servers(var_dir)
    assert holder.stdout.readline() == "started\n"
    children = [child.pid for child in psutil.Process(holder.pid).children(recursive=True)]
    assert len(children) > 2

    holder.kill()
    holder.communicate()
    again = hold_servers(var_dir)  # at once, while the old servers may still be ending
    assert again.stdout.readline() == "started\n"
    assert ends_within(10, children)
    again.communicate("\n", timeout=10)


def test_start_with_stale_pid_file_of_a_living_stranger_works(services, var_dir):
    services.postgres.child.kill()
    services.postgres.child.wait()
    services.stop()
    pid_file = var_dir / "postgres" / "postmaster.pid"
    rest = pid_file.read_text().split("\n", 1)[1]
    pid_file.write_text(f"{os.getpid()}\n{rest}")

    services.start()

    assert connect(services, "site")


def test_second_start_takes_under_three_seconds(var_dir):
    services = Services(var_dir, durable=False)
    begin = time.monotonic()
    services.start()
    services.stop()
    assert time.monotonic() - begin < 3


def test_start_below_a_long_and_private_directory_works(tmp_path):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    services = Services(private / ("x" * 100) / "with, comma and space" / "var", durable=False)
    assert len(os.fsencode(services.addresses.socket_dir)) <= embedded.LONGEST_SOCKET_DIR
    services.start()
    try:
        assert connect(services, "owner")
        assert redis.Redis.from_url(services.addresses.redis_url()).ping()
        assert services.addresses.socket_dir.stat().st_mode & 0o777 == 0o700
    finally:
        services.stop()
        for leftover in services.addresses.socket_dir.iterdir():
            leftover.unlink()
        services.addresses.socket_dir.rmdir()


def test_postgres_that_cannot_start_is_said_in_one_line(tmp_path):
    services = Services(tmp_path / "var", durable=False, redis=False)
    (tmp_path / "var" / "postgres").mkdir(parents=True)
    (tmp_path / "var" / "postgres" / "PG_VERSION").write_text("9")
    with pytest.raises(embedded.EmbeddedError, match=r"postgres did not start; its log: .*\.log$"):
        services.start()
    assert not services.started_here


def test_development_secret_made_by_many_at_once_is_one(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: embedded.development_secret(tmp_path, "key"), range(32)))
    assert len(secrets) == 1
    assert len(base64.urlsafe_b64decode(secrets.pop())) == 32
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["key"]
    assert (tmp_path / "secrets" / "key").stat().st_mode & 0o777 == 0o600


def test_broker_url_names_socket_and_database_celerys_way():
    assert embedded.broker_url("unix:///a/redis", 2) == "redis+socket:///a/redis?virtual_host=2"
    assert embedded.broker_url("redis://redis:6379", 0) == "redis://redis:6379/0"


def test_child_of_killed_celery_worker_or_web_master_ends(tmp_path):
    """A process that asked to die with its parent does, even when that is killed."""
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os, signal, time\n"
            "from config.processes import die_with_parent\n"
            "if not os.fork():\n"
            "    die_with_parent(signal.SIGKILL)\n"
            "    print(os.getpid(), flush=True)\n"
            "time.sleep(60)",
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    assert ends_within(5, [child])
