"""An organisation's queue: what waits for it, what is coming, what it has done.

Rows are ready strings, so that a page of fifty costs the template little; everything is
judged at one instant, with due automatic transitions applied (``deadlines.standing``).
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count, F, FilteredRelation, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from applications.models import Application, Transition
from applications.workflow import Action, Phase
from core import clock
from core.templatetags.zhicheng import day_cn, days_left, instant_cn, until_short
from organisations.models import Organisation

# What an office does with a file, as the list of finished work shows it.
DECISIONS = (Action.APPROVE, Action.REPORT, Action.RETURN, Action.REJECT, Action.LAPSE)
TODAY, THREE_DAYS = "today", "3days"


@dataclass(frozen=True)
class Filters:
    """What a queue is narrowed to; empty values narrow nothing."""

    text: str = ""
    phase: str = ""
    step: str = ""
    title: str = ""
    due: str = ""

    @property
    def is_empty(self) -> bool:
        """Say whether the whole queue is meant."""
        return self == Filters()


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One file of the queue, as the page shows it."""

    url: str
    name: str
    number: str
    title: str
    employer: str
    status: str
    tone: str
    note: str
    until: str
    left: str
    urgency: str
    action: str


@dataclass(frozen=True)
class StepFacts:
    """What the rows need to know of a step; a queue has few steps and many rows."""

    code: str
    name: str
    opens_at: dt.datetime
    action_labels: dict


@dataclass
class QueueSummary:
    """What an organisation holds: how many files, at which steps, for which titles.

    ``steps`` and ``titles`` are by primary key; ``waiting_steps`` and ``waiting_titles``
    are (code, name) of those among the files that can be acted on now.
    """

    waiting: int = 0
    upcoming: int = 0
    phases: Counter = field(default_factory=Counter)
    steps: dict[int, StepFacts] = field(default_factory=dict)
    titles: dict[int, str] = field(default_factory=dict)
    waiting_steps: dict[str, str] = field(default_factory=dict)
    waiting_titles: dict[str, str] = field(default_factory=dict)


def held_by(organisation: Organisation, *, at: dt.datetime) -> QuerySet[Application]:
    """Return the files that the organisation holds at an instant; lapsed ones are gone."""
    return Application.objects.filter(holder=organisation, due_at__gt=at)


def summary(organisation: Organisation, *, at: dt.datetime) -> QueueSummary:
    """Count the organisation's files by step, title and phase, in one query."""
    found = QueueSummary()
    groups = (
        held_by(organisation, at=at)
        .order_by()
        .values_list(
            "phase",
            Q(clears_at__lte=at),
            "step_id",
            "step__code",
            "step__name",
            "step__opens_at",
            "step__action_labels",
            "open_title_id",
            "open_title__title__code",
            "open_title__title__name",
        )
        .annotate(files=Count("pk"))
    )
    for phase, has_cleared, step_id, *step, title_id, title, title_name, files in groups:
        facts = found.steps[step_id] = StepFacts(*step)
        found.titles[title_id] = title_name
        if facts.opens_at > at:
            found.upcoming += files
            continue
        found.waiting += files
        found.phases[Phase.NOTICE_CLEARED if has_cleared else Phase(phase)] += files
        found.waiting_steps[facts.code] = facts.name
        found.waiting_titles[title] = title_name
    return found


def waiting(
    organisation: Organisation,
    *,
    at: dt.datetime,
    filters: Filters = Filters(),
) -> QuerySet[Application]:
    """Return the files that the organisation can act on now, the most urgent first."""
    files = held_by(organisation, at=at).filter(step__opens_at__lte=at)
    return _narrow(files, filters, at=at).order_by("due_at", "pk")


def upcoming(
    organisation: Organisation,
    *,
    at: dt.datetime,
    filters: Filters = Filters(),
) -> QuerySet[Application]:
    """Return the files that have arrived before their step opens, the first to open first."""
    files = held_by(organisation, at=at).filter(step__opens_at__gt=at)
    return _narrow(files, filters, at=at).order_by("step__opens_at", "pk")


def _narrow(
    files: QuerySet[Application], filters: Filters, *, at: dt.datetime
) -> QuerySet[Application]:
    if text := filters.text.strip():
        files = files.filter(Q(number=text) | Q(applicant__name__icontains=text))
    match filters.phase:
        case "":
            pass
        case Phase.NOTICE_CLEARED:
            files = files.filter(Q(phase=Phase.NOTICE_CLEARED) | Q(clears_at__lte=at))
        case Phase.ON_NOTICE:
            files = files.filter(phase=Phase.ON_NOTICE).exclude(clears_at__lte=at)
        case phase:
            files = files.filter(phase=phase)
    if filters.step:
        files = files.filter(step__code=filters.step)
    if filters.title:
        files = files.filter(open_title__title__code=filters.title)
    tomorrow = clock.start_of(at.astimezone(clock.SHANGHAI).date() + dt.timedelta(days=1))
    if filters.due == TODAY:
        files = files.filter(due_at__lte=tomorrow)
    elif filters.due == THREE_DAYS:
        files = files.filter(due_at__lte=tomorrow + dt.timedelta(days=3))
    return files


