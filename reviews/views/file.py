"""One file: read it, begin to check it, mark its items."""

import logging
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from applications import documents
from applications.errors import ActionRefused
from applications.timeline import build_timeline
from applications.workflow import Action, Phase
from core.templatetags.zhicheng import instant_cn
from publicity.selectors import posting_outlook
from reviews import services
from reviews.forms import CheckForm
from reviews.selectors import file as selectors
from reviews.selectors.file import DeskFile, Progress
from reviews.selectors.queue import done_label, urgency_of
from reviews.views.desk import desk_file

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Button:
    """A decision that the officer can take; ``reason`` says why it is not possible yet."""

    label: str
    url: str
    tone: str = ""
    reason: str = ""


@login_required
@require_safe
def show(request, organisation, application):
    """Show a file: only its summary until the employer opens it, then everything."""
    file = desk_file(request, organisation, application)
    if file.is_on_notice:
        return redirect("reviews:notice", organisation, application)
    return _file_page(request, file)


@login_required
@require_safe
def content(request, organisation, application):
    """Show what was submitted, also while the notice runs."""
    return _file_page(request, desk_file(request, organisation, application))


def _file_page(request, file: DeskFile):
    context = {"file": file, **page_context(file, current="file")}
    if file.is_summary_only:
        may_open = file.decision_on(Action.OPEN)
        context |= {"may_open": may_open, "opinions": _opinions(file)}
        return render(request, "reviews/summary.html", context)
    views = selectors.section_views(file)
    progress = selectors.progress_of(views)
    context |= {
        "sections": views,
        "progress": progress,
        "person": selectors.person_rows(file),
        "is_carried": file.can_check and any(_is_carried(view) for view in views),
        "changes": [diff for diff in file.diffs if diff.is_changed],
        "contact": _contact(file),
        "opinions": _opinions(file),
        "documents": documents.offers(file.application, request.user),
        "correction": file.corrections[0] if file.corrections else None,
        "may_open": file.is_under_check and not file.is_opened and file.decision_on(Action.OPEN),
        "buttons": decision_buttons(file, progress),
        "posting": (
            posting_outlook(application=file.application, route=file.route, at=file.at)
            if file.is_under_check
            else None
        ),
    }
    return render(request, "reviews/file.html", context)


def _contact(file: DeskFile) -> dict | None:
    """Return whom an office can ask at the unit of the applicant."""
    unit = file.application.employer or file.application.personnel_agency
    if unit == file.organisation:
        return None
    return {
        "organisation": unit.name,
        "name": unit.contact_name,
        "telephone": unit.contact_telephone,
    }


def _is_carried(view: selectors.SectionView) -> bool:
    return view.was_correct and not view.verdict


def page_context(file: DeskFile, *, current: str) -> dict:
    """Return what the head of every page of a file shows."""
    ids = [file.organisation.public_id, file.application.public_id]
    applied_for = file.snapshot.data["applied_for"]
    tabs = [("file" if not file.is_on_notice else "content", "file", _("申报材料"))]
    if file.application.notices.exists():
        tabs.append(("notice", "notice", _("公示与异议")))
    tabs.append(("history", "history", _("流转和意见")))
    label, tone = status_of(file)
    until = file.standing.due_at if file.is_held else None
    return {
        "tabs": [
            {
                "label": label,
                "url": reverse(f"reviews:{name}", args=ids),
                "is_current": code == current,
            }
            for name, code, label in tabs
        ],
        "crumbs": [
            {
                "label": _("待办"),
                "url": reverse("reviews:queue", args=[file.organisation.public_id]),
            },
            {"label": file.application.number},
        ],
        "applied_for": applied_for,
        "applicant_name": file.application.applicant.name,
        "status": label,
        "tone": tone,
        "until": until,
        "urgency": urgency_of(until) if until else None,
    }


def status_of(file: DeskFile) -> tuple[str, str]:
    """Return the file's state in plain words, and its tone."""
    if file.is_early:
        return _("未到办理时间"), "plain"
    if not file.is_held:
        phase = Phase(file.standing.phase)
        tones = {Phase.REJECTED: "bad", Phase.LAPSED: "bad", Phase.RETURNED: "warn"}
        return str(phase.label), tones.get(phase, "")
    if file.is_under_check:
        return (_("审核中") if file.is_opened else _("待审核")), "accent"
    return str(Phase(file.standing.phase).label), "accent"


def decision_buttons(file: DeskFile, progress: Progress | None = None) -> list[Button]:
    """Return the decisions open to the viewer; none when the role, or the time, allows none."""
    if file.is_under_check and not file.is_opened:
        return []
    ids = [file.organisation.public_id, file.application.public_id]
    buttons = []
    for action, name, tone in (
        (Action.APPROVE, "approve", ""),
        (Action.REPORT, "report", ""),
        (Action.RETURN, "return", "secondary"),
        (Action.REJECT, "refuse", "danger"),
    ):
        if not file.decision_on(action):
            continue
        reason = _unfinished(file, progress) if action == Action.APPROVE else ""
        url = reverse(f"reviews:{name}", args=ids)
        buttons.append(Button(file.label_of(action), url, tone, reason))
    return buttons


