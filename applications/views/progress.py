"""Where an application stands, and what its applicant can do about it."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from applications import deadlines, documents, panels, selectors
from applications.deadlines import Standing
from applications.errors import ActionRefused
from applications.filing import recall_application, urge_holder, withdraw_application
from applications.forms import WithdrawalForm
from applications.models import Application
from applications.progress import progress_of
from applications.timeline import build_history, build_timeline, current_stage, last_stage
from applications.views.common import frame, own_application, to_application, version_of
from applications.workflow import EDITABLE, Phase
from core import clock


@login_required
@require_GET
def application(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show every stage, whose turn it is and until when (C41, C42)."""
    at = clock.now()
    found = progress_of(request.user, public_id, at=at)
    if found is None:
        raise Http404
    standing = deadlines.standing(found, at)
    stages = build_timeline(found, at, for_applicant=True)
    context = _head(found, at, standing) | {
        "standing": standing,
        "stages": stages,
        "stage": current_stage(stages),
        "ended": last_stage(stages),
        "is_complete": standing.phase == Phase.REGISTERED,
        "panels": panels.collect(found, request.user, at),
        "urging": selectors.urge_state(found, standing, at),
        "can_edit": standing.phase in EDITABLE,
        "can_recall": selectors.can_recall(found, standing, at),
        "can_withdraw": selectors.can_withdraw(found, standing),
    }
    return render(request, "applications/application.html", context)


@login_required
@require_GET
def records(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show what has happened, and the receipts."""
    found = own_application(request, public_id)
    at = clock.now()
    context = _head(found, at, deadlines.standing(found, at)) | {"history": build_history(found)}
    return render(request, "applications/records.html", context)


@login_required
@require_GET
def documents_page(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show the forms that can be printed now."""
    found = own_application(request, public_id)
    at = clock.now()
    context = _head(found, at, deadlines.standing(found, at))
    context["documents"] = documents.offers(found)
    return render(request, "applications/documents.html", context)


def _head(found: Application, at: dt.datetime, standing: Standing) -> dict[str, Any]:
    """Return what the head and the tabs of an application's pages show."""
    is_unfiled = selectors.is_closed_draft(found, at)
    arguments = [found.public_id]
    return {
        "application": found,
        "is_closed_draft": is_unfiled,
        "crumbs": [
            {"label": _("我的申报"), "url": reverse("applications:index")},
            {"label": found.open_title.title.name},
        ],
        "phase": _("未提交") if is_unfiled else Phase(standing.phase).label,
        "tone": selectors.tone_of(standing, is_unfiled=is_unfiled),
        "receipt": f"{found.number}-{found.submissions:02d}" if found.submissions else "",
        "tabs": [
            {"label": _("进度"), "url": reverse("applications:application", args=arguments)},
            {"label": _("办理记录"), "url": reverse("applications:records", args=arguments)},
            {"label": _("打印表格"), "url": reverse("applications:documents", args=arguments)},
        ],
    }


@login_required
@require_POST
def urge(request: HttpRequest, public_id: str) -> HttpResponse:
    """Urge whoever holds the file (C43)."""
    found = own_application(request, public_id)
    try:
        urged = urge_holder(application=found, actor=request.user)
    except ActionRefused as refused:
        return to_application(request, found, refused)
    messages.success(
        request,
        _("已提醒%(who)s尽快办理。联系人 %(name)s，电话 %(telephone)s。明天可以再次催办。")
        % {"who": urged, "name": urged.contact_name, "telephone": urged.contact_telephone},
    )
    return redirect("applications:application", found.public_id)


@login_required
@require_http_methods(["GET", "POST"])
def recall(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask whether to take the file back for changes; take it back."""
    found = own_application(request, public_id)
    if request.method == "POST":
        try:
            recall_application(
                application=found, actor=request.user, expected_version=version_of(request)
            )
        except ActionRefused as refused:
            return to_application(request, found, refused)
        messages.success(request, _("已撤回。修改后请记得重新提交。"))
        return redirect("applications:tasks", found.public_id)
    at = clock.now()
    if not selectors.can_recall(found, deadlines.standing(found, at), at):
        return to_application(request, found, _("单位已经开始审核，或者填报已经截止，不能撤回。"))
    context = frame(found, at, {"label": _("撤回修改")})
    return render(request, "applications/recall.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask whether to end the application for good; end it."""
    found = own_application(request, public_id)
    form = WithdrawalForm(request.POST or None, label_suffix="")
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                withdraw_application(
                    application=found,
                    actor=request.user,
                    reason=form.cleaned_data["reason"],
                    expected_version=version_of(request),
                )
            except ActionRefused as refused:
                return to_application(request, found, refused)
            messages.success(request, _("已撤销申报。"))
            return redirect("applications:application", found.public_id)
        status = 422
    at = clock.now()
    if not selectors.can_withdraw(found, deadlines.standing(found, at)):
        return to_application(request, found, _("现在的状态不能撤销申报。"))
    context = frame(found, at, {"label": _("撤销申报")}) | {"form": form}
    return render(request, "applications/withdraw.html", context, status=status)
