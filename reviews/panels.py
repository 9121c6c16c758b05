"""What the applicant sees of reviews: what must be corrected, and why something was refused."""

import datetime as dt
from dataclasses import dataclass
from itertools import groupby

from accounts.models import User
from applications import comparison, deadlines, panels, sections
from applications.models import Application
from applications.panels import Panel, Remark
from applications.sections.checks import section_url
from applications.workflow import Action, Phase
from reviews.models import CorrectionNotice, Deficiency, Opinion


@dataclass(frozen=True)
class Task:
    """The deficiencies of one place of the form, with the way to it."""

    title: str
    url: str
    texts: list[str]
    is_material: bool


def correction_panel(application: Application, viewer: User, at: dt.datetime) -> Panel | None:
    """Return what must be corrected, until when, and what has been changed so far."""
    if deadlines.standing(application, at).phase != Phase.RETURNED:
        return None
    notice = (
        application.correction_notices.select_related("organisation", "snapshot", "transition")
        .prefetch_related("deficiencies")
        .last()
    )
    if notice is None:
        return None
    changes = comparison.changed(comparison.compare_with_working_copy(notice.snapshot, application))
    context = {
        "notice": notice,
        "tasks": _tasks(application, notice),
        "changes": changes,
        "changes_notice": any(diff.is_material for diff in changes),
    }
    return {"template": "reviews/_correction_panel.html", "context": context}


def _tasks(application: Application, notice: CorrectionNotice) -> list[Task]:
    """Return the deficiencies by place, in the order of the form."""
    order = list(sections.registry)
    listed = sorted(notice.deficiencies.all(), key=lambda item: order.index(item.section))
    frozen = notice.snapshot.data["sections"]
    tasks = []
    for (code, entry_id), items in groupby(listed, key=lambda item: (item.section, item.entry_id)):
        found: list[Deficiency] = list(items)
        title, url = _place(application, frozen, code, entry_id)
        texts = [item.text for item in found]
        tasks.append(Task(title, url, texts, any(item.is_material for item in found)))
    return tasks


def _place(application: Application, frozen: dict, code: str, entry_id: str) -> tuple[str, str]:
    section = sections.get(code)
    entry = application.entries.filter(public_id=entry_id).first() if entry_id else None
    item = next((each for each in frozen.get(code, []) if each["id"] == entry_id), None)
    heading = sections.heading(code, item["data"]) if item else ""
    title = f"{section.title} · {heading}" if heading else str(section.title)
    return title, section_url(application, section, entry)


def refusal_panel(application: Application, viewer: User, at: dt.datetime) -> Panel | None:
    """Return why the application was refused for good, and by whom."""
    if application.phase != Phase.REJECTED:
        return None
    opinion = (
        Opinion.objects.filter(application=application, transition__action=Action.REJECT)
        .select_related("organisation", "transition__from_step")
        .last()
    )
    if opinion is None:
        return None
    labels = opinion.transition.from_step.action_labels
    context = {
        "opinion": opinion,
        "did": labels.get(Action.REJECT) or str(Action.REJECT.label),
        "contact": opinion.organisation,
    }
    return {"template": "reviews/_refusal_panel.html", "context": context}


def earlier_returns_panel(application: Application, viewer: User, at: dt.datetime) -> Panel | None:
    """Return the returns that have been corrected, with all that was asked for."""
    if application.extended_through is None:
        return None  # it has never been returned: no query
    notices = list(
        application.correction_notices.select_related("organisation", "transition")
        .prefetch_related("deficiencies")
        .order_by("-pk")
    )
    if deadlines.standing(application, at).phase == Phase.RETURNED:
        notices = notices[1:]
    if not notices:
        return None
    return {"template": "reviews/_returns_panel.html", "context": {"notices": notices}}


def deficiency_remarks(application: Application, at: dt.datetime) -> list[Remark]:
    """Return the deficiencies of the running correction, for the pages of the form."""
    notice = application.correction_notices.prefetch_related("deficiencies").last()
    if notice is None:
        return []
    return [Remark(item.section, item.entry_id, item.text) for item in notice.deficiencies.all()]


panels.register("reviews.correction", correction_panel)
panels.register("reviews.refusal", refusal_panel)
panels.register("reviews.earlier_returns", earlier_returns_panel)
panels.register_remarks(deficiency_remarks)
