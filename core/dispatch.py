"""Send a task to the workers, after the commit, and never fail the request for it."""

import logging
from typing import Any

from celery import current_app
from django.db import transaction
from kombu import pools

from core.breaker import Breaker

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 5.0
# Only for those who send: a worker waits for its broker as long as it takes. By default
# each message to a dead broker would cost its sender two pauses, 6 s in all.
SENDER_OPTIONS = {"max_retries": 0}

_broker = Breaker("The broker", pause_seconds=PAUSE_SECONDS)


def dispatch(task_name: str, **ids: Any) -> None:
    """Ask for ``task_name(**ids)`` once the current transaction has committed.

    The row that the task works on is the truth and the broker only a hint: with the
    broker down nothing is raised, and a sweep picks the row up later. After a failure
    nothing is sent for some seconds, so that ten hints do not cost ten waits.
    """

    def send() -> None:
        if not _broker.permits():
            logger.info("%s %s waits for the sweep", task_name, ids)
            return
        try:
            connection = current_app.connection_for_write(transport_options=SENDER_OPTIONS)
            with pools.producers[connection].acquire(block=True) as producer:
                current_app.send_task(
                    task_name, kwargs=ids, retry=False, ignore_result=True, producer=producer
                )
        except Exception as error:  # any broker failure: the sweep does the work instead
            _broker.failed(error)
            logger.warning("Broker unreachable; %s %s waits for the sweep", task_name, ids)
        else:
            _broker.worked()

    transaction.on_commit(send, robust=True)
