"""One file on an office's desk: whose turn it is, what may be done, and what it contains."""

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from applications import comparison, deadlines, permissions, sections, snapshots, workflow
from applications.deadlines import Standing
from applications.errors import WindowClosed, WindowNotOpen
from applications.models import Application, RouteStop, Snapshot, Transition
from applications.permissions import Decision
from applications.snapshots import personal_of
from applications.workflow import Action, Phase
from core.text import mask_identity_number, mask_mobile
from organisations.models import Organisation
from organisations.selectors import live_grants
from reviews.models import CorrectionNotice, ItemCheck, Opinion, Verdict
from reviews.selectors.queue import DECISIONS
from reviews.services import findings_of


@dataclass
class DeskFile:
    """An application as one office's person sees it at an instant.

    ``stop`` is the office's own stop: the current one while it holds the file, otherwise
    the last that the file reached.
    """

    organisation: Organisation
    application: Application
    viewer: User
    at: dt.datetime
    route: list[RouteStop]
    stop: RouteStop
    standing: Standing

    @property
    def step(self):
        """Return the step at which the application stands."""
        return self.application.step

    @property
    def is_held(self) -> bool:
        """Say whether it is this office's turn."""
        return self.standing.holder_id == self.organisation.pk

    @property
    def is_early(self) -> bool:
        """Say whether the file has arrived before its step opens."""
        return self.is_held and self.at < self.step.opens_at

    @property
    def is_own(self) -> bool:
        """Say whether the viewer is the applicant, and so must stand aside."""
        return self.viewer.pk == self.application.applicant_id

    @property
    def is_opened(self) -> bool:
        """Say whether the office has begun to check the file."""
        return self.stop.opened_at is not None

    @property
    def is_under_check(self) -> bool:
        """Say whether the office holds the file in order to check it (not to post a notice)."""
        return self.is_held and self.standing.phase in (Phase.SUBMITTED, Phase.UNDER_REVIEW)

    @property
    def is_on_notice(self) -> bool:
        """Say whether the office holds the file with a notice that runs or has cleared."""
        return self.is_held and self.standing.phase in (Phase.ON_NOTICE, Phase.NOTICE_CLEARED)

    @property
    def is_summary_only(self) -> bool:
        """Say whether the content stays closed: the applicant can still recall the file."""
        return self.standing.phase == Phase.SUBMITTED and self.is_held and not self.is_opened

    @cached_property
    def can_check(self) -> bool:
        """Say whether the viewer may mark items now."""
        may_review = live_grants(self.viewer).has("review_applications", self.organisation.pk)
        return (
            self.is_under_check
            and self.is_opened
            and not self.is_early
            and not self.is_own
            and may_review
        )

    def decision_on(self, action: str) -> Decision:
        """Say whether the viewer may take an action now, and if not, why."""
        rule = workflow.rule_for(self.step.kind, self.standing.phase, action)
        if rule is None and self.is_held:
            better = self.step.behaviour.refusal(application=self.application, action=action)
            if better is not None:
                return Decision(False, str(better))
        if rule is None or not self.is_held:
            text = _("这份申报现在的状态是“%s”，不能进行此操作。")
            return Decision(False, text % Phase(self.standing.phase).label)
        decision = permissions.may_act(
            user=self.viewer,
            organisation=self.organisation,
            application=self.application,
            rule=rule,
            stop=self.stop,
        )
        if decision and rule.in_window:
            if self.is_early:
                return Decision(False, str(WindowNotOpen(self.step.opens_at)))
            closes_at = deadlines.closes_at(self.application, self.stop)
            if self.at >= closes_at:
                return Decision(False, str(WindowClosed(closes_at)))
        return decision

    def label_of(self, action: str) -> str:
        """Return the notice's own wording of an action."""
        return self.step.action_labels.get(action) or str(Action(action).label)

    @cached_property
    def snapshot(self) -> Snapshot:
        """Return what stands for this office: see ``snapshots.given_to``."""
        mine = [stop for stop in self.route if stop.holder_id == self.organisation.pk]
        return snapshots.given_to(self.application, mine).last()

    @cached_property
    def corrections(self) -> list[CorrectionNotice]:
        """Return the returns for correction so far, latest first."""
        return list(
            self.application.correction_notices.select_related(
                "organisation", "snapshot", "transition"
            )
            .prefetch_related("deficiencies")
            .order_by("-pk")
        )

    @cached_property
    def earlier(self) -> Snapshot | None:
        """Return the snapshot to compare the latest one with; none before any return.

        It is the one that this office decided on last, or otherwise the one that was
        returned.
        """
        decided = (
            self.application.transitions.filter(
                organisation=self.organisation, action__in=DECISIONS
            )
            .order_by("-sequence")
            .first()
        )
        before = snapshots.submitted(self.application).filter(number__lt=self.snapshot.number)
        if decided is not None:
            seen = before.filter(taken_at__lte=decided.at).last()
            if seen is not None:
                return seen
        returned = (
            notice.snapshot
            for notice in self.corrections
            if notice.snapshot.number < self.snapshot.number
        )
        return next(returned, None)

    @cached_property
    def diffs(self) -> list[comparison.SectionDiff]:
        """Return what has changed since the earlier snapshot, by section."""
        if self.earlier is None:
            return []
        return comparison.changed(comparison.compare(self.earlier, self.snapshot))


