"""Make very many invented applications quickly, to see how the site holds up.

They are written straight into the tables, past the services: what they look like is what
the pages and queues read, spread over organisations and stages as a busy day would.
"""

import csv
import datetime as dt
import io
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connection, models, transaction

from accounts.models import User
from applications.models import Application, RouteStop, Snapshot, Transition
from applications.routes import plan_route
from applications.snapshots import SCHEMA, canonical, digest
from applications.workflow import ENDED, SETTLED, Action, Phase
from core import clock, invented
from core.fields import blind_index
from core.validators import Sex
from organisations.models import Organisation, OrganisationKind, Role, ngrams
from organisations.services import grant_membership
from payments.models import FeeOrder, OrderStatus
from publicity.models import Notice, NoticeStatus
from schedules.loader import load_schedule, read_file, shifted
from schedules.models import OpenTitle, Schedule, ScheduleStatus, Step

CODE = "fill"
BATCH = 2000
# Where a hundred applications stand, on a day on which every office's window is open:
# (phase, code of the step, how many).
SPREAD: list[tuple[str, str, int]] = [
    (Phase.DRAFT, "filing", 8),
    (Phase.SUBMITTED, "verification", 15),
    (Phase.ON_NOTICE, "notice", 12),
    (Phase.NOTICE_CLEARED, "notice", 6),
    (Phase.UNDER_REVIEW, "authority", 14),
    (Phase.UNDER_REVIEW, "title-office", 14),
    (Phase.UNDER_REVIEW, "acceptance", 12),
    (Phase.RETURNED, "authority", 3),
    (Phase.RETURNED, "title-office", 3),
    (Phase.FEE_DUE, "payment", 6),
    (Phase.REGISTERED, "payment", 3),
    (Phase.REJECTED, "verification", 2),
    (Phase.WITHDRAWN, "verification", 1),
    (Phase.LAPSED, "verification", 1),
]
# What was done at a step of each kind when a file left it, and in which phase it stood.
_LEAVING = {
    "filing": (Action.SUBMIT, Phase.DRAFT),
    "employer_verification": (Action.APPROVE, Phase.SUBMITTED),
    "employer_notice": (Action.REPORT, Phase.NOTICE_CLEARED),
    "office_review": (Action.APPROVE, Phase.UNDER_REVIEW),
}
_ENTERING = {
    "employer_verification": Phase.SUBMITTED,
    "employer_notice": Phase.ON_NOTICE,
    "office_review": Phase.UNDER_REVIEW,
    "counter_payment": Phase.FEE_DUE,
}
_ENDING = {
    Phase.RETURNED: Action.RETURN,
    Phase.REJECTED: Action.REJECT,
    Phase.WITHDRAWN: Action.WITHDRAW,
    Phase.LAPSED: Action.LAPSE,
}


@dataclass(frozen=True)
class Desk:
    """An office with much to do, and somebody who decides for it."""

    officer: User
    organisation: Organisation
    files: int  # that it holds


@dataclass(frozen=True)
class Filled:
    """What was made: the schedule, one busy desk of each kind of office, an application."""

    schedule: Schedule
    desks: dict[str, Desk]
    application: Application


def fill(*, applications: int, preset: Path, seed: int = 1) -> Filled:
    """Make that many applications under a schedule of their own, on dates around today.

    The schedule is the preset's, shifted so that the committee's window opened yesterday
    and every office has work. With fewer than 100 not every stage occurs.
    """
    with transaction.atomic():
        return _Filler(preset, random.Random(seed)).run(applications)  # noqa: S311 - no secrets


