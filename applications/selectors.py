"""What the applicant's pages read."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from applications import deadlines, sections, workflow
from applications.deadlines import Standing
from applications.errors import ActionRefused, NoReviewer
from applications.models import Application, EvidenceStatus, SectionEntry
from applications.panels import Remark
from applications.routes import plan_route
from applications.sections import Section
from applications.sections.checks import section_url
from applications.workflow import EDITABLE, ENDED, Action, Phase
from core.templatetags.zhicheng import days_left, until_short
from schedules.models import CorrectionUntil, OpenTitle, ScheduleStatus, Step, Track

# --- Applications of one person ----------------------------------------------------------


@dataclass(frozen=True)
class ApplicationRow:
    """One application in a list, with its texts ready."""

    public_id: str
    url: str
    title: str
    schedule: str
    number: str
    phase: str
    tone: str
    turn: str
    due_at: dt.datetime | None
    due: str
    is_near: bool
    action: str
    is_live: bool


def application_rows(user: User, *, at: dt.datetime) -> list[ApplicationRow]:
    """Return a person's own applications, those that go on first, then the newest."""
    applications = (
        Application.objects.filter(applicant=user)
        .select_related("open_title__title", "schedule", "step", "holder")
        .order_by("-created_at")
    )
    rows = [_row(application, at) for application in applications]
    return sorted(rows, key=lambda row: not row.is_live)


def _row(application: Application, at: dt.datetime) -> ApplicationRow:
    standing = deadlines.standing(application, at)
    is_unfiled = is_closed_draft(application, at)
    is_live = standing.phase not in workflow.SETTLED and not is_unfiled
    due_at = standing.due_at if is_live else None
    is_editable = standing.phase in EDITABLE and not is_unfiled
    name = "applications:tasks" if is_editable else "applications:application"
    if is_editable:
        action = _("继续填写") if standing.phase == Phase.DRAFT else _("补正材料")
    else:
        action = _("查看进度")
    return ApplicationRow(
        public_id=application.public_id,
        url=reverse(name, args=[application.public_id]),
        title=application.open_title.title.name,
        schedule=application.schedule.name,
        number=application.number or "",
        phase=_("未提交") if is_unfiled else str(Phase(standing.phase).label),
        tone=tone_of(standing, is_unfiled=is_unfiled),
        turn=_turn(application, standing) if is_live else "",
        due_at=due_at,
        due=until_short(due_at),
        is_near=due_at is not None and days_left(due_at) <= 3,
        action=action,
        is_live=is_live,
    )


def _turn(application: Application, standing: Standing) -> str:
    if standing.holder_id is None:
        return _("轮到您办理")
    return _("%s办理") % application.holder


def tone_of(standing: Standing, *, is_unfiled: bool = False) -> str:
    """Return the colour that repeats what a phase's name says."""
    if is_unfiled:
        return ""
    if standing.phase == Phase.REGISTERED:
        return "good"
    if standing.phase in (Phase.RETURNED, Phase.FEE_DUE):
        return "warn"
    if standing.phase == Phase.WITHDRAWN:
        return ""
    return "bad" if standing.phase in ENDED else "accent"


def is_closed_draft(application: Application, at: dt.datetime) -> bool:
    """Say whether a draft was not submitted before its window closed."""
    return application.phase == Phase.DRAFT and at >= application.step.closes_at


# --- What can be applied for ----------------------------------------------------------------


@dataclass(frozen=True)
class TitleChoice:
    """A title that is, was or will be open in a track."""

    open_title: OpenTitle
    track: Track
    filing: Step
    is_open: bool
    is_closed: bool
    url: str


@dataclass
class ScheduleChoices:
    """A schedule with what can be applied for in it."""

    schedule: object
    titles: list[TitleChoice] = field(default_factory=list)


