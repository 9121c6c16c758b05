"""Rows that are written once, for whoever asks."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from core.grants import append_only_tables
from core.triggers import append_only

pytestmark = pytest.mark.django_db


@pytest.fixture
def journal():
    """A table of one row that was declared append-only, and left open to the site."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE journal (entry text)")
        for statement, _ in append_only("journal").sql:
            cursor.execute(statement)
        cursor.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON journal TO zhicheng_site")
        cursor.execute("INSERT INTO journal VALUES ('first')")


def run(*statements: str, role: str = "zhicheng_owner") -> None:
    """Run ``statements`` as ``role``, in a transaction of their own."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("RESET ROLE")


def entries() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT entry FROM journal ORDER BY entry")
        return [entry for (entry,) in cursor.fetchall()]


@pytest.mark.parametrize("role", ["zhicheng_owner", "zhicheng_site"])
@pytest.mark.parametrize("statement", ["UPDATE journal SET entry = 'x'", "DELETE FROM journal"])
def test_row_changed_by_either_role_is_refused(journal, role, statement):
    with pytest.raises(IntegrityError, match="journal refused: its rows are written once"):
        run(statement, role=role)
    assert entries() == ["first"]


def test_row_added_by_the_site_stays(journal):
    run("INSERT INTO journal VALUES ('second')", role="zhicheng_site")
    assert entries() == ["first", "second"]


def test_retention_by_the_owner_passes(journal):
    run("SET LOCAL zhicheng.retention = 'on'", "DELETE FROM journal")
    assert entries() == []


def test_retention_by_the_site_is_refused(journal):
    with pytest.raises(IntegrityError):
        run(
            "SET LOCAL zhicheng.retention = 'on'",
            "DELETE FROM journal",
            role="zhicheng_site",
        )
    assert entries() == ["first"]


def test_retention_ends_with_its_transaction(journal):
    # The test itself is a transaction; a savepoint that is rolled back ends the setting too.
    with transaction.atomic():
        point = transaction.savepoint()
        run("SET LOCAL zhicheng.retention = 'on'")
        transaction.savepoint_rollback(point)
    with pytest.raises(IntegrityError):
        run("DELETE FROM journal")


@pytest.mark.parametrize("table", ["a; DROP TABLE b", "Upper", "", 'a"b'])
def test_append_only_of_what_is_no_table_name_is_refused(table):
    with pytest.raises(ValueError, match="Not the name of a table"):
        append_only(table)


def test_every_append_only_model_has_its_trigger():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE tgname = 'append_only' ORDER BY relname"
        )
        guarded = [table for (table,) in cursor.fetchall()]
    assert guarded == append_only_tables()
    assert guarded


def test_append_only_tables_grant_the_site_reading_and_adding_only():
    for table in append_only_tables():
        with pytest.raises(ProgrammingError, match="permission denied"):
            run(f"UPDATE {table} SET id = id", role="zhicheng_site")
        with pytest.raises(ProgrammingError, match="permission denied"):
            run(f"DELETE FROM {table}", role="zhicheng_site")
        run(f"SELECT count(*) FROM {table}", role="zhicheng_site")
