"""Settings of the web server, for `manage.py run` and for the container alike."""

import os
import signal
from pathlib import Path

from config.processes import die_with_parent

wsgi_app = "config.wsgi:application"
bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4
preload_app = True  # imported once: starts sooner, shares memory
graceful_timeout = 10
control_socket_disable = True
# The heartbeat file must not wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 -- mkstemp inside


def pre_fork(server, worker) -> None:
    """Share no database connection that an import may have opened."""
    from django.db import connections

    connections.close_all()


def post_fork(server, worker) -> None:
    """End a worker with its master, also when the master is killed; the port is free at once."""
    die_with_parent(signal.SIGKILL, parent=worker.ppid)
