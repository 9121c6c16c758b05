"""Choose a title, begin a draft, and say where one works."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from applications import selectors
from applications.entries import choose_employer
from applications.errors import ActionRefused
from applications.filing import start_application
from applications.forms import EmployerForm
from applications.views.common import frame, own_application
from applications.workflow import Phase
from core import clock
from organisations.selectors import employers_matching
from schedules.models import OpenTitle, ScheduleStatus

MATCHES_SHOWN = 20


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List the person's own applications."""
    rows = selectors.application_rows(request.user, at=clock.now())
    return render(request, "applications/index.html", {"rows": rows})


@login_required
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """List what can be applied for, what is still to open, and what has closed."""
    schedules = selectors.open_titles(at=clock.now())
    return render(request, "applications/start.html", {"schedules": schedules})


@login_required
@require_http_methods(["GET", "POST"])
def title(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show one open title with its dates; begin a draft of it."""
    open_title = get_object_or_404(
        OpenTitle.objects.select_related("track__schedule", "title", "committee_office"),
        public_id=public_id,
        track__schedule__status=ScheduleStatus.PUBLISHED,
    )
    if request.method == "POST":
        try:
            application = start_application(applicant=request.user, open_title=open_title)
        except ActionRefused as refused:
            messages.error(request, str(refused))
            return redirect(request.path)
        if application.employer_id or application.personnel_agency_id:
            return redirect("applications:tasks", application.public_id)
        return redirect("applications:employer", application.public_id)
    track, at = open_title.track, clock.now()
    steps = [
        step
        for step in track.steps.select_related("track__schedule").order_by("order")
        if step.applies_to(open_title.title.rank)
    ]
    context = {
        "open_title": open_title,
        "track": track,
        "schedule": track.schedule,
        "choice": selectors.title_choice(open_title, track, steps[0], at),
        "outlook": selectors.outlook(steps),
        "steps": steps,
        "crumbs": [
            {"label": _("选择申报职称"), "url": reverse("applications:start")},
            {"label": open_title.title.name},
        ],
    }
    return render(request, "applications/title.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def employer(request: HttpRequest, public_id: str) -> HttpResponse:
    """Choose the employer, found by name or credit code, and the personnel agency."""
    application = own_application(request, public_id)
    at = clock.now()
    if application.phase != Phase.DRAFT:
        messages.error(request, _("申报提交以后，工作单位不能再更改。"))
        return redirect("applications:application", application.public_id)
    query = (request.POST or request.GET).get("q", "").strip()
    matches = list(employers_matching(query).select_related("supervisor")[:MATCHES_SHOWN])
    if request.htmx and request.method == "GET":
        return render(
            request,
            "applications/_employers.html",
            {"application": application, "matches": matches, "query": query},
        )
    form = EmployerForm(request.POST or None, application=application)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                changed = choose_employer(
                    application=application, actor=request.user, **form.cleaned_data
                )
            except ActionRefused as refused:
                form.add_error(None, str(refused))
            else:
                _say_route(request, changed)
                return redirect("applications:tasks", application.public_id)
        status = 422
    context = {
        **frame(application, at, {"label": _("工作单位")}),
        "form": form,
        "query": query,
        "matches": matches,
    }
    return render(request, "applications/employer.html", context, status=status)


def _say_route(request: HttpRequest, application) -> None:
    """Tell at once through which offices the file would go, or that it would find none."""
    names, refusal = selectors.route_names(application)
    if refusal:
        messages.warning(
            request, _("单位已保存，但现在还不能提交：%s请尽早联系单位或技术支持。") % refusal
        )
    else:
        messages.success(request, _("已保存。提交后依次由%s办理。") % _("、").join(names))