def find_file(
    *, organisation: Organisation, public_id: str, viewer: User, at: dt.datetime
) -> DeskFile | None:
    """Return the file if it has reached this organisation; otherwise there is none."""
    application = (
        Application.objects.select_related(
            "applicant",
            "employer",
            "personnel_agency",
            "open_title__title",
            "track",
            "schedule",
            "step",
            "holder",
        )
        .prefetch_related(Prefetch("stops", RouteStop.objects.select_related("step", "holder")))
        .filter(public_id=public_id)
        .first()
    )
    if application is None:
        return None
    route = list(application.stops.all())
    reached = [
        stop for stop in route if stop.holder_id == organisation.pk and stop.reached_at is not None
    ]
    if not reached:
        return None
    current = next((stop for stop in reached if stop.step_id == application.step_id), reached[-1])
    return DeskFile(
        organisation=organisation,
        application=application,
        viewer=viewer,
        at=at,
        route=route,
        stop=current,
        standing=deadlines.standing(application, at),
    )


LONG_TEXT = 14  # characters that fit into a column of the file page


# --- Content ------------------------------------------------------------------------


@dataclass(frozen=True)
class Proof:
    """A file that proves an entry: where it is served, and a small picture if there is one."""

    name: str
    pages: int
    url: str
    thumbnail: str
    kind: str


@dataclass
class EntryView:
    """One entry of a section, ready to be shown, with the office's note on it.

    ``rows`` are (label, text, whether the text is long).
    """

    entry_id: str
    heading: str
    rows: list[tuple[str, str, bool]]
    evidence: list[Proof]
    note: ItemCheck | None = None


@dataclass
class SectionView:
    """One section, with the office's finding and what has changed in it."""

    code: str
    title: str
    entries: list[EntryView]
    repeats: bool = False
    check: ItemCheck | None = None
    changes: list[comparison.FieldChange] = field(default_factory=list)
    was_correct: bool = False

    @property
    def notes(self) -> list[ItemCheck]:
        """Return the notes on single entries."""
        return [entry.note for entry in self.entries if entry.note is not None]

    @property
    def verdict(self) -> str:
        """Return the finding on the whole section; a note on an entry makes it deficient."""
        if self.notes:
            return Verdict.DEFICIENT
        return self.check.verdict if self.check is not None else ""

    @property
    def is_changed(self) -> bool:
        """Say whether the section differs from what the office, or a return, saw last."""
        return bool(self.changes)


