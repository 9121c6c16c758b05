"""Tell a load balancer, or a person, whether this process can serve."""

import logging
from collections.abc import Callable

from celery import current_app
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError as BrokerError

logger = logging.getLogger(__name__)

# Once true, true for the life of the process: migrations are not taken back under it.
_migrated = False


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, migrations and broker are in order, otherwise 503.

    The body names each part with "ok" or what is wrong with it; no addresses, no versions.
    """
    parts = {
        "database": _state(_check_database),
        "migrations": _state(_check_migrations),
        "broker": _state(_check_broker),
    }
    healthy = set(parts.values()) == {"ok"}
    return JsonResponse({"healthy": healthy, **parts}, status=200 if healthy else 503)


def _state(check: Callable[[], str]) -> str:
    try:
        return check()
    except (DatabaseError, BrokerError, OSError):
        logger.exception("Health check failed")
        return "does not answer"


def _check_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _check_migrations() -> str:
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if waiting:
            return f"{len(waiting)} not applied"
        _migrated = True
    return "ok"


def _check_broker() -> str:
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1)
    return "ok"
