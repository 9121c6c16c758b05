"""Send a task to the workers, after the commit, and never fail the request for it."""

import logging
from typing import Any

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)


def dispatch(task_name: str, **ids: Any) -> None:
    """Ask for ``task_name(**ids)`` once the current transaction has committed.

    The row that the task works on is the truth and the broker only a hint: with the
    broker down nothing is raised, and a sweep picks the row up later.
    """

    def send() -> None:
        try:
            current_app.send_task(task_name, kwargs=ids, retry=False, ignore_result=True)
        except Exception:  # any broker failure: the sweep does the work instead
            logger.warning("Broker unreachable; %s %s waits for the sweep", task_name, ids)

    transaction.on_commit(send, robust=True)
