"""The real processes of the site, on the test's database, to be used and killed."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db import connection

from accounts.models import User

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment() -> dict[str, str]:
    """Return the environment of a demo site on this test's database, in the site's own role."""
    names = connection.settings_dict
    socket_dir = urllib.parse.quote(names["HOST"], safe="")
    role = settings.DATABASE_SITE_ROLE
    kept = {name: value for name, value in os.environ.items() if name != "TESTING"}
    return {
        **kept,
        "DEMO": "1",
        "VAR_DIR": str(settings.VAR_DIR),
        "DATABASE_URL": f"postgresql://{role}@{socket_dir}/{names['NAME']}",
        "REDIS_DATABASE": str(settings.REDIS_DATABASE),
        "REDIS_URL": settings.REDIS_URL,
        "LOG_LEVEL": "WARNING",
    }


@dataclass
class Site:
    """Web and worker as child processes in sessions of their own."""

    port: int = field(default_factory=free_port)
    children: dict[str, subprocess.Popen] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Return the site's address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def _start(self, name: str, *command: str) -> None:
        log = (settings.VAR_DIR / f"live-{name}.log").open("ab")
        self.children[name] = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=environment() | {"PORT": str(self.port)},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        log.close()

    def start_web(self) -> None:
        """Start gunicorn with two workers and wait until it answers."""
        self._start(
            "web",
            *("gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self.port}"),
            *("--workers", "2", "--threads", "4", "--worker-class", "gthread"),
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if self.request("GET", "/healthz").status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError((settings.VAR_DIR / "live-web.log").read_text()[-3000:])

    def start_worker(self) -> None:
        """Start a Celery worker of both queues and beat in one process group."""
        self._start(
            "worker",
            *("celery", "-A", "config.celery", "worker", "--concurrency", "2"),
            *("--queues", "celery,documents"),
            *("--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
            *("-B", "-s", str(settings.VAR_DIR / "live-beat")),
        )

    def kill(self, name: str) -> None:
        """Kill a process and all its children at once (SIGKILL)."""
        child = self.children.pop(name)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def stop(self) -> None:
        """Kill whatever runs."""
        for name in list(self.children):
            self.kill(name)

    def request(
        self,
        method: str,
        path: str,
        *,
        person: "SignedIn | None" = None,
        data: dict | None = None,
    ) -> "Answer":
        """Make one request over a connection of its own; ``OSError`` when it breaks."""
        headers = {}
        body = None
        if person is not None:
            headers["Cookie"] = f"sessionid={person.session}; csrftoken={person.csrf}"
        if data is not None:
            fields = {**data, "csrfmiddlewaretoken": person.csrf}
            body = urllib.parse.urlencode(fields, doseq=True)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            link.request(method, path, body=body, headers=headers)
            answer = link.getresponse()
            text = answer.read().decode(errors="replace")
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            link.close()
        return Answer(answer.status, answer.headers.get("Location", ""), text)


@dataclass(frozen=True)
class Answer:
    """What the site answered."""

    status: int
    location: str
    text: str

    def hidden(self, name: str) -> str:
        """Return the value of a hidden field in the page."""
        for tag in re.findall(r"<input[^>]*>", self.text):
            if f'name="{name}"' in tag:
                found = re.search(r'value="([^"]*)"', tag)
                return found.group(1) if found else ""
        raise AssertionError(f"no field {name!r} in the page")


@dataclass(frozen=True)
class SignedIn:
    """A session made directly, as signing in would."""

    session: str
    csrf: str = "a" * 32


def sign_in(user: User) -> SignedIn:
    """Return a session of the user."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return SignedIn(session.session_key)