def open_titles(*, at: dt.datetime) -> list[ScheduleChoices]:
    """Return the published schedules with their titles, those that are open first."""
    tracks = (
        Track.objects.filter(schedule__status=ScheduleStatus.PUBLISHED)
        .select_related("schedule")
        .prefetch_related(
            Prefetch("steps", Step.objects.order_by("order")),
            Prefetch("open_titles", OpenTitle.objects.select_related("title")),
        )
        .order_by("-schedule__year", "schedule_id", "order")
    )
    found: dict[int, ScheduleChoices] = {}
    for track in tracks:
        steps = list(track.steps.all())
        if not steps:
            continue
        choices = found.setdefault(track.schedule_id, ScheduleChoices(track.schedule))
        choices.titles += [
            title_choice(each, track, steps[0], at) for each in track.open_titles.all()
        ]
    return sorted(
        found.values(),
        key=lambda each: not any(title.is_open for title in each.titles),
    )


def title_choice(open_title: OpenTitle, track: Track, filing: Step, at: dt.datetime) -> TitleChoice:
    """Return a title with its filing window as it stands at an instant."""
    return TitleChoice(
        open_title=open_title,
        track=track,
        filing=filing,
        is_open=filing.is_open(at),
        is_closed=at >= filing.closes_at,
        url=reverse("applications:title", args=[open_title.public_id]),
    )


@dataclass(frozen=True)
class Outlook:
    """Until when to submit, and until when the employer must have approved.

    ``safe_until`` is the end of the latest safe day to submit: after it, the filing is
    closed or the notice can no longer run its days in time. ``redo_by_at`` is, for a
    correction that is reviewed from the beginning again, until when every review up to the
    returning step must be done (C33).
    """

    closes_at: dt.datetime
    post_by_at: dt.datetime | None
    safe_until: dt.datetime
    redo_by_at: dt.datetime | None = None


def outlook(steps: list[Step]) -> Outlook:
    """Return what a track's steps, in order, say about the latest safe day to submit."""
    filing, *later = steps
    limits = [
        latest
        for step in later
        if (latest := step.behaviour.latest_entry(step=step)) < step.closes_at
    ]
    post_by_at = min(limits, default=None)
    return Outlook(
        closes_at=filing.closes_at,
        post_by_at=post_by_at,
        safe_until=min(filing.closes_at, post_by_at) if post_by_at else filing.closes_at,
    )


def application_outlook(application: Application) -> Outlook:
    """Return the latest safe day of one application; for a correction from its own limits."""
    if application.phase == Phase.RETURNED:
        return _correction_outlook(application)
    rank = application.open_title.title.rank
    steps = application.track.steps.select_related("track__schedule").order_by("order")
    return outlook([step for step in steps if step.applies_to(rank)])


def _correction_outlook(application: Application) -> Outlook:
    due_at = application.correction_due_at
    if application.step.correction_until != CorrectionUntil.NEXT_STAGE_CLOSE:
        return Outlook(due_at, None, due_at)
    limits = []
    for stop in application.stops.select_related("step"):
        closes_at = deadlines.closes_at(application, stop)
        latest = stop.step.behaviour.latest_entry_again(
            application=application, closes_at=closes_at
        )
        if latest < closes_at:
            limits.append(latest)
    post_by_at = min(limits, default=None)
    safe_until = min(filter(None, [due_at, post_by_at]))
    return Outlook(due_at, post_by_at, safe_until, redo_by_at=application.extended_until)


def route_names(application: Application) -> tuple[list[str], str]:
    """Return the offices that a draft would pass, or why it would find no reviewer."""
    try:
        stops = plan_route(
            open_title=application.open_title,
            employer=application.employer,
            personnel_agency=application.personnel_agency,
        )
    except NoReviewer as refused:
        return [], str(refused)
    names = [stop.holder.name for stop in stops if stop.holder and stop.step.behaviour.holder_acts]
    return list(dict.fromkeys(names)), ""


# --- The form --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """One section in the task list."""

    section: Section
    title: str
    url: str
    status: str
    hint: str = ""


