"""Tables whose rows are written once.

``operations = [..., append_only("applications_transition")]`` in a migration installs a
row trigger that refuses UPDATE and DELETE to every role, the owner included. There is no
TRUNCATE trigger: it would break the flushing of test databases, and the site's role may
not truncate anyway.

What is past its retention is erased by the owner of the table, who says so first::

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL zhicheng.retention = 'on'")
        cursor.execute("DELETE FROM ...")

From any other role the setting changes nothing.
"""

import re

from django.db import migrations

_FUNCTION = """
CREATE OR REPLACE FUNCTION zhicheng_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('zhicheng.retention', true) = 'on' AND current_user = (
        SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID
    ) THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; ELSE RETURN NEW; END IF;
    END IF;
    RAISE EXCEPTION '% of % refused: its rows are written once', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""


def append_only(table: str) -> migrations.RunSQL:
    """Return the migration operation that makes ``table`` refuse UPDATE and DELETE.

    A refused statement raises ``django.db.IntegrityError``.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", table):
        raise ValueError(f"Not the name of a table: {table!r}")
    return migrations.RunSQL(
        sql=[
            (_FUNCTION, None),
            (
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION zhicheng_refuse_change()",
                None,
            ),
        ],
        reverse_sql=f"DROP TRIGGER append_only ON {table}",
    )
