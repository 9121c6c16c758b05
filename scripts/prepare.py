"""Prepare this clone: `prepare.py run` or `prepare.py test`. Standard library only."""

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = {"run": "demo", "test": "test"}


def install_packages(purpose: str) -> None:
    """Install the locked packages; a stamp tells when there is nothing to do."""
    requirements = ROOT / "requirements" / f"{REQUIREMENTS[purpose]}.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = VENV / f"installed-{requirements.stem}"
    if stamp.exists() and stamp.read_text() == digest:
        return
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    subprocess.run(
        [
            PYTHON,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "--only-binary",
            ":all:",
            "--requirement",
            requirements,
        ],
        check=True,
    )
    stamp.write_text(digest)


if __name__ == "__main__":
    install_packages(sys.argv[1])