def _unfinished(file: DeskFile, progress: Progress | None) -> str:
    """Return why an approval has to wait for the checks, if it does (C20)."""
    if progress is None or not file.step.settings.get("checks_every_item"):
        return ""
    if progress.checked < progress.total:
        return _("还有%d个部分没有核对。") % (progress.total - progress.checked)
    if progress.deficient:
        return _("有%d个部分标记了问题，不能审核通过。") % progress.deficient
    return ""


@login_required
@require_safe
def history(request, organisation, application):
    """Show every stage, every opinion and every change of state."""
    file = desk_file(request, organisation, application)
    context = {
        "file": file,
        **page_context(file, current="history"),
        "stages": build_timeline(file.application, file.at),
        "opinions": _opinions(file),
        "history": [
            {
                "at": instant_cn(made.at),
                "who": str(made.organisation or _("申报人" if made.actor_id else "系统")),
                "what": done_label(made.action, made.from_step.action_labels),
                "step": made.from_step.name,
                "reason": made.reason,
            }
            for made in selectors.history_of(file.application)
        ],
        "corrections": file.corrections,
    }
    return render(request, "reviews/history.html", context)


def _opinions(file: DeskFile) -> list[dict]:
    return [
        {
            "step": opinion.step_name,
            "organisation": str(opinion.organisation),
            "did": done_label(
                opinion.transition.action, opinion.transition.from_step.action_labels
            ),
            "is_refusal": opinion.transition.action == Action.REJECT,
            "text": opinion.text,
            "at": instant_cn(opinion.given_at),
        }
        for opinion in selectors.opinions_of(file.application)
    ]


@login_required
@require_POST
def begin(request, organisation, application):
    """Begin to check a file (开始审核); from then on the applicant cannot recall it."""
    file = desk_file(request, organisation, application)
    try:
        services.open_application(
            application=file.application,
            actor=request.user,
            organisation=file.organisation,
            expected_version=_version(request),
            at=file.at,
        )
    except ActionRefused as error:
        messages.error(request, str(error))
    return redirect("reviews:file", organisation, application)


def _version(request) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() else None


@login_required
@require_POST
def check(request, organisation, application):
    """Save the finding on one section or entry; at once with htmx, else by the button."""
    file = desk_file(request, organisation, application)
    form = CheckForm(request.POST)
    error = ""
    if not form.is_valid():
        error = next(message for messages_ in form.errors.values() for message in messages_)
    else:
        error = _record(request, file, form.cleaned_data)
    code = request.POST.get("section", "")
    if not request.htmx:
        if error:
            messages.error(request, error)
        return redirect(f"{reverse('reviews:file', args=[organisation, application])}#{code}")
    views = selectors.section_views(file)
    section = next((view for view in views if view.code == code), None)
    if section is None:
        raise Http404
    progress = selectors.progress_of(views)
    context = {
        "file": file,
        "section": section,
        "sections": views,
        "entry_id": request.POST.get("entry_id", ""),
        "error": error,
        "saved_at": file.at,
        "progress": progress,
        "buttons": decision_buttons(file, progress),
    }
    return render(request, "reviews/_check_saved.html", context)


def _record(request, file: DeskFile, finding: dict) -> str:
    """Record a finding; return what went wrong, if anything."""
    if file.is_early or not file.is_opened:
        return _("请先开始审核。")
    snapshot = get_object_or_404(file.application.snapshots, number=finding["snapshot"])
    try:
        services.record_check(
            application=file.application,
            actor=request.user,
            organisation=file.organisation,
            snapshot=snapshot,
            section=finding["section"],
            entry_id=finding["entry_id"],
            verdict=finding["verdict"],
            comment=finding["comment"],
            at=file.at,
        )
    except ActionRefused as error:
        return str(error)
    return ""


@login_required
@require_POST
def carry_over(request, organisation, application):
    """Take over the findings on what has not changed since the office found it correct."""
    file = desk_file(request, organisation, application)
    unchanged = [view.code for view in selectors.section_views(file) if _is_carried(view)]
    try:
        if not file.can_check:
            raise PermissionDenied(_("您现在不能核对这份申报。"))
        count = services.carry_over_checks(
            application=file.application,
            actor=request.user,
            organisation=file.organisation,
            sections=unchanged,
            at=file.at,
        )
    except ActionRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%d个未变化的部分已沿用上次的核对结论。") % count)
    return redirect("reviews:file", organisation, application)


@login_required
@require_POST
def personal(request, organisation, application):
    """Show identity number and telephone in full to who checks the file; the reading is logged."""
    file = desk_file(request, organisation, application)
    if not (file.can_check or (file.is_on_notice and file.decision_on(Action.RETURN))):
        raise PermissionDenied(_("只有正在办理这份申报的审核人员可以查看完整号码。"))
    logger.info(
        "Personal data of application %s shown to user %s for organisation %s",
        file.application.public_id,
        request.user.public_id,
        file.organisation.public_id,
    )
    context = {"file": file, "person": selectors.person_rows(file, unmasked=True)}
    if request.htmx:
        return render(request, "reviews/_person.html", context)
    context |= page_context(file, current="")
    return render(request, "reviews/person.html", context)