@dataclass(frozen=True)
class TaskGroup:
    """Sections that stand together; ``hint`` says what is asked of them as a whole."""

    title: str
    tasks: list[Task]
    hint: str = ""


def task_groups(application: Application, remarks: Sequence[Remark] = ()) -> list[TaskGroup]:
    """Return the sections with how far each one is, in two queries.

    ``remarks`` are what an office wants corrected.
    """
    wanted = Counter(remark.section for remark in remarks)
    entries: dict[str, list[SectionEntry]] = {}
    for entry in application.entries.filter(removed_at=None):
        entries.setdefault(entry.section, []).append(entry)
    files = Counter(
        application.evidence.filter(status=EvidenceStatus.READY).values_list("entry_id", flat=True)
    )
    required = sections.required_for(application.track)
    has_achievement = any(code.startswith("achievement_") for code in entries)
    groups: dict[str, list[Task]] = {}
    for section in sections.registry.values():
        is_required = section.code in required
        hints = [_("退回意见 %d 条") % wanted[section.code]] if wanted[section.code] else []
        mine = entries.get(section.code, [])
        task = _task(application, section, mine, files, is_required, hints)
        groups.setdefault(str(section.group), []).append(task)
    group_hints = {}
    if sections.ACHIEVEMENT in required and not has_achievement:
        group_hints[str(sections.ACHIEVEMENTS)] = _("至少填写一项，哪一类都可以；没有的不用填。")
    return [TaskGroup(title, tasks, group_hints.get(title, "")) for title, tasks in groups.items()]


def _task(
    application: Application,
    section: Section,
    entries: list[SectionEntry],
    files: Counter,
    is_required: bool,
    hints: list[str],
) -> Task:
    limits = sections.limits_for(application.track, section.code)
    if section.repeats and entries:
        hints.append(_("已填 %d 条") % len(entries))
    attached = sum(files[entry.pk] for entry in entries)
    if attached:
        hints.append(_("材料 %d 份") % attached)
    lacking = sum(max(0, limits.min_files - files[entry.pk]) for entry in entries)
    if lacking:
        hints.append(_("还需上传材料 %d 份") % lacking)
    if not any(entry.data for entry in entries):
        status = "not_started" if is_required else "optional"
    elif any(is_wrong(section, entry) for entry in entries):
        status = "error"
    elif lacking or not all(entry.is_complete for entry in entries):
        status = "in_progress"
    else:
        status = "done"
    return Task(
        section=section,
        title=str(section.title),
        url=section_url(application, section),
        status=status,
        hint=_("，").join(hints),
    )


def is_wrong(section: Section, entry: SectionEntry) -> bool:
    """Say whether something in an item is wrong, and not just missing yet."""
    if entry.is_complete or not entry.data:
        return False
    return section.form_class(entry.data).has_wrong_answers


# --- What the applicant may do ----------------------------------------------------------------


def can_recall(application: Application, standing: Standing, at: dt.datetime) -> bool:
    """Say whether the applicant can take the file back for changes now."""
    rule = workflow.rule_for(application.step.kind, standing.phase, Action.RECALL)
    if rule is None:
        return False
    try:
        application.step.behaviour.check(application=application, action=Action.RECALL, at=at)
    except ActionRefused:
        return False
    return True


def can_withdraw(application: Application, standing: Standing) -> bool:
    """Say whether the applicant can end the application now."""
    rule = workflow.rule_for(application.step.kind, standing.phase, Action.WITHDRAW)
    return rule is not None


def urge_state(application: Application, standing: Standing, at: dt.datetime) -> str:
    """Return "possible", "done" (today), "early" (before its window) or "" (nobody to urge).

    ``application`` comes from ``progress.progress_of``.
    """
    if standing.holder_id is None:
        return ""
    if application.clears_at is not None and at < application.clears_at:
        return ""  # a notice runs its days; nobody can hurry it
    if at < application.step.opens_at:
        return "early"
    return "done" if application.urged_today else "possible"
