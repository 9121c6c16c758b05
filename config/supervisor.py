"""The whole site as one command: servers, web, workers and beat as children of one process.

What dies is restarted. An orderly end stops beat and web first, then the workers, Redis
and PostgreSQL; killed itself, the supervisor leaves nothing behind (``config.processes``).
"""

import contextlib
import fcntl
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import get_commands
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from config import embedded
from config.processes import Process

LONGEST_PAUSE = 30.0
# A child that ran this long and then died is restarted at once.
SETTLED_SECONDS = 60.0


class CannotRun(RuntimeError):
    """The site cannot be started; the message is one line for the terminal."""


class Stopped(Exception):
    """Somebody asked the supervisor to stop."""


class Supervised:
    """A child with its restarts: at once, then after 1, 2, 4 … seconds."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.started = time.monotonic()
        self.pause = 0.0
        self.due: float | None = None

    def watch(self, say: Callable[[str], None]) -> None:
        now = time.monotonic()
        if self.process.is_running():
            return
        if self.due is None:
            if now - self.started > SETTLED_SECONDS:
                self.pause = 0.0
            self.due = now + self.pause
            say(f"{self.process.name} ended; restarting it. Its log: {self.process.log}")
            self.pause = min(max(1.0, self.pause * 2), LONGEST_PAUSE)
        if now >= self.due:
            self.process.start()
            self.started, self.due = now, None


class Supervisor:
    """Run the site on ``port`` of this machine until a signal says to stop."""

    def __init__(self, *, port: int, say: Callable[[str], None], load_demo: bool) -> None:
        self.port = port
        self.say = say
        self.load_demo = load_demo and settings.DEMO and "demo" in get_commands()
        self.var_dir: Path = settings.VAR_DIR
        self.address = f"http://127.0.0.1:{port}"
        self.services = embedded.Services(self.var_dir, **embedded.wanted())
        self.web = self._python(
            "web",
            ["-m", "gunicorn", "--config", "python:config.gunicorn"],
            env={"BIND": f"127.0.0.1:{port}"},
        )
        self.workers = [
            self._worker("worker", queue="celery", concurrency=2),
            self._worker("documents", queue="documents", concurrency=1),
        ]
        self.beat = self._python(
            "beat",
            [
                *("-m", "celery", "-A", "config", "beat", "--pidfile="),
                f"--schedule={self.var_dir / 'beat' / 'schedule'}",
            ],
        )
        self._logs = f"logs: {self.var_dir / 'log'}"
        self._stopping = False

    # --- The life of the site

    def run(self) -> None:
        """Start everything, watch over it, stop everything. Raises :class:`CannotRun`."""
        with self._signals(), self._only_one():
            self._check_port()
            try:
                self.services.start()
                self._prepare_data()
                self._serve()
            except embedded.EmbeddedError as error:
                raise CannotRun(str(error)) from error
            except Stopped:
                pass
            finally:
                self._stop()

    def _prepare_data(self) -> None:
        (self.var_dir / "beat").mkdir(exist_ok=True)
        steps = [self._manage("collectstatic", "--noinput", "--verbosity=0")]
        if self._migrations_wait():
            self.say("Preparing the database …")
            self._finish([self._manage("migrate", "--noinput", env={"DATABASE_ROLE": "owner"})])
        if self.load_demo:
            if not get_user_model().objects.exists():
                self.say("Loading the demo's people and applications; this takes a minute …")
            connection.close()
            steps.append(self._manage("demo", "--if-empty"))
        self._finish(steps)

    def _serve(self) -> None:
        children = [Supervised(process) for process in (self.web, *self.workers, self.beat)]
        for child in children:
            child.process.start()
        if self.services.started_here:
            children += [Supervised(process) for process in self.services.processes]
        patience = time.monotonic() + 30
        while not self._is_healthy():
            self._watch(children)
            if time.monotonic() > patience:
                patience = float("inf")
                self.say(f"{self.address}/healthz is not in order yet; {self._logs}")
        self.say(f"\nZhicheng runs on {self.address}; {self._logs}")
        if self.load_demo:
            accounts = self._manage("demo", "--accounts")
            accounts.log = None  # to the terminal
            self._finish([accounts])
        self.say("Ctrl-C stops it.")
        while True:
            self._watch(children)

    def _watch(self, children: Iterable[Supervised]) -> None:
        for child in children:
            child.watch(self.say)
        self._pause(0.2)

    def _stop(self) -> None:
        if any(process.is_running() for process in (self.web, *self.workers, self.beat)):
            self.say("Stopping …")
        for processes in ([self.beat, self.web], self.workers):
            for process in processes:
                process.ask_to_stop()
            for process in processes:
                process.stop()
        self.services.stop()

    # --- Signals

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def handle(number, frame) -> None:
            self._stopping = True
            # A second one ends us on the spot, and the kernel ends our children.
            signal.signal(number, signal.SIG_DFL)

        kinds = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {kind: signal.signal(kind, handle) for kind in kinds}
        try:
            yield
        finally:
            for kind, handler in before.items():
                signal.signal(kind, handler)

    def _pause(self, seconds: float) -> None:
        if self._stopping:
            raise Stopped
        time.sleep(seconds)

    # --- What must hold before

    @contextlib.contextmanager
    def _only_one(self) -> Iterator[None]:
        self.var_dir.mkdir(parents=True, exist_ok=True)
        with (self.var_dir / "run.lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise CannotRun(f"The site of {self.var_dir} runs already: {lock.read()}") from None
            lock.truncate(0)
            lock.write(f"{self.address} (process {os.getpid()})")
            lock.flush()
            yield

    def _check_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError as error:
                raise CannotRun(
                    f"Port {self.port} is not free ({error.strerror}); "
                    f"choose another: make run PORT={self.port + 1}"
                ) from None

    def _migrations_wait(self) -> bool:
        try:
            executor = MigrationExecutor(connection)
            return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        except OperationalError as error:
            raise CannotRun(f"The database does not answer: {error}") from error
        finally:
            connection.close()

    def _is_healthy(self) -> bool:
        try:
            # The address is our own, never what somebody typed.
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=2) as response:  # noqa: S310
                return response.status == 200
        except (urllib.error.URLError, OSError):
            return False

    # --- Commands

    def _python(self, name: str, arguments: list[str], *, env=None, **options) -> Process:
        return Process(
            name,
            [sys.executable, *arguments],
            env=os.environ | (env or {}),
            log=self.var_dir / "log" / f"{name}.log",
            death_signal=signal.SIGKILL,
            **options,
        )

    def _worker(self, name: str, *, queue: str, concurrency: int) -> Process:
        return self._python(
            name,
            [
                *("-m", "celery", "-A", "config", "worker", f"--hostname={name}@%h"),
                *(f"--queues={queue}", f"--concurrency={concurrency}", "--loglevel=INFO"),
            ],
            # "Warm": the tasks at work are finished first.
            patience=20,
        )

    def _manage(self, *arguments: str, env=None) -> Process:
        manage = str(settings.BASE_DIR / "manage.py")
        return self._python(arguments[0], [manage, *arguments], env=env)

    def _finish(self, steps: list[Process]) -> None:
        """Run ``steps`` beside each other to their ends."""
        try:
            for step in steps:
                step.start()
            while any(step.is_running() for step in steps):
                self._pause(0.05)
            for step in steps:
                if step.exit_code and step.log is None:
                    raise CannotRun(f"manage.py {step.name} failed.")
                if step.exit_code:
                    last_words = step.log.read_text().strip().rpartition("\n")[2]
                    raise CannotRun(f"manage.py {step.name} failed; {step.log} ends: {last_words}")
        finally:
            for step in steps:
                step.stop()
