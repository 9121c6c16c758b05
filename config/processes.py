"""Child processes that never outlive the one that started them.

Linux sends a child its *parent-death signal* when the thread that forked it ends, even
by ``kill -9``; elsewhere children are stopped only by an orderly end. Start processes
from the main thread: the kernel watches the thread, not the process.
"""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
SECBIT_NO_SETUID_FIXUP = 4
CAPABILITY_VERSION_3 = 0x20080522

# Loaded before any fork: a child must not import anything between fork and exec.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(death_signal: int = signal.SIGTERM, parent: int | None = None) -> None:
    """Ask the kernel to send this process ``death_signal`` when its parent ends.

    ``parent`` is the pid that the caller expects: a parent that ended before the call
    would otherwise be missed.
    """
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def become_nobody(uid: int, gid: int) -> None:
    """Give up root, keeping only the right to pass directories that root may pass.

    PostgreSQL refuses to run as root, while a clone may lie under ``/root``.
    Development only.
    """
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    bit = 1 << CAP_DAC_OVERRIDE
    # effective, permitted, inheritable; then the same for capabilities above 31
    wanted = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
    # Capabilities outlive the change of user, and access(2) counts them, as initdb needs.
    _libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    # Where the container does not hold the capability, a readable path still works.
    if _libc.capset(header, wanted) == 0:
        _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def child_setup(
    *, death_signal: int, as_nobody: bool = False, own_session: bool = True
) -> Callable[[], None]:
    """Return the function that a new child runs between fork and exec.

    With ``as_nobody``, root (and only root) is exchanged for ``nobody`` first.
    """
    parent = os.getpid()
    nobody = pwd.getpwnam("nobody") if as_nobody and os.geteuid() == 0 else None

    def setup() -> None:
        if own_session:
            os.setsid()
        if nobody is not None:
            become_nobody(nobody.pw_uid, nobody.pw_gid)
        # Last: a change of user clears the parent-death signal.
        die_with_parent(death_signal, parent)

    return setup


class Process:
    """One supervised child.

    ``stop_signal`` asks it to end; after ``patience`` seconds it is killed.
    ``death_signal`` reaches it when we are killed. Output goes to ``log``, or to our
    own standard output. ``prepare`` runs before every start.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        log: Path | None = None,
        stop_signal: int = signal.SIGTERM,
        death_signal: int = signal.SIGTERM,
        patience: float = 10.0,
        as_nobody: bool = False,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.env = env
        self.log = log
        self.stop_signal = stop_signal
        self.death_signal = death_signal
        self.patience = patience
        self.as_nobody = as_nobody
        self.prepare = prepare
        self.child: subprocess.Popen[bytes] | None = None
        self._asked_to_stop = False

    def start(self) -> None:
        self._asked_to_stop = False
        if self.prepare is not None:
            self.prepare()
        with contextlib.ExitStack() as stack:
            output = None
            if self.log is not None:
                self.log.parent.mkdir(parents=True, exist_ok=True)
                output = stack.enter_context(self.log.open("ab"))
            self.child = subprocess.Popen(
                self.command,
                env=None if self.env is None else dict(self.env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=None if output is None else subprocess.STDOUT,
                preexec_fn=child_setup(death_signal=self.death_signal, as_nobody=self.as_nobody),
            )

    def is_running(self) -> bool:
        return self.child is not None and self.child.poll() is None

    @property
    def exit_code(self) -> int | None:
        return None if self.child is None else self.child.poll()

    def ask_to_stop(self) -> None:
        """Send the stop signal, once: some servers take a second one for impatience."""
        if self.is_running() and not self._asked_to_stop:
            self._asked_to_stop = True
            self.child.send_signal(self.stop_signal)

    def stop(self) -> None:
        """Ask the child to end and wait for it; kill its whole session when it does not."""
        if self.child is None:
            return
        self.ask_to_stop()
        try:
            self.child.wait(self.patience)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()
        self.child = None


def wait_until(ready: Callable[[], bool], *, seconds: float) -> bool:
    """Ask ``ready`` every 20 ms until it answers true; false when ``seconds`` have passed."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
