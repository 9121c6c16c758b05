"""What the bench does inside the site's own Django; run as ``python -m bench.inside WHAT``.

``prepare``: sessions of the people who look at the measured pages, as JSON.
``queries``: how many queries each page runs, and the plan of the slowest, as JSON.
``profile``: where the time of each page goes.
"""

import cProfile
import json
import pstats
import re
import sys
from collections import Counter
from pathlib import Path

import django

# ruff: noqa: E402 - models can be imported only once Django is set up
django.setup()

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from applications.models import Application
from applications.workflow import Phase
from organisations.models import Membership, OrganisationKind

BIG_TABLES = (
    *("applications_application", "applications_routestop", "applications_transition"),
    *("applications_snapshot", "accounts_user", "publicity_notice", "payments_feeorder"),
)
ROUNDS = 100
_EXECUTION_TIME = re.compile(r"Execution Time: ([0-9.]+) ms")


def measured_pages() -> dict[str, tuple[User, str]]:
    """Return the pages that the bench loads: who looks, and the address."""
    application = Application.objects.filter(phase=Phase.UNDER_REVIEW).earliest("pk")
    office = _membership(OrganisationKind.DISTRICT_TITLE_OFFICE)
    return {
        "applicant": (
            application.applicant,
            reverse("applications:application", args=[application.public_id]),
        ),
        "queue": (office.user, reverse("reviews:queue", args=[office.organisation.public_id])),
    }


def counted_pages() -> dict[str, tuple[User, str]]:
    """Return the pages whose queries are counted: every kind of desk, and more of an applicant."""
    pages = measured_pages()
    for kind in (
        OrganisationKind.EMPLOYER,
        OrganisationKind.DISTRICT_AUTHORITY,
        OrganisationKind.MUNICIPAL_AUTHORITY,
        OrganisationKind.COMMITTEE_OFFICE,
    ):
        desk = _membership(kind)
        url = reverse("reviews:queue", args=[desk.organisation.public_id])
        pages[f"queue of {kind}"] = (desk.user, url)
    for phase in (Phase.DRAFT, Phase.ON_NOTICE, Phase.RETURNED, Phase.FEE_DUE, Phase.REGISTERED):
        application = Application.objects.filter(phase=phase).earliest("pk")
        url = reverse("applications:application", args=[application.public_id])
        pages[f"applicant, {phase}"] = (application.applicant, url)
    applicant = pages["applicant"][0]
    pages["applicant's list"] = (applicant, reverse("applications:index"))
    return pages


def _membership(kind: str) -> Membership:
    """Return the membership that ``manage.py fill`` made in the busiest office of a kind."""
    found = Membership.objects.select_related("user", "organisation")
    return found.filter(organisation__kind=kind).earliest("pk")


def prepare() -> None:
    sessions = {}
    for name, (user, url) in measured_pages().items():
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        sessions[name] = {"session": session.session_key, "path": url}
    print(json.dumps(sessions))


def _client(user: User) -> Client:
    client = Client(headers={"accept-language": "zh-CN", "x-forwarded-proto": "https"})
    client.force_login(user)
    return client


def _get(client: Client, url: str):
    response = client.get(url)
    if response.status_code != 200:
        sys.exit(f"{url}: {response.status_code}")
    return response


def queries() -> None:
    """Count the queries of each page once it is warm, and explain the slowest of all."""
    counts, slowest = {}, (0.0, "", "")
    for name, (user, url) in counted_pages().items():
        client = _client(user)
        _get(client, url)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            _get(client, url)
        counts[name] = len(captured)
        for query in captured.captured_queries:
            if query["sql"].lstrip("(").upper().startswith("SELECT"):
                milliseconds = _time_of(query["sql"])
                if milliseconds > slowest[0]:
                    slowest = (milliseconds, name, query["sql"])
    plan = _plan_of(slowest[2])
    print(
        json.dumps(
            {
                "counts": counts,
                "slowest": {"page": slowest[1], "milliseconds": slowest[0], "sql": slowest[2]},
                "plan": plan,
                "whole_tables": [
                    table for table in BIG_TABLES if any(f"Seq Scan on {table}" in x for x in plan)
                ],
            }
        )
    )


def _time_of(sql: str) -> float:
    """Return the milliseconds that PostgreSQL takes for a query, the best of three."""
    return min(float(_EXECUTION_TIME.search(_plan_of(sql)[-1])[1]) for _attempt in range(3))


def _plan_of(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}")
        return [line for (line,) in cursor.fetchall()]


def profile() -> None:
    """Print, for each measured page, where its time goes, in parts of the whole."""
    for name, (user, url) in measured_pages().items():
        client = _client(user)
        for _warm in range(10):
            _get(client, url)
        profiler = cProfile.Profile()
        for _round in range(ROUNDS):
            profiler.runcall(_get, client, url)
        parts: Counter[str] = Counter()
        stats = pstats.Stats(profiler).stats
        for (file, _line, function), (_calls, _same, own, _all, _callers) in stats.items():
            parts[_part_of(file, function)] += own
        whole = sum(parts.values())
        print(f"\n{name}: {1000 * whole / ROUNDS:.1f} ms under the profiler")
        for part, seconds in parts.most_common():
            print(f"  {100 * seconds / whole:5.1f} %  {part}")


def _part_of(file: str, function: str) -> str:
    """Name the part of the site that a function belongs to."""
    if "psycopg2" in function or "psycopg2" in file:
        return "PostgreSQL and its driver"
    parts = Path(file).parts
    if str(settings.BASE_DIR) in file and "site-packages" not in parts:
        return f"ours: {Path(file).relative_to(settings.BASE_DIR).parts[0]}"
    for package, name in (
        ("template", "Django templates"),
        ("db", "Django ORM"),
        ("test", "the test client"),
    ):
        if "django" in parts and package in parts:
            return name
    for package in ("redis", "cryptography", "guardian", "allauth", "simple_history", "csp"):
        if package in parts:
            return package
    if "django" in parts:
        return "Django, the rest"
    return "Python and its library"


if __name__ == "__main__":
    {"prepare": prepare, "queries": queries, "profile": profile}[sys.argv[1]]()
