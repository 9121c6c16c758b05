"""The form: the task list, its sections, and their items."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from applications import evidence, panels, sections, selectors
from applications.entries import (
    EntryChanged,
    add_entry,
    remove_entry,
    restore_entry,
    revision,
    save_entry,
)
from applications.errors import ActionRefused
from applications.models import Application, Evidence, EvidenceStatus, SectionEntry
from applications.sections import Section
from applications.sections.base import SectionForm
from applications.sections.checks import section_url
from applications.views.common import frame, is_editable, own_application, to_application
from applications.views.rows import evidence_row
from core import clock
from core.identifiers import public_id as page_id

EDITOR_SECONDS = 12 * 60 * 60


@login_required
@require_GET
def tasks(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show what is left to do until the submit."""
    application = own_application(request, public_id)
    at = clock.now()
    if not is_editable(application, at):
        return redirect("applications:application", application.public_id)
    remarks = panels.remarks(application, at)
    groups = selectors.task_groups(application, remarks)
    all_tasks = [task for group in groups for task in group.tasks]
    context = frame(application, at)
    context["crumbs"][-1].pop("url")
    context |= {
        "groups": groups,
        "done": sum(task.status == "done" for task in all_tasks),
        "needed": sum(task.status != "optional" for task in all_tasks)
        + sum(bool(group.hint) for group in groups),
        "outlook": selectors.application_outlook(application),
        "panels": panels.collect(application, request.user, at),
    }
    return render(request, "applications/tasks.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def section(request: HttpRequest, public_id: str, code: str) -> HttpResponse:
    """Show a section: its one form, or the list of its items."""
    application = own_application(request, public_id)
    found = _section(code)
    entries = application.entries.filter(section=code)
    if not found.repeats:
        entry = entries.filter(removed_at=None).first()
        return _entry_page(request, application, found, entry)
    if request.method == "POST":
        raise Http404
    at = clock.now()
    if not is_editable(application, at):
        return redirect("applications:application", application.public_id)
    files: dict[int, int] = {}
    for entry_id in application.evidence.filter(
        section=code, status=EvidenceStatus.READY
    ).values_list("entry_id", flat=True):
        files[entry_id] = files.get(entry_id, 0) + 1
    limits = sections.limits_for(application.track, code)
    items = [
        _item(application, found, entry, number, files.get(entry.pk, 0), limits)
        for number, entry in enumerate(entries.filter(removed_at=None), 1)
    ]
    context = frame(application, at, {"label": found.title}) | {
        "section": found,
        "items": items,
        "removed": [
            {
                "title": found.heading_of(entry.data) or found.item,
                "url": reverse(
                    "applications:entry_restore",
                    args=[application.public_id, code, entry.public_id],
                ),
            }
            for entry in entries.exclude(removed_at=None)
            if entry.data
        ],
        "remarks": [
            remark.text for remark in panels.remarks(application, at) if remark.section == code
        ],
        "is_required": code in sections.required_for(application.track),
        "can_add": len(items) < limits.max_items,
        "next_section": _next(application, found),
    }
    return render(request, "applications/section.html", context)


@login_required
@require_POST
def entry_add(request: HttpRequest, public_id: str, code: str) -> HttpResponse:
    """Add an item and lead to its page."""
    application = own_application(request, public_id)
    found = _repeating(code)
    try:
        entry = add_entry(application=application, actor=request.user, section=code)
    except ActionRefused as refused:
        return to_application(request, application, refused)
    return redirect(section_url(application, found, entry))


@login_required
@require_http_methods(["GET", "POST"])
def entry(request: HttpRequest, public_id: str, code: str, entry_id: str) -> HttpResponse:
    """Show and save one item of a repeating section."""
    application = own_application(request, public_id)
    found = _repeating(code)
    item = get_object_or_404(application.entries, section=code, public_id=entry_id, removed_at=None)
    return _entry_page(request, application, found, item)


@login_required
@require_http_methods(["GET", "POST"])
def entry_remove(request: HttpRequest, public_id: str, code: str, entry_id: str) -> HttpResponse:
    """Ask whether to remove one item; remove it."""
    application = own_application(request, public_id)
    found = _repeating(code)
    item = get_object_or_404(application.entries, section=code, public_id=entry_id)
    if request.method == "POST":
        try:
            remove_entry(application=application, actor=request.user, entry=item)
        except ActionRefused as refused:
            return to_application(request, application, refused)
        if item.data:
            messages.success(request, _("已移除。需要时可以在本页下方恢复。"))
        return redirect("applications:section", application.public_id, code)
    context = frame(application, clock.now(), {"label": found.title}) | {
        "section": found,
        "title": found.heading_of(item.data) or found.item,
        "rows": [{"key": label, "value": text} for label, text in found.display(item.data)],
        "files": item.evidence.filter(status=EvidenceStatus.READY).count(),
        "back_url": reverse("applications:section", args=[application.public_id, code]),
    }
    return render(request, "applications/entry_remove.html", context)


@login_required
@require_POST
def entry_restore(request: HttpRequest, public_id: str, code: str, entry_id: str) -> HttpResponse:
    """Bring a removed item back."""
    application = own_application(request, public_id)
    _repeating(code)
    item = get_object_or_404(application.entries, section=code, public_id=entry_id)
    try:
        restore_entry(application=application, actor=request.user, entry=item)
    except ActionRefused as refused:
        return to_application(request, application, refused)
    messages.success(request, _("已恢复。"))
    return redirect("applications:section", application.public_id, code)


# --- One item's page ---------------------------------------------------------------------


def _entry_page(
    request: HttpRequest, application: Application, found: Section, item: SectionEntry | None
) -> HttpResponse:
    """Show, autosave or save one item."""
    if request.method == "POST":
        if request.headers.get("X-Autosave"):
            return _autosave(request, application, found, item)
        return _save(request, application, found, item)
    if not is_editable(application, clock.now()):
        return redirect("applications:application", application.public_id)
    data = item.data if item is not None else {}
    form = found.form_class(data) if data else found.form_class()
    if data and not request.GET.get("check"):
        form.forget_missing()
    return _render_entry(request, application, found, item, form)


def _save(
    request: HttpRequest, application: Application, found: Section, item: SectionEntry | None
) -> HttpResponse:
    """Keep what was typed, unless another page has changed the item since: then show both."""
    typed = found.typed(request.POST)
    page, seen = _page_and_revision(request, item)
    try:
        saved = save_entry(
            application=application,
            actor=request.user,
            section=found.code,
            typed=typed,
            entry=item,
            expected_revision=seen,
        )
    except EntryChanged:
        newer = application.entries.filter(section=found.code, removed_at=None)
        newer = newer.get(pk=item.pk) if item is not None else newer.first()
        return _render_entry(
            *(request, application, found, newer, found.form_class(typed)),
            refusal=_("这一项刚在另一个页面上改过，所以这次没有保存。您填写的内容还在下面。"),
            newer_rows=_newer_rows(found, newer.data, typed),
            status=409,
        )
    except ActionRefused as refused:
        form = found.form_class(typed)
        return _render_entry(
            request, application, found, item, form, refusal=str(refused), status=409
        )
    cache.set(_editor_key(saved), page, EDITOR_SECONDS)
    if "later" in request.POST:
        messages.success(request, _("已保存。"))
        return redirect("applications:tasks", application.public_id)
    if not saved.is_complete:
        form = found.form_class(saved.data)
        return _render_entry(request, application, found, saved, form, is_kept=True, status=422)
    if found.repeats:
        messages.success(request, _("已保存“%s”。") % found.heading_of(saved.data))
        return redirect("applications:section", application.public_id, found.code)
    following = _next(application, found)
    return redirect(following["url"])


def _autosave(
    request: HttpRequest, application: Application, found: Section, item: SectionEntry | None
) -> JsonResponse:
    """Keep what has been typed so far; answer what is wrong with it, not what is missing."""
    page, seen = _page_and_revision(request, item)
    try:
        saved = save_entry(
            application=application,
            actor=request.user,
            section=found.code,
            typed=found.typed(request.POST),
            entry=item,
            expected_revision=seen,
        )
    except ActionRefused as refused:
        return JsonResponse({"error": str(refused)}, status=409)
    cache.set(_editor_key(saved), page, EDITOR_SECONDS)
    form = found.form_class(saved.data)
    form.forget_missing()
    at = clock.now()
    answer: dict[str, Any] = {
        "saved_at": f"{at:%H:%M}",
        "version": f"{page}-{revision(saved)}",
        "errors": {name: list(messages_) for name, messages_ in form.errors.items()},
    }
    if selectors.is_closed_draft(application, at):
        answer["note"] = _("填报已经截止，内容已保存为草稿，不能提交。")
    return JsonResponse(answer)


def _render_entry(
    request: HttpRequest,
    application: Application,
    found: Section,
    item: SectionEntry | None,
    form: SectionForm,
    *,
    refusal: str = "",
    is_kept: bool = False,
    newer_rows: Sequence[dict[str, str]] = (),
    status: int = 200,
) -> HttpResponse:
    at = clock.now()
    here = [{"label": found.title}]
    if found.repeats:
        here[0]["url"] = reverse("applications:section", args=[application.public_id, found.code])
        here.append({"label": found.heading_of(item.data) or found.item})
    limits = sections.limits_for(application.track, found.code)
    files = list(item.evidence.all()) if item is not None else []
    seen = revision(item) if item is not None else revision(SectionEntry(data={}))
    context = frame(application, at, *here) | {
        "section": found,
        "entry": item,
        "form": form,
        "refusal": refusal,
        "is_kept": is_kept,
        "newer_rows": newer_rows,
        "remarks": [
            remark.text
            for remark in panels.remarks(application, at)
            if remark.section == found.code
            and remark.entry_id in ("", item.public_id if item is not None else "")
        ],
        "version": f"{page_id()}-{seen}",
        "limits": limits,
        "files": [
            evidence_row(file, application) for file in files if file.status == EvidenceStatus.READY
        ],
        "removed_files": _removed_files(application, files),
        "lacking": max(
            0, limits.min_files - sum(file.status == EvidenceStatus.READY for file in files)
        ),
        "upload_hint": evidence.limits_text(limits),
        "upload_url": _upload_url(application, found, item),
        "remove_url": (
            reverse(
                "applications:entry_remove",
                args=[application.public_id, found.code, item.public_id],
            )
            if found.repeats
            else ""
        ),
    }
    if found.code == "person":
        user = request.user
        context["account_rows"] = [
            {"key": label, "value": text}
            for label, text in sections.personal_rows(
                name=user.name, identity_number=user.identity_number, phone=user.phone
            )
        ]
    return render(request, "applications/entry.html", context, status=status)


def _newer_rows(
    found: Section, stored: dict[str, Any], typed: dict[str, Any]
) -> list[dict[str, str]]:
    """Return what is stored where it differs from what was typed."""
    mine = dict(found.display(typed))
    return [
        {"key": label, "value": text}
        for label, text in found.display(stored)
        if text != mine.get(label, "")
    ]


def _removed_files(application: Application, files: list[Evidence]) -> list[dict[str, str]]:
    return [
        {
            "name": file.original_name,
            "url": reverse(
                "applications:evidence_restore", args=[application.public_id, file.public_id]
            ),
        }
        for file in files
        if file.status == EvidenceStatus.REMOVED
    ]


def _upload_url(application: Application, found: Section, item: SectionEntry | None) -> str:
    if found.repeats:
        arguments = [application.public_id, found.code, item.public_id]
        return reverse("applications:entry_upload", args=arguments)
    return reverse("applications:upload", args=[application.public_id, found.code])


def _item(
    application: Application,
    found: Section,
    item: SectionEntry,
    number: int,
    files: int,
    limits: sections.Limits,
) -> dict[str, Any]:
    if not item.data:
        status, tone = _("未填写"), ""
    elif selectors.is_wrong(found, item):
        status, tone = _("有错误"), "bad"
    elif not item.is_complete:
        status, tone = _("未填完"), "accent"
    elif files < limits.min_files:
        status, tone = _("缺佐证材料"), "accent"
    else:
        status, tone = _("已完成"), "good"
    arguments = [application.public_id, found.code, item.public_id]
    return {
        "number": number,
        "title": found.heading_of(item.data) or _("未填写的%s") % found.item,
        "status": status,
        "tone": tone,
        "files": files,
        "url": reverse("applications:entry", args=arguments),
        "remove_url": reverse("applications:entry_remove", args=arguments),
    }


def _section(code: str) -> Section:
    try:
        return sections.get(code)
    except KeyError:
        raise Http404 from None


def _repeating(code: str) -> Section:
    found = _section(code)
    if not found.repeats:
        raise Http404
    return found


def _next(application: Application, found: Section) -> dict[str, Any]:
    """Return where the form goes on after a section: the next one, then the check."""
    codes = list(sections.registry)
    index = codes.index(found.code) + 1
    if index == len(codes):
        url = reverse("applications:check", args=[application.public_id])
        return {"title": _("检查并提交"), "url": url}
    following = sections.get(codes[index])
    return {"title": following.title, "url": section_url(application, following)}


def _editor_key(item: SectionEntry) -> str:
    return f"entry-editor:{item.pk}"


def _page_and_revision(request: HttpRequest, item: SectionEntry | None) -> tuple[str, str | None]:
    """Return the page that posts, and the revision over which alone it may save.

    ``version`` is "<page>-<revision>". A page may go on saving over its own last save,
    also when the answer to that was lost on the way; over another page's it may not.
    """
    page, _dash, seen = request.POST.get("version", "").partition("-")
    is_last = item is not None and bool(page) and cache.get(_editor_key(item)) == page
    return page, None if is_last or not seen else seen