_COLUMNS = (
    "public_id",
    "number",
    "applicant_id",
    "applicant__name",
    "employer__name",
    "personnel_agency_id",
    "open_title_id",
    "phase",
    "due_at",
    "clears_at",
    "submissions",
    "step_id",
    "here__opened_at",
)


class RowMaker:
    """Turns files into rows; what many rows share is worked out once."""

    def __init__(
        self,
        organisation: Organisation,
        summary: QueueSummary,
        *,
        viewer_id: int,
        at: dt.datetime,
    ) -> None:
        self.base = reverse("reviews:queue", args=[organisation.public_id])
        self.summary = summary
        self.viewer_id = viewer_id
        self.at = at
        self._deadlines: dict[dt.datetime, tuple[str, str, str]] = {}
        self._statuses: dict[tuple, tuple[str, str, str]] = {}
        self._agencies: dict[int, str] = {}
        self._resubmitted = _("补正后重新提交")

    def rows(self, files: QuerySet[Application]) -> list[QueueRow]:
        """Return the rows of a page of files, in one query, or two where agencies stand
        for an employer."""
        found = list(
            files.annotate(
                here=FilteredRelation("stops", condition=Q(stops__step=F("step")))
            ).values_list(*_COLUMNS)
        )
        # A file that arrived after the summary was read is there at the next look.
        known = self.summary
        found = [row for row in found if row[11] in known.steps and row[6] in known.titles]
        agencies = {row[5] for row in found if row[4] is None}
        if agencies:
            self._agencies = dict(
                Organisation.objects.filter(pk__in=agencies).values_list("pk", "name")
            )
        return [self._row(*columns) for columns in found]

    def _row(
        self,
        public_id: str,
        number: str,
        applicant_id: int,
        name: str,
        employer: str | None,
        agency_id: int | None,
        title_id: int,
        phase: str,
        due_at: dt.datetime,
        clears_at: dt.datetime | None,
        submissions: int,
        step_id: int,
        opened_at: dt.datetime | None,
    ) -> QueueRow:
        key = (step_id, phase, clears_at, opened_at is None)
        known = self._statuses.get(key)
        if known is None:
            known = self._statuses[key] = self._status(self.summary.steps[step_id], *key[1:])
        status, tone, action = known
        if applicant_id == self.viewer_id:
            action = _("本人申报，须回避")
        until, left, urgency = self._deadline(due_at)
        return QueueRow(
            url=f"{self.base}{public_id}/",
            name=name,
            number=number,
            title=self.summary.titles[title_id],
            employer=employer or self._agencies.get(agency_id, ""),
            status=status,
            tone=tone,
            note=self._resubmitted if submissions > 1 else "",
            until=until,
            left=left,
            urgency=urgency,
            action=action,
        )

    def _status(
        self, step: StepFacts, phase: str, clears_at: dt.datetime | None, is_unopened: bool
    ) -> tuple[str, str, str]:
        """Return what the file's state is called, its tone, and what to do next."""
        if step.opens_at > self.at:
            return _("未到办理时间"), "plain", _("%s起可以办理") % day_cn(step.opens_at)
        if phase == Phase.NOTICE_CLEARED or (clears_at is not None and clears_at <= self.at):
            label = step.action_labels.get(Action.REPORT) or Action.REPORT.label
            return _("公示期满，待上报"), "accent", str(label)
        if phase == Phase.ON_NOTICE and clears_at is None:
            return _("公示中，有异议"), "warn", _("调查异议")
        if phase == Phase.ON_NOTICE:
            return _("公示中"), "good", _("%s起可以上报") % day_cn(clears_at)
        if is_unopened:
            return _("待审核"), "accent", _("开始审核")
        return _("审核中"), "accent", _("继续审核")

    def _deadline(self, due_at: dt.datetime) -> tuple[str, str, str]:
        """Return until when, how long that is, and how urgent."""
        known = self._deadlines.get(due_at)
        if known is None:
            known = self._deadlines[due_at] = (until_short(due_at), *urgency_of(due_at))
        return known


def urgency_of(due_at: dt.datetime) -> tuple[str, str]:
    """Return how long is left, in words, and the class of its chip."""
    match days_left(due_at):
        case 0:
            return _("今天截止"), "today"
        case 1:
            return _("明天截止"), "near"
        case days:
            return _("还剩%d天") % days, "near" if days <= 3 else "far"


