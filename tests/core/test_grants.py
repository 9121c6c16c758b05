"""What the site's database role may do after a migration."""

import pytest
from django.apps import apps
from django.db import connection

from core.grants import append_only_tables, grant_to_site

pytestmark = pytest.mark.django_db

KINDS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER")


def privileges_of_the_site(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind FROM unnest(%s) AS kind "
            "WHERE has_table_privilege('zhicheng_site', quote_ident(%s), kind)",
            [list(KINDS), table],
        )
        return {kind for (kind,) in cursor.fetchall()}


def test_site_role_writes_rows_and_nothing_more():
    once = set(append_only_tables())
    for model in apps.get_models():
        table = model._meta.db_table
        if not model._meta.managed:
            continue
        expected = {"SELECT", "INSERT"} if table in once else set(KINDS[:4])
        assert privileges_of_the_site(table) == expected, table


def test_site_role_owns_no_table():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = 'zhicheng_site'")
        assert cursor.fetchone() == (0,)


def test_grant_without_a_site_role_does_nothing(settings):
    settings.DATABASE_SITE_ROLE = "nobody_of_that_name"
    grant_to_site()


def test_grant_as_the_site_itself_does_nothing(settings):
    settings.DATABASE_SITE_ROLE = "zhicheng_owner"
    grant_to_site()
