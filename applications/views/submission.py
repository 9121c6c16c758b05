"""Check the answers, commit to them, submit, and get a receipt."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from applications import commitment, comparison, sections, selectors
from applications.errors import ActionRefused, IncompleteApplication, NoReviewer
from applications.filing import submit_application
from applications.forms import CommitmentForm
from applications.models import Application, EvidenceStatus, SectionEntry
from applications.sections.checks import section_url
from applications.timeline import build_timeline, current_stage
from applications.views.common import frame, is_editable, own_application, version_of
from applications.views.rows import evidence_row
from applications.workflow import Action, Phase
from core import clock
from organisations.models import Organisation


@login_required
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show all answers and all problems; submit."""
    application = own_application(request, public_id)
    if request.method == "POST":
        return _submit(request, application)
    if not is_editable(application, clock.now()):
        return redirect("applications:application", application.public_id)
    return _render(request, application, CommitmentForm(label_suffix=""))


def _submit(request: HttpRequest, application: Application) -> HttpResponse:
    form = CommitmentForm(request.POST, label_suffix="")
    if not form.is_valid():
        return _render(request, application, form, status=422)
    content_version = request.POST.get("content_version", "")
    try:
        result = submit_application(
            application=application,
            actor=request.user,
            expected_version=version_of(request),
            content_version=int(content_version) if content_version.isdecimal() else None,
        )
    except IncompleteApplication:
        return _render(request, application, form, status=422)
    except NoReviewer as refused:
        advice = _(
            "请联系单位，由主管部门补充隶属关系；也可以拨打页面下方的技术支持电话。内容都已保存。"
        )
        return _render(request, application, form, refusal=f"{refused}{advice}", status=409)
    except ActionRefused as refused:
        application.refresh_from_db()
        if is_editable(application, clock.now()):
            return _render(request, application, form, refusal=str(refused), status=409)
        return _render_refused(request, application, refused)
    return redirect("applications:receipt", application.public_id, result.transition.receipt_number)


def _render_refused(
    request: HttpRequest, application: Application, refused: ActionRefused
) -> HttpResponse:
    context = frame(application, clock.now(), {"label": _("提交")}) | {"refusal": str(refused)}
    return render(request, "applications/refused.html", context, status=409)


def _render(
    request: HttpRequest,
    application: Application,
    form: CommitmentForm,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    # What is shown and the versions sent along are of one moment: a change in between
    # raises the content version, and the submit asks to look again.
    application.refresh_from_db(fields=["version", "content_version", "phase"])
    at = clock.now()
    context = frame(application, at, {"label": _("检查并提交")}) | {
        "form": form,
        "refusal": refusal,
        "problems": sections.problems(application),
        "groups": _answers(request, application),
        "applied_for": _applied_for(application),
        "commitment": commitment.PARAGRAPHS,
        "outlook": selectors.application_outlook(application),
        "is_correction": application.phase == Phase.RETURNED,
        "can_submit": not selectors.is_closed_draft(application, at),
    }
    if application.phase == Phase.RETURNED:
        last = application.snapshots.order_by("-number").first()
        context["diffs"] = comparison.changed(
            comparison.compare_with_working_copy(last, application)
        )
    return render(request, "applications/check.html", context, status=status)


def _applied_for(application: Application) -> list[dict[str, Any]]:
    title = application.open_title.title
    rows = [
        (_("申报职称"), title.name),
        (_("系列"), " · ".join(filter(None, [title.series, title.specialty]))),
        (_("级别"), title.get_rank_display()),
        (_("评审委员会办公室"), application.open_title.committee_office),
        (_("申报通道"), application.track.name),
        (_("工作单位"), _name(application.employer)),
        (_("人事代理机构"), _name(application.personnel_agency) or _("无")),
    ]
    if application.track.eligibility_claim:
        claim = _("已声明：%s") % application.track.eligibility_claim
        rows.append((_("申报资格"), claim if application.claims_eligibility else ""))
    return [{"key": label, "value": value} for label, value in rows]


def _name(organisation: Organisation | None) -> str:
    return organisation.name if organisation else ""


def _answers(request: HttpRequest, application: Application) -> list[dict[str, Any]]:
    """Return every section with its items as rows of a summary list."""
    files: dict[int | None, list] = {}
    for file in application.evidence.filter(status=EvidenceStatus.READY):
        files.setdefault(file.entry_id, []).append(evidence_row(file, application))
    entries: dict[str, list[SectionEntry]] = {}
    for entry in application.entries.filter(removed_at=None):
        entries.setdefault(entry.section, []).append(entry)
    user = request.user
    account = sections.personal_rows(
        name=user.name, identity_number=user.identity_number, phone=user.phone
    )
    shown = []
    for section in sections.registry.values():
        items = []
        for entry in entries.get(section.code, []):
            rows = section.display(entry.data)
            items.append(
                {
                    "title": section.heading_of(entry.data) if section.repeats else "",
                    "rows": [{"key": label, "value": text} for label, text in rows],
                    "files": files.get(entry.pk, []),
                    "url": section_url(application, section, entry),
                }
            )
        shown.append(
            {
                "section": section,
                "items": items,
                "url": section_url(application, section),
                "account": (
                    [{"key": label, "value": text} for label, text in account]
                    if section.code == "person"
                    else []
                ),
            }
        )
    return shown


@login_required
@require_GET
def receipt(request: HttpRequest, public_id: str, number: str) -> HttpResponse:
    """Show the receipt of one submit, and what happens next."""
    application = own_application(request, public_id)
    made = get_object_or_404(
        application.transitions.filter(action__in=[Action.SUBMIT, Action.RESUBMIT]),
        receipt_number=number,
    )
    at = clock.now()
    stages = build_timeline(application, at, for_applicant=True)
    context = frame(application, at, {"label": _("提交回执")}) | {
        "made": made,
        "stage": current_stage(stages),
        "is_latest": made.sequence == application.version,
    }
    return render(request, "applications/receipt.html", context)
