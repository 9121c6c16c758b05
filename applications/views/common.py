"""What the applicant's pages have in common."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from applications import deadlines, selectors
from applications.models import Application
from applications.workflow import EDITABLE


def own_application(request: HttpRequest, public_id: str) -> Application:
    """Return the signed-in person's application; anybody else's is a 404."""
    found = get_object_or_404(
        Application.objects.select_related(
            "schedule", "track", "open_title__title", "step", "employer", "personnel_agency"
        ),
        public_id=public_id,
        applicant=request.user,
    )
    found.applicant = request.user
    return found


def is_editable(application: Application, at: dt.datetime) -> bool:
    """Say whether the working copy is open, with due automatic transitions applied."""
    return deadlines.standing(application, at).phase in EDITABLE


def frame(application: Application, at: dt.datetime, *here: dict[str, Any]) -> dict[str, Any]:
    """Return what every page of one application shows: breadcrumbs, whether it is too late.

    ``here`` are the breadcrumbs below the task list.
    """
    return {
        "application": application,
        "is_closed_draft": selectors.is_closed_draft(application, at),
        "crumbs": [
            {"label": _("我的申报"), "url": reverse("applications:index")},
            {
                "label": application.open_title.title.name,
                "url": reverse("applications:tasks", args=[application.public_id]),
            },
            *here,
        ],
    }


def to_application(request: HttpRequest, application: Application, error: object) -> HttpResponse:
    """Lead to the application's page with the reason why something was not done."""
    messages.error(request, str(error))
    return redirect("applications:application", application.public_id)


def version_of(request: HttpRequest) -> int | None:
    """Return the version of the application that the page showed."""
    posted = request.POST.get("version", "")
    return int(posted) if posted.isdecimal() else None
