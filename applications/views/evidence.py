"""Upload evidence, show it, remove it, bring it back."""

import logging

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from applications import sections, snapshots
from applications.errors import ActionRefused
from applications.evidence import attach_evidence, remove_evidence, restore_evidence
from applications.models import Evidence, EvidenceStatus, SectionEntry
from applications.permissions import stops_read_by, visible_to
from applications.sections.checks import section_url
from applications.views.common import frame, own_application, to_application
from applications.views.rows import evidence_row
from core import clock
from core.files import private_file_response

logger = logging.getLogger(__name__)

# How often a page asks whether the small picture is there; then it stops asking.
MAX_ASKED = 8


@login_required
@require_POST
def upload(
    request: HttpRequest, public_id: str, code: str, entry_id: str | None = None
) -> HttpResponse:
    """Take files for one item: one from the script (answers a row), any number from the form."""
    application = own_application(request, public_id)
    section = sections.registry.get(code)
    if section is None or section.repeats != (entry_id is not None):
        raise Http404
    entry = None
    if entry_id is not None:
        entry = get_object_or_404(
            application.entries, section=code, public_id=entry_id, removed_at=None
        )
    files = request.FILES.getlist("file")
    if request.headers.get("X-Upload"):
        return _answer_script(request, application, code, entry, files)
    if not files:
        messages.error(request, _("请先选择文件，再按“上传”。"))
    for file in files:
        try:
            _attach(request, application, code, entry, file)
        except (ActionRefused, ValidationError) as refused:
            messages.error(request, f"{file.name}：{_text(refused)}")
    return redirect(section_url(application, section, entry) + "#evidence")


def _answer_script(request, application, code, entry, files) -> HttpResponse:
    if len(files) != 1:
        return JsonResponse({"error": _("没有收到文件，请重新选择。")}, status=400)
    try:
        made = _attach(request, application, code, entry, files[0])
    except ActionRefused as refused:
        return JsonResponse({"error": str(refused)}, status=409)
    except ValidationError as refused:
        return JsonResponse({"error": _text(refused)}, status=422)
    context = {"file": evidence_row(made, application), "asked": 0}
    return render(request, "applications/_evidence_row.html", context, status=201)


def _attach(request, application, code, entry: SectionEntry | None, file) -> Evidence:
    return attach_evidence(
        application=application,
        actor=request.user,
        section=code,
        entry=entry,
        file=file,
        name=file.name,
    )


def _text(refused: Exception) -> str:
    return " ".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)


@login_required
@require_GET
def evidence_row_view(request: HttpRequest, public_id: str, evidence_id: str) -> HttpResponse:
    """Show one file's line anew, for a page that waits for the small picture."""
    application = own_application(request, public_id)
    found = get_object_or_404(
        application.evidence, public_id=evidence_id, status=EvidenceStatus.READY
    )
    asked = request.GET.get("asked", "")
    asked = int(asked) if asked.isdecimal() else MAX_ASKED
    context = {
        "file": evidence_row(found, application),
        "asked": min(asked + 1, MAX_ASKED),
    }
    return render(request, "applications/_evidence_row.html", context)


@login_required
@require_GET
def evidence_file(request: HttpRequest, public_id: str, evidence_id: str) -> HttpResponseBase:
    """Hand out an uploaded file to whoever may see the application."""
    found = _visible_evidence(request, public_id, evidence_id)
    if found.application.applicant_id != request.user.pk:
        logger.info(
            "Evidence %s of application %s read by user %s",
            *(found.public_id, found.application.public_id, request.user.public_id),
        )
    return private_file_response(
        name=found.file.name,
        download_name=found.original_name,
        content_type=found.content_type,
        inline=True,
    )


@login_required
@require_GET
def evidence_thumbnail(request: HttpRequest, public_id: str, evidence_id: str) -> HttpResponseBase:
    """Hand out the small picture of an uploaded photograph."""
    found = _visible_evidence(request, public_id, evidence_id)
    if not found.thumbnail:
        raise Http404
    return private_file_response(
        name=found.thumbnail.name,
        download_name="thumbnail.jpg",
        content_type="image/jpeg",
        inline=True,
    )


def _visible_evidence(request: HttpRequest, public_id: str, evidence_id: str) -> Evidence:
    application = get_object_or_404(visible_to(request.user), public_id=public_id)
    found = get_object_or_404(
        application.evidence.select_related("application"), public_id=evidence_id
    )
    if application.applicant_id != request.user.pk and not _was_given(found, request.user):
        raise Http404
    return found


def _was_given(evidence: Evidence, user: User) -> bool:
    """Say whether a snapshot that an office of ``user`` has been given names the file."""
    application = evidence.application
    given = snapshots.given_to(application, stops_read_by(user, application))
    return any(
        file["id"] == evidence.public_id
        for entries in given.values_list(f"data__sections__{evidence.section}")
        for entry in entries[0] or []
        for file in entry["evidence"]
    )


@login_required
@require_http_methods(["GET", "POST"])
def evidence_remove(request: HttpRequest, public_id: str, evidence_id: str) -> HttpResponse:
    """Ask whether to remove a file; remove it."""
    application = own_application(request, public_id)
    found = get_object_or_404(application.evidence.select_related("entry"), public_id=evidence_id)
    section = sections.get(found.section)
    back_url = section_url(application, section, found.entry)
    if request.method == "POST":
        try:
            remove_evidence(application=application, actor=request.user, evidence=found)
        except ActionRefused as refused:
            return to_application(request, application, refused)
        messages.success(request, _("已移除“%s”，需要时可以在本页下方恢复。") % found.original_name)
        return redirect(back_url)
    here = {"label": section.title, "url": back_url}
    context = frame(application, clock.now(), here, {"label": _("移除材料")}) | {
        "file": evidence_row(found, application),
        "back_url": back_url,
    }
    return render(request, "applications/evidence_remove.html", context)


@login_required
@require_POST
def evidence_restore(request: HttpRequest, public_id: str, evidence_id: str) -> HttpResponse:
    """Bring a removed file back."""
    application = own_application(request, public_id)
    found = get_object_or_404(application.evidence.select_related("entry"), public_id=evidence_id)
    back_url = section_url(application, sections.get(found.section), found.entry)
    try:
        restore_evidence(application=application, actor=request.user, evidence=found)
    except ActionRefused as refused:
        messages.error(request, str(refused))
        return redirect(back_url)
    messages.success(request, _("已恢复“%s”。") % found.original_name)
    return redirect(back_url)
