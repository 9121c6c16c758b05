"""The servers that the bench measures: PostgreSQL and Redis of its own, gunicorn twice."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config import embedded
from config.processes import child_setup

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2


def environment(var_dir: Path) -> dict[str, str]:
    """Return the environment of a site in production, on the embedded servers of ``var_dir``."""
    services = embedded.addresses(var_dir)
    secrets = {
        name: embedded.development_secret(var_dir, file)
        for name, file in (
            ("SECRET_KEY", "secret_key"),
            ("FIELD_ENCRYPTION_KEYS", "field_key"),
            ("BLIND_INDEX_KEY", "index_key"),
        )
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        **secrets,
        "VAR_DIR": str(var_dir),
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": services.database_url("site"),
        "DATABASE_OWNER_URL": services.database_url("owner"),
        "REDIS_URL": services.redis_url(),
        "ALLOWED_HOSTS": "127.0.0.1,testserver",
        "SITE_URL": "https://127.0.0.1",
        "SMS_BACKEND": "notifications.channels.SandboxChannel",
        "LOG_LEVEL": "WARNING",
        "WEB_CONCURRENCY": str(WORKERS),
    }


@contextmanager
def databases(var_dir: Path) -> Iterator[None]:
    """Run PostgreSQL and Redis of ``var_dir``."""
    services = embedded.Services(var_dir)
    services.start()
    try:
        yield
    finally:
        services.stop()


def run(environment: dict[str, str], *arguments: str, owner: bool = False) -> str:
    """Run Python with ``arguments``; return what it printed. Ends the bench when it fails."""
    role = {"DATABASE_ROLE": "owner"} if owner else {}
    result = subprocess.run(
        [sys.executable, *arguments],
        env=environment | role,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    if result.returncode:
        sys.exit(f"{' '.join(arguments)} failed")
    return result.stdout


@dataclass(frozen=True)
class Server:
    """A running gunicorn."""

    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """Return the processor time of its workers so far; 0 where there is no /proc."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        if not children.exists():
            return 0.0
        ticks = 0
        for pid in children.read_text().split():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def gunicorn(environment: dict[str, str], application: str) -> Iterator[Server]:
    """Serve a WSGI application with two workers."""
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn", application],
        env=environment | {"BIND": f"127.0.0.1:{port}"},
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
        preexec_fn=child_setup(death_signal=15),
    )
    try:
        _wait_for(port, process)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(port: int, process: subprocess.Popen) -> None:
    for _attempt in range(600):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("gunicorn did not start")