def section_views(file: DeskFile) -> list[SectionView]:
    """Return the sections of the latest snapshot: those that have changed first."""
    by_section: dict[str, dict[str, ItemCheck]] = {}
    for check in checks_of(file.organisation, file.snapshot):
        by_section.setdefault(check.section, {})[check.entry_id] = check
    changes = {diff.code: diff.changes for diff in file.diffs}
    was_correct = _correct_sections(file.organisation, file.earlier)
    proofs = _proofs(file.application)
    frozen = file.snapshot.data["sections"]
    views = []
    for code, section in sections.registry.items():
        entries = frozen.get(code)
        if not entries:
            continue
        found = by_section.get(code, {})
        views.append(
            SectionView(
                code=code,
                title=str(section.title),
                entries=[_entry_view(code, entry, found, proofs) for entry in entries],
                repeats=section.repeats,
                check=found.get(""),
                changes=changes.get(code, []),
                was_correct=code in was_correct and not changes.get(code),
            )
        )
    return sorted(views, key=lambda view: not view.is_changed)


def _entry_view(
    code: str, entry: dict, checks: dict[str, ItemCheck], proofs: dict[str, Proof]
) -> EntryView:
    return EntryView(
        entry_id=entry["id"],
        heading=sections.heading(code, entry["data"]),
        rows=[
            (label, text, len(text) > LONG_TEXT or "\n" in text)
            for label, text in sections.display(code, entry["data"])
            if text
        ],
        evidence=[proofs[item["id"]] for item in entry["evidence"] if item["id"] in proofs],
        note=checks.get(entry["id"]),
    )


def _proofs(application: Application) -> dict[str, Proof]:
    """Return every file of the application by its public id."""
    base = f"{reverse('applications:application', args=[application.public_id])}files/"
    rows = application.evidence.values_list(
        "public_id", "original_name", "pages", "content_type", "thumbnail"
    )
    return {
        public_id: Proof(
            name=name,
            pages=pages,
            url=f"{base}{public_id}/",
            thumbnail=f"{base}{public_id}/thumbnail/" if thumbnail else "",
            kind="PDF" if content_type == "application/pdf" else _("照片"),
        )
        for public_id, name, pages, content_type, thumbnail in rows
    }


def checks_of(organisation: Organisation, snapshot: Snapshot) -> QuerySet[ItemCheck]:
    """Return the organisation's own findings on a snapshot, each with who made it."""
    return findings_of(organisation, snapshot).select_related("checked_by").order_by("pk")


def _correct_sections(organisation: Organisation, snapshot: Snapshot | None) -> set[str]:
    """Return the sections of an earlier snapshot that the organisation found correct."""
    if snapshot is None:
        return set()
    checks = list(checks_of(organisation, snapshot))
    deficient = {check.section for check in checks if check.verdict == Verdict.DEFICIENT}
    return {check.section for check in checks} - deficient


@dataclass(frozen=True)
class Progress:
    """How far the office has come with checking."""

    checked: int
    total: int
    deficient: int

    @property
    def is_complete(self) -> bool:
        """Say whether every section has been found correct."""
        return self.checked == self.total and not self.deficient


def progress_of(views: list[SectionView]) -> Progress:
    """Count the sections that have a finding."""
    verdicts = [view.verdict for view in views]
    return Progress(
        checked=sum(1 for verdict in verdicts if verdict),
        total=len(verdicts),
        deficient=verdicts.count(Verdict.DEFICIENT),
    )


def person_rows(file: DeskFile, *, unmasked: bool = False) -> list[tuple[str, str]]:
    """Return name, identity number and telephone as submitted; masked unless asked for."""
    personal = personal_of(file.snapshot)
    identity_number, phone = personal["identity_number"], personal["phone"]
    if not unmasked:
        identity_number, phone = mask_identity_number(identity_number), mask_mobile(phone)
    return [
        (_("姓名"), personal["name"]),
        (_("身份证号码"), identity_number),
        (_("手机号码"), phone),
    ]


def opinions_of(application: Application) -> QuerySet[Opinion]:
    """Return what the offices have written with their decisions, in order."""
    return application.opinions.select_related("organisation", "transition__from_step")


def history_of(application: Application) -> list[Transition]:
    """Return every change of state, latest first."""
    return list(
        application.transitions.select_related("organisation", "from_step", "to_step").order_by(
            "-sequence"
        )
    )
