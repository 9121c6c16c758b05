"""Make the bare project's tables, a user with 10,000 rows among 100,000, and a session.

Prints the session's key as JSON.
"""

import datetime as dt
import json
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.bare.settings"

import django

# ruff: noqa: E402 - models can be imported only once Django is set up
django.setup()

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.cached_db import SessionStore
from django.core.management import call_command
from django.db import connection

from bench.bare.models import Row

FIRST = dt.datetime(2020, 11, 17, tzinfo=dt.UTC)


def main() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS bare")
    call_command("migrate", verbosity=0)
    if Row._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.create_model(Row)
    if not User.objects.exists():
        users = User.objects.bulk_create(User(username=f"user{n}") for n in range(10))
        for owner in users:
            Row.objects.bulk_create(
                Row(
                    owner=owner,
                    name=f"申报人{n:06d}",
                    number=f"2020{n:07d}",
                    title="正高级工程师",
                    due_at=FIRST + dt.timedelta(minutes=n),
                )
                for n in range(10_000)
            )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    user = User.objects.earliest("pk")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    print(json.dumps({"session": session.session_key}))


if __name__ == "__main__":
    main()
