"""Prepare this clone for `make run` or `make test`: system packages, .venv, locked packages.

Standard library only: it runs before anything is installed. A second run finds nothing to
do and takes a fraction of a second.
"""

import ctypes
import ctypes.util
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def main(purpose: str) -> None:
    if sys.version_info < (3, 11):
        sys.exit(
            f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: "
            f"make {purpose} PYTHON=/path/to/python3.11"
        )
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "prepare.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        install_system_packages(purpose)
        install_packages(purpose)


# --- System packages: what no wheel carries ----------------------------------------


def has_library(name: str, major: int = 0) -> bool:
    try:
        ctypes.CDLL(f"lib{name}.so.{major}")
    except OSError:
        return ctypes.util.find_library(name) is not None
    return True


def has_font(pattern: str) -> bool:
    """Tell whether fontconfig knows a font of this pattern, e.g. ``:charset=2a6d6``."""
    if shutil.which("fc-list") is None:
        return False
    result = subprocess.run(["fc-list", pattern, "family"], capture_output=True, text=True)
    return bool(result.stdout.strip())


def missing_system_packages(purpose: str) -> list[str]:
    """Return the Debian names of what is really not there."""
    checks = {
        # python3.11 of Debian comes without what makes a virtual environment.
        f"python3.{sys.version_info.minor}-venv": lambda: importlib.util.find_spec("ensurepip"),
        "libpango-1.0-0": lambda: has_library("pango-1.0"),
        "libpangoft2-1.0-0": lambda: has_library("pangoft2-1.0"),
        # Without it a form takes ten seconds instead of half a second.
        "libharfbuzz-subset0": lambda: has_library("harfbuzz-subset"),
        "fontconfig": lambda: shutil.which("fc-list"),
        "fonts-noto-cjk": lambda: has_font("Noto Sans CJK SC") and has_font("Noto Serif CJK SC"),
        # Rare characters of names: CJK extensions B to F, of which Noto has only a part.
        "fonts-hanazono": lambda: has_font(":charset=20164") and has_font(":charset=2a6d6"),
    }
    if purpose == "test":
        names = ("chromium", "chromium-browser", "google-chrome")
        checks["chromium"] = lambda: any(map(shutil.which, names))
    return [package for package, is_there in checks.items() if not is_there()]


def install_system_packages(purpose: str) -> None:
    missing = missing_system_packages(purpose)
    if not missing:
        return
    names = " ".join(missing)
    if shutil.which("apt-get") is None:
        sys.exit(f"Install what Debian calls {names} with your system's packages, then try again.")
    if os.geteuid() != 0:
        sys.exit(f"System packages are missing; type: sudo apt-get install -y {names}")
    print(f"Installing system packages: {names}", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "DEBCONF_NOWARNINGS": "yes"}
    # An update that fails for one of several sources may still be enough.
    subprocess.run(["apt-get", "update", "-qq"], env=environment)
    result = subprocess.run(
        [
            *("apt-get", "install", "-y", "-qq", "-o", "Dpkg::Use-Pty=0"),
            *("--no-install-recommends", *missing),
        ],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    # The checks decide, not the exit code: they are what the site needs.
    importlib.invalidate_caches()
    if result.returncode or (missing := missing_system_packages(purpose)):
        sys.exit(f"Could not install {' '.join(missing)}; type: apt-get install -y {names}")


# --- Python packages -----------------------------------------------------------------


def install_packages(purpose: str) -> None:
    """Install the locked packages, unless their stamp says that they are there."""
    # What the tests need contains what the demo needs.
    names = {"run": ("demo", "test"), "test": ("test",)}[purpose]
    locks = [ROOT / "requirements" / f"{name}.txt" for name in names]
    if PYTHON.exists() and any(stamp_of(lock).exists() for lock in locks):
        return
    lock = locks[0]
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
    print(f"Installing {lock.relative_to(ROOT)} into .venv", flush=True)
    result = subprocess.run(
        [
            *(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--require-hashes", "--only-binary", ":all:", "--requirement", lock),
        ]
    )
    if result.returncode:
        sys.exit(f"Could not install {lock.relative_to(ROOT)}; pip's message is above.")
    stamp_of(lock).touch()


def stamp_of(lock: Path) -> Path:
    """Return the file that says that exactly this lock has been installed."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    return VENV / f"installed-{lock.stem}-{digest}"


if __name__ == "__main__":
    main(sys.argv[1])
