"""A signed-in person's own page: their applications, and the desks they act at."""

import datetime as dt
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.models import User
from applications.models import Application
from applications.selectors import application_rows
from core import clock
from core.templatetags.zhicheng import days_left, until_short
from organisations.selectors import live_grants, organisations_of


@dataclass(frozen=True)
class Desk:
    """An organisation for which the person acts: what waits there, and where."""

    name: str
    kind: str
    queue_url: str
    counter_url: str
    waiting: int
    due: str
    is_near: bool


@login_required
@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show a signed-in person everything that waits for them."""
    at = clock.now()
    rows = application_rows(request.user, at=at)
    context = {
        "rows": rows,
        "desks": desks_of(request.user, at=at),
        "has_live_application": any(row.is_live for row in rows),
    }
    return render(request, "portal/dashboard.html", context)


def desks_of(user: User, *, at: dt.datetime) -> list[Desk]:
    """Return the desks of a person, with how many files can be acted on and until when."""
    grants = live_grants(user)
    if not grants.by_organisation:
        return []
    waiting = {
        row["holder"]: row
        for row in Application.objects.filter(
            holder__in=grants.organisations_with("view_applications"),
            due_at__gt=at,  # what is past is settled, whether the worker has recorded it or not
            step__opens_at__lte=at,
        )
        .values("holder")
        .annotate(files=Count("pk"), next_due_at=Min("due_at"))
    }
    desks = []
    for organisation in organisations_of(user):
        row = waiting.get(organisation.pk, {"files": 0, "next_due_at": None})
        sees = grants.has("view_applications", organisation.pk)
        takes_payments = grants.has("take_payments", organisation.pk)
        due_at = row["next_due_at"]
        desks.append(
            Desk(
                name=organisation.name,
                kind=organisation.get_kind_display(),
                queue_url=reverse("reviews:queue", args=[organisation.public_id]) if sees else "",
                counter_url=(
                    reverse("payments:counter", args=[organisation.public_id])
                    if takes_payments
                    else ""
                ),
                waiting=row["files"],
                due=until_short(due_at),
                is_near=due_at is not None and days_left(due_at) <= 3,
            )
        )
    return desks