def schedule_around_today(preset: Path) -> Schedule:
    """Return the preset's schedule on dates around today."""
    data = read_file(preset)
    opened_on = next(
        step["opens"] for step in data["tracks"][0]["steps"] if step["code"] == "acceptance"
    )
    by = clock.today() - dt.timedelta(days=1) - opened_on
    name = f"{clock.today().year}年度申报（大批量数据）"
    made = load_schedule(shifted(data, by) | {"code": CODE, "name": name})
    # Not by the service: the holidays of the days ahead need not be announced yet.
    Schedule.objects.filter(pk=made.pk).update(status=ScheduleStatus.PUBLISHED)
    made.refresh_from_db()
    return made


@dataclass
class _Plan:
    """One application to be made: where it stands and what happened to it on the way."""

    id: int
    applicant: User
    employer_id: int
    open_title: OpenTitle
    route: list[tuple[Step, int | None]]  # with the holder of each stop
    place: int  # index in the route
    phase: str
    times: list[dt.datetime]  # when each stop up to ``place`` was reached, and the last event
    clears_at: dt.datetime | None = None  # of a notice that is posted

    @property
    def step(self) -> Step:
        return self.route[self.place][0]

    @property
    def is_settled(self) -> bool:
        return self.phase in SETTLED

    def left_at(self, position: int) -> dt.datetime | None:
        if position < self.place or (position == self.place and self.is_settled):
            return self.times[position + 1]
        return None