@dataclass(frozen=True, slots=True)
class DoneRow:
    """One decision of the organisation, or a lapse in its hands."""

    url: str
    name: str
    number: str
    title: str
    employer: str
    done_on: str
    did: str
    tone: str
    now: str


def done(organisation: Organisation, *, text: str = "", action: str = "") -> QuerySet[Transition]:
    """Return what the organisation has decided, and what lapsed in its hands, latest first."""
    made = Transition.objects.filter(organisation=organisation, action__in=DECISIONS)
    if text := text.strip():
        made = made.filter(
            Q(application__number=text) | Q(application__applicant__name__icontains=text)
        )
    if action in DECISIONS:
        made = made.filter(action=action)
    return made.order_by("-at", "-pk")


_DONE_COLUMNS = (
    "application__public_id",
    "application__number",
    "application__applicant__name",
    "application__employer__name",
    "application__personnel_agency__name",
    "application__open_title__title__name",
    "application__phase",
    "application__step__name",
    "application__next_due_at",
    "application__due_at",
    "from_step__action_labels",
    "action",
    "at",
)
_TONES = {Action.RETURN: "warn", Action.REJECT: "bad", Action.LAPSE: "bad"}


def done_rows(
    organisation: Organisation, made: QuerySet[Transition], *, at: dt.datetime
) -> list[DoneRow]:
    """Return the rows of a page of finished work, in one query."""
    base = reverse("reviews:queue", args=[organisation.public_id])
    return [_done_row(base, at, *columns) for columns in made.values_list(*_DONE_COLUMNS)]


def _done_row(
    base: str,
    now: dt.datetime,
    public_id: str,
    number: str,
    name: str,
    employer: str | None,
    agency: str | None,
    title: str,
    phase: str,
    step_name: str,
    next_due_at: dt.datetime | None,
    due_at: dt.datetime | None,
    labels: dict,
    action: str,
    done_at: dt.datetime,
) -> DoneRow:
    return DoneRow(
        url=f"{base}{public_id}/",
        name=name,
        number=number,
        title=title,
        employer=employer or agency or "",
        done_on=instant_cn(done_at),
        did=_("逾期（本单位）") if action == Action.LAPSE else done_label(action, labels),
        tone=_TONES.get(action, "good"),
        now=_where_it_is(phase, step_name, next_due_at, due_at, now),
    )


def done_label(action: str, labels: dict) -> str:
    """Return a decision in the notice's own words."""
    return str(labels.get(action) or Action(action).label)


def _where_it_is(
    phase: str,
    step_name: str,
    next_due_at: dt.datetime | None,
    due_at: dt.datetime | None,
    now: dt.datetime,
) -> str:
    if next_due_at is not None and next_due_at <= now:
        has_lapsed = due_at is not None and due_at <= now
        phase = Phase.LAPSED if has_lapsed else Phase.NOTICE_CLEARED
    label = str(Phase(phase).label)
    return f"{step_name} · {label}" if phase == Phase.UNDER_REVIEW else label


def lapsing(organisation: Organisation, *, at: dt.datetime) -> list[DoneRow]:
    """Return the files that have lapsed in the organisation's hands and are not recorded yet.

    The periodic task records them within minutes; until then they stand at the top of
    the finished work.
    """
    base = reverse("reviews:queue", args=[organisation.public_id])
    files = (
        Application.objects.filter(holder=organisation, due_at__lte=at)
        .select_related("applicant", "employer", "personnel_agency", "open_title__title")
        .order_by("due_at", "pk")[:50]
    )
    return [
        DoneRow(
            url=f"{base}{file.public_id}/",
            name=file.applicant.name,
            number=file.number,
            title=file.open_title.title.name,
            employer=str(file.employer or file.personnel_agency),
            done_on=instant_cn(file.due_at),
            did=_("逾期（本单位）"),
            tone=_TONES[Action.LAPSE],
            now=str(Phase.LAPSED.label),
        )
        for file in files
    ]


@dataclass(frozen=True)
class Desk:
    """One of the organisations for which a person works, with what waits there."""

    organisation: Organisation
    waiting: int
    due_soon: int


def desks_of(organisations: list[Organisation], *, at: dt.datetime) -> list[Desk]:
    """Return a desk for each organisation, with counts, in one query."""
    soon = at + dt.timedelta(days=3)
    counts = {
        holder: (files, urgent)
        for holder, files, urgent in Application.objects.filter(
            holder__in=organisations, due_at__gt=at, step__opens_at__lte=at
        )
        .order_by()
        .values_list("holder")
        .annotate(files=Count("pk"), urgent=Count("pk", filter=Q(due_at__lte=soon)))
    }
    return [
        Desk(organisation, *counts.get(organisation.pk, (0, 0))) for organisation in organisations
    ]
