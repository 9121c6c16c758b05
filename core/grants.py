"""What the site's database role may do, given anew after every migration.

The site reads and writes rows; it owns nothing, so it can neither change a table nor take
a trigger away. In tables of :class:`core.models.AppendOnlyModel` it may only read and add.
"""

from django.apps import apps
from django.conf import settings
from django.db import connections

from core.models import AppendOnlyModel


def append_only_tables() -> list[str]:
    """Return the names of the tables whose rows are written once."""
    return sorted(
        model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnlyModel)
    )


def grant_to_site(sender=None, *, using: str = "default", **kwargs) -> None:
    """Grant the site's role what it needs; do nothing when migrating as that role."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user = %s OR to_regrole(%s) IS NULL",
            [settings.DATABASE_SITE_ROLE, settings.DATABASE_SITE_ROLE],
        )
        if cursor.fetchone()[0]:
            return
        existing = set(connection.introspection.table_names(cursor))
        quote = connection.ops.quote_name
        site = quote(settings.DATABASE_SITE_ROLE)
        schema = "IN SCHEMA public"
        # The default privileges are for what a migration adds before the next call.
        cursor.execute(
            f"""
            GRANT USAGE ON SCHEMA public TO {site};
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES {schema} TO {site};
            GRANT USAGE, SELECT ON ALL SEQUENCES {schema} TO {site};
            ALTER DEFAULT PRIVILEGES {schema} GRANT SELECT, INSERT ON TABLES TO {site};
            ALTER DEFAULT PRIVILEGES {schema} GRANT USAGE, SELECT ON SEQUENCES TO {site};
            """
        )
        for table in append_only_tables():
            if table in existing:
                cursor.execute(f"REVOKE UPDATE, DELETE ON {quote(table)} FROM {site}")