class _Filler:
    """Make organisations and people, then batches of applications."""

    def __init__(self, preset: Path, chance: random.Random) -> None:
        self.chance = chance
        self.now = clock.now()
        self.schedule = schedule_around_today(preset)
        self.open_titles = list(
            OpenTitle.objects.filter(track__schedule=self.schedule).select_related(
                "track__schedule", "title", "committee_office"
            )
        )
        self.spread = [(phase, code) for phase, code, parts in SPREAD for _part in range(parts)]
        self.held: Counter[int | None] = Counter()
        self.routes: dict[tuple[int, int], list[tuple[Step, int | None]]] = {}

    def run(self, count: int) -> Filled:
        employers = self.make_organisations(count)
        example = None
        for first in range(0, count, BATCH):
            people = self.make_people(range(first, min(first + BATCH, count)))
            plans = self.plan(people, first, employers)
            self.write(plans)
            under_review = (plan for plan in plans if plan.phase == Phase.UNDER_REVIEW)
            example = example or next(under_review, None)
        officers = self.make_officers(count)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        return Filled(self.schedule, officers, Application.objects.get(pk=example.id))

    # --- Organisations and people

    def make_organisations(self, count: int) -> list[Organisation]:
        """Make twenty districts, ten municipal authorities, and an employer for fifty people."""
        kind = OrganisationKind
        (bureau,) = self._organisations(kind.MUNICIPAL_BUREAU, "示例市职改办", 1, [None])
        titles = self._organisations(kind.DISTRICT_TITLE_OFFICE, "示例区职改办", 20, [bureau])
        districts = self._organisations(kind.DISTRICT_AUTHORITY, "示例区主管部门", 40, titles)
        cities = self._organisations(kind.MUNICIPAL_AUTHORITY, "示例市主管部门", 10, [bureau])
        number = max(50, count // 50)
        employers = self._organisations(kind.EMPLOYER, "示例单位", number, districts + cities)
        for employer in employers[: len(districts + cities)]:
            self._keep_routes(employer)
        return employers

    def _organisations(
        self, kind: str, name: str, count: int, above: list[Organisation | None]
    ) -> list[Organisation]:
        rows = [
            Organisation(
                name=f"{name}{number:05d}",
                name_ngrams=ngrams(f"{name}{number:05d}"),
                kind=kind,
                supervisor=above[number % len(above)],
                contact_name="联系人",
                contact_telephone="000-00000000",
            )
            for number in range(count)
        ]
        return Organisation.objects.bulk_create(rows, batch_size=BATCH)

    def _keep_routes(self, employer: Organisation) -> None:
        """Plan the routes of all employers under one authority: only the employer differs."""
        for open_title in self.open_titles:
            stops = plan_route(open_title=open_title, employer=employer, personnel_agency=None)
            self.routes[employer.supervisor_id, open_title.pk] = [
                (stop.step, EMPLOYER if stop.holder == employer else stop.holder and stop.holder.pk)
                for stop in stops
            ]

    def make_people(self, numbers: range) -> list[User]:
        """Make people who cannot sign in; their numbers belong to nobody."""
        people = []
        for number in numbers:
            # Past the numbers that the demo and the tests use; 160 is no assigned prefix.
            phone = f"160{10_000 + number:08d}"
            born_on = dt.date(1965, 1, 1) + dt.timedelta(days=number // 499)
            identity_number = invented.identity_number(born_on, 1 + number % 499, Sex.FEMALE)
            people.append(
                User(
                    name=f"申报人{number:06d}",
                    phone=phone,
                    phone_index=blind_index(phone, purpose="phone"),
                    identity_number=identity_number,
                    identity_index=blind_index(identity_number, purpose="identity"),
                    password=UNUSABLE_PASSWORD_PREFIX,
                    phone_verified_at=self.now,
                )
            )
        return User.objects.bulk_create(people)

    def make_officers(self, count: int) -> dict[str, Desk]:
        """Give the busiest office of each kind somebody who decides for it."""
        desks = {}
        held = Organisation.objects.in_bulk([pk for pk in self.held if pk is not None])
        for number, kind in enumerate(OrganisationKind):
            of_kind = [office for office in held.values() if office.kind == kind]
            if not of_kind:
                continue
            office = max(of_kind, key=lambda office: (self.held[office.pk], -office.pk))
            user = User.objects.create_user(
                phone=f"160{10_000 + count + number:08d}", name=f"审核人{number}"
            )
            grant_membership(user=user, organisation=office, role=Role.APPROVER)
            desks[str(kind)] = Desk(user, office, self.held[office.pk])
        return desks

    # --- Applications

    def plan(self, people: list[User], first: int, employers: list[Organisation]) -> list[_Plan]:
        opened_at = self.schedule.tracks.get().steps.get(order=1).opens_at
        plans = []
        for number, (pk, applicant) in enumerate(
            zip(_next_ids(Application, len(people)), people, strict=True), start=first
        ):
            phase, code = self.spread[number % len(self.spread)]
            employer = self.chance.choice(employers)
            open_title = self.chance.choice(self.open_titles)
            route = [
                (step, employer.pk if holder == EMPLOYER else holder)
                for step, holder in self.routes[employer.supervisor_id, open_title.pk]
            ]
            place = _place(route, code)
            moments = sorted(self.chance.random() for _moment in range(place + 2))
            times = [opened_at + (self.now - opened_at) * moment for moment in moments]
            plans.append(_Plan(pk, applicant, employer.pk, open_title, route, place, phase, times))
        return plans

    def write(self, plans: list[_Plan]) -> None:
        """Write a batch: applications, snapshots, routes, transitions, notices, fees."""
        filed = [plan for plan in plans if plan.phase != Phase.DRAFT]
        for plan in plans:
            if plan.phase == Phase.ON_NOTICE:
                days = dt.timedelta(days=self.chance.randint(1, 3))
                plan.clears_at = clock.start_of(self.now.date() + days)
        applications = [self._application(plan) for plan in plans]
        Application.objects.bulk_create(applications)
        self.held.update(application.holder_id for application in applications)
        snapshots = Snapshot.objects.bulk_create([self._snapshot(plan) for plan in filed])
        _copy(RouteStop, STOP_COLUMNS, (row for plan in filed for row in _stops(plan)))
        _copy(
            Transition,
            TRANSITION_COLUMNS,
            (
                row
                for plan, snapshot in zip(filed, snapshots, strict=True)
                for row in _transitions(plan, snapshot, self.schedule.year)
            ),
        )
        by_application = {snapshot.application_id: snapshot for snapshot in snapshots}
        Notice.objects.bulk_create(
            notice
            for plan in filed
            if (notice := self._notice(plan, by_application[plan.id])) is not None
        )
        FeeOrder.objects.bulk_create(
            FeeOrder(
                application_id=plan.id,
                amount=plan.open_title.fee,
                due_at=plan.step.closes_at,
                status=OrderStatus.PAID if plan.phase == Phase.REGISTERED else OrderStatus.DUE,
                paid_at=plan.times[-1] if plan.phase == Phase.REGISTERED else None,
            )
            for plan in filed
            if plan.phase in (Phase.FEE_DUE, Phase.REGISTERED)
        )

    def _application(self, plan: _Plan) -> Application:
        step, holder_id = plan.route[plan.place]
        holds = plan.phase not in SETTLED | {Phase.DRAFT, Phase.RETURNED, Phase.FEE_DUE}
        due_at = None if plan.is_settled else step.closes_at
        clears_at = plan.clears_at
        application = Application(
            id=plan.id,
            applicant=plan.applicant,
            schedule=self.schedule,
            track=plan.open_title.track,
            open_title=plan.open_title,
            employer_id=plan.employer_id,
            number=f"{self.schedule.year}{plan.id:07d}",
            step=step,
            phase=plan.phase,
            holder_id=holder_id if holds else None,
            version=len(_transition_steps(plan)),
            entered_at=plan.times[plan.place],
            due_at=due_at,
            clears_at=clears_at,
            next_due_at=None if plan.phase == Phase.DRAFT else clears_at or due_at,
            submissions=0 if plan.phase == Phase.DRAFT else 1,
            submitted_at=None if plan.phase == Phase.DRAFT else plan.times[1],
            accepted_at=(
                plan.times[-1] if plan.phase in (Phase.FEE_DUE, Phase.REGISTERED) else None
            ),
            registered_at=plan.times[-1] if plan.phase == Phase.REGISTERED else None,
            ended_at=plan.times[-1] if plan.phase in ENDED else None,
        )
        if plan.phase == Phase.RETURNED:
            following = plan.route[plan.place + 1][0]
            application.correction_due_at = following.closes_at
            application.extended_until = following.closes_at
            application.extended_through = plan.place
            application.due_at = application.next_due_at = following.closes_at
        return application

    def _snapshot(self, plan: _Plan) -> Snapshot:
        data = {
            "schema": SCHEMA,
            "applied_for": {
                "title": plan.open_title.title.name,
                "series": plan.open_title.title.series,
                "specialty": "",
                "rank": plan.open_title.title.rank,
                "track": plan.open_title.track.name,
                "employer": "示例单位",
                "personnel_agency": "",
            },
            "sections": SECTIONS,
        }
        personal = {
            "name": plan.applicant.name,
            "identity_number": plan.applicant.identity_number,
            "phone": plan.applicant.phone,
        }
        return Snapshot(
            application_id=plan.id,
            number=1,
            data=data,
            personal=canonical(personal),
            sha256=digest(data, personal),
            taken_at=plan.times[1],
        )

    def _notice(self, plan: _Plan, snapshot: Snapshot) -> Notice | None:
        place = _place(plan.route, "notice")
        if plan.place < place:
            return None
        is_posted = plan.clears_at is not None
        posted_at = plan.times[place]
        clears_at = plan.clears_at or clock.start_of(self.now.date())
        return Notice(
            application_id=plan.id,
            organisation_id=plan.employer_id,
            snapshot=snapshot,
            content={"name": plan.applicant.name, "achievements": []},
            content_digest=snapshot.sha256,
            posted_at=posted_at,
            working_days=self.schedule.publicity_working_days,
            last_day_on=clears_at.date() - dt.timedelta(days=1),
            clears_at=clears_at,
            status=NoticeStatus.POSTED if is_posted else NoticeStatus.ENDED,
            ended_at=None if is_posted else clears_at,
        )


EMPLOYER = -1  # stands for whichever employer the applicant has
# Enough for an officer's page to show something.
SECTIONS = {
    "education": [
        {"id": "000000000001", "data": {"school": "示范大学", "subject": "机械"}, "evidence": []}
    ],
    "achievement_project": [
        {
            "id": "000000000002",
            "data": {"title": "示范工程", "role": "负责人", "result": "投入使用"},
            "evidence": [],
        }
    ],
}


def _place(route: list[tuple[Step, int | None]], code: str) -> int:
    """Return the position of a step; of the next one where the route passes it over."""
    codes = [step.code for step, _holder in route]
    return codes.index(code if code in codes else "title-office")


# --- Rows for COPY: a million of them, so as plain tuples ------------------------------

STOP_COLUMNS = (
    *("application_id", "position", "step_id", "holder_id"),
    *("reached_at", "opened_at", "left_at"),
)
TRANSITION_COLUMNS = (
    *("application_id", "sequence", "action", "from_step_id", "from_phase", "to_step_id"),
    *("to_phase", "actor_id", "organisation_id", "snapshot_id", "receipt_number", "reason"),
    *("at", "recorded_at"),
)


def _stops(plan: _Plan) -> Iterator[tuple]:
    for position, (step, holder_id) in enumerate(plan.route):
        reached_at = plan.times[position] if position <= plan.place else None
        left_at = plan.left_at(position)
        yield (plan.id, position, step.pk, holder_id, reached_at, left_at, left_at)


def _transition_steps(plan: _Plan) -> list[tuple[str, str, str, int, int]]:
    """Return (action, from phase, to phase, from position, to position) of each transition."""
    if plan.phase == Phase.DRAFT:
        return []
    steps = []
    for position in range(plan.place):
        kind = plan.route[position][0].kind
        action, from_phase = _LEAVING[kind]
        if kind == "employer_notice":
            steps.append((Action.CLEAR, Phase.ON_NOTICE, from_phase, position, position))
        to_phase = _ENTERING[plan.route[position + 1][0].kind]
        steps.append((action, from_phase, to_phase, position, position + 1))
    here = _ENTERING.get(plan.step.kind)
    if plan.phase == Phase.NOTICE_CLEARED:
        steps.append((Action.CLEAR, here, plan.phase, plan.place, plan.place))
    elif plan.phase == Phase.REGISTERED:
        steps.append((Action.PAY, here, plan.phase, plan.place, plan.place))
    elif plan.phase in _ENDING:
        steps.append((_ENDING[plan.phase], here, plan.phase, plan.place, plan.place))
    return steps


def _transitions(plan: _Plan, snapshot: Snapshot, year: int) -> Iterator[tuple]:
    receipt = f"{year}{plan.id:07d}-01"
    for sequence, (action, from_phase, to_phase, start, end) in enumerate(
        _transition_steps(plan), start=1
    ):
        is_submit = action == Action.SUBMIT
        is_own = is_submit or action == Action.WITHDRAW
        at = plan.times[max(start + 1, end)]
        yield (
            plan.id,
            sequence,
            str(action),
            plan.route[start][0].pk,
            str(from_phase),
            plan.route[end][0].pk,
            str(to_phase),
            plan.applicant.pk if is_own else None,
            None if is_own else plan.route[start][1],
            snapshot.pk if is_submit else None,
            receipt if is_submit else "",
            "请补正" if action == Action.RETURN else "",
            at,
            at,
        )


def _next_ids(model: type[models.Model], count: int) -> list[int]:
    """Take that many primary keys from the model's sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _copy(model: type[models.Model], columns: tuple[str, ...], rows: Iterable[tuple]) -> None:
    """Write rows by COPY: ten times as fast as INSERT."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow(["\\N" if value is None else value for value in row])
    buffer.seek(0)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {table} ({', '.join(columns)}) FROM STDIN WITH (FORMAT csv, NULL '\\N')",
            buffer,
        )
