"""Make the demo's data: only by the domain's own services, each at its own instant."""

import datetime as dt
import itertools
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import User
from accounts.services import register_person
from applications import entries, evidence, filing
from applications.models import Application
from applications.services import settle_application
from core import clock, invented
from core.validators import Sex
from organisations.models import Organisation, Role
from organisations.services import grant_membership
from payments.services import record_counter_payment
from portal.demo import answers, people
from portal.demo.clock import START, set_clock
from portal.demo.people import OFFICERS, ORGANISATIONS, PASSWORD
from portal.demo.stories import CURRENT, EARLIER, ENGINEER, Story
from portal.models import DemoPerson
from portal.staff import STAFF_GROUP
from publicity.services import decide_objection, raise_objection
from reviews import services as reviews
from schedules.loader import load_schedule, read_file, shifted
from schedules.models import OpenTitle, Schedule, ScheduleStatus, Step
from schedules.services import publish_schedule

BATCH = Path(__file__).with_name("batch.yaml")
PRESETS = settings.BASE_DIR / "schedules" / "presets"
# The batch before the current one: the same data on dates 19 weeks earlier.
BEFORE = dt.timedelta(weeks=19)
_OFFICERS_PHONES, _APPLICANTS_PHONES = 1, 1001


def load_demo() -> None:
    """Load schedules, organisations, people and applications; set the demo's clock last.

    Takes about 20 seconds. Each application is one transaction.
    """
    with clock.pinned(START - dt.timedelta(days=200)), transaction.atomic():
        loader = _Loader()
        loader.make_organisations()
        current, earlier = loader.load_schedules()
        loader.make_officers()
        loader.make_committees()
    for story in EARLIER:
        loader.tell(story, earlier, by=-BEFORE)
    for story in CURRENT:
        loader.tell(story, current)
    loader.make_newcomers()
    loader.settle_everything()
    set_clock(to=START)


class _Loader:
    """Everything made so far, by its key or its name."""

    def __init__(self) -> None:
        # Hashing is slow by design; everybody has the same password, and one hash of it.
        self.password_hash = make_password(PASSWORD)
        self.organisations: dict[str, Organisation] = {}
        self.officers: dict[str, User] = {}
        self.clerks: dict[int, User] = {}
        self._phones = itertools.count(_OFFICERS_PHONES)
        self._applicants = itertools.count()
        self._receipts = itertools.count(1)
        self._order = itertools.count(100)

    # --- Organisations, schedules, people

    def make_organisations(self) -> None:
        for number, plan in enumerate(ORGANISATIONS, start=1):
            self.organisations[plan.key] = Organisation.objects.create(
                name=plan.name,
                kind=plan.kind,
                credit_code=invented.credit_code(number, kind=plan.code_kind),
                supervisor=self.organisations[plan.above] if plan.above else None,
                contact_name=plan.contact,
                contact_telephone=f"000-8000{number:04d}",
                address=plan.address,
            )

    def load_schedules(self) -> tuple[Schedule, Schedule]:
        """Load and publish the batches and every preset; return current and earlier batch."""
        data = read_file(BATCH)
        before = shifted(data, -BEFORE) | {
            "code": "shifan-2020-1",
            "name": "示范市2020年度第一批高级职称申报（演示，已结束）",
            "document_number": "示职改办〔2020〕6号（虚构）",
        }
        earlier, current = load_schedule(before), load_schedule(data)
        presets = [load_schedule(path) for path in sorted(PRESETS.glob("*.yaml"))]
        for schedule in (earlier, current, *presets):
            publish_schedule(schedule=schedule)
        return current, earlier

    def make_person(self, name: str, phone: int, *, sex: Sex | None = None) -> User:
        born_on = dt.date(1968 + phone % 20, 1 + phone % 12, 1 + phone % 28)
        return register_person(
            name=name,
            identity_number=invented.identity_number(
                born_on, 1 + phone % 400, sex or list(Sex)[phone % 2]
            ),
            phone=invented.mobile(phone),
            password_hash=self.password_hash,
        )

    def show(self, user: User, group: str, note: str, order: int | None = None) -> None:
        """Put somebody on the list of people who can be played."""
        DemoPerson.objects.create(
            user=user, group=group, note=note, order=next(self._order) if order is None else order
        )

    def make_officers(self) -> None:
        for plan in OFFICERS:
            user = self.make_person(plan.name, next(self._phones))
            self.officers[plan.name] = user
            for key, role in plan.roles:
                grant_membership(user=user, organisation=self.organisations[key], role=role)
            self.show(user, plan.group, plan.note)

    def make_committees(self) -> None:
        """Give every committee office that a schedule names somebody who decides, and a clerk."""
        offices = Organisation.objects.filter(
            pk__in=OpenTitle.objects.values("committee_office")
        ).order_by("pk")
        names = zip(people.COMMITTEE_NAMES, people.CLERK_NAMES, strict=True)
        clerks = []
        for office, (name, clerk_name) in zip(offices, names, strict=False):
            user = self.make_person(name, next(self._phones))
            grant_membership(user=user, organisation=office, role=Role.APPROVER)
            self.officers[name] = user
            self.show(user, people.COMMITTEE, f"{office.name}，审批人员")
            clerk = self.make_person(clerk_name, next(self._phones))
            grant_membership(user=clerk, organisation=office, role=Role.COUNTER_CLERK)
            self.clerks[office.pk] = clerk
            clerks.append((clerk, f"{office.name}，收费窗口"))
        for clerk, note in clerks:
            self.show(clerk, people.COUNTER, note)
        staff = self.make_person("方既明", next(self._phones))
        staff.is_staff = True
        staff.save()
        staff.groups.add(Group.objects.get(name=STAFF_GROUP))
        self.show(staff, people.STAFF, "示范市职称改革办公室，在后台维护年度安排和单位")
        administrator = self.make_person("顾问渠", next(self._phones))
        administrator.is_staff = administrator.is_superuser = True
        administrator.save()
        self.show(administrator, people.STAFF, "系统管理员")

    # --- Applications

    def new_applicant(self) -> tuple[int, User]:
        number = next(self._applicants)
        name = people.applicant_name(number)
        return number, self.make_person(name, _APPLICANTS_PHONES + number)

    @transaction.atomic
    def tell(self, story: Story, schedule: Schedule, *, by: dt.timedelta = dt.timedelta()) -> None:
        """Let a story happen in a schedule, its dates moved by ``by``."""
        times = [_event(text, schedule.year, by) for text in story.events]
        started_at = max(
            times[0][0] - dt.timedelta(days=3),
            Step.objects.get(track__schedule=schedule, order=1).opens_at,
        )
        with clock.pinned(started_at - dt.timedelta(days=1)):
            number, applicant = self._applicant_of(story)
        if story.note and not story.applicant:
            self.show(applicant, people.APPLICANT, story.note)
        application = self._draft(
            story,
            schedule,
            applicant=applicant,
            number=number,
            at=started_at,
            is_half=times[0][1] == "half",
        )
        for at, action in times:
            with clock.pinned(at):
                application.refresh_from_db()
                _ACTIONS[action](self, application, number)

    def _applicant_of(self, story: Story) -> tuple[int, User]:
        if story.applicant:
            return next(self._applicants), self.officers[story.applicant]
        return self.new_applicant()

    def _draft(
        self,
        story: Story,
        schedule: Schedule,
        *,
        applicant: User,
        number: int,
        at: dt.datetime,
        is_half: bool = False,
    ) -> Application:
        """Start an application and fill it in, all of it or the first half."""
        open_title = OpenTitle.objects.select_related("track__schedule", "title").get(
            track__schedule=schedule, title__code=story.title
        )
        with clock.pinned(at):
            application = filing.start_application(applicant=applicant, open_title=open_title)
            employer = self.organisations[story.employer] if story.employer else None
            agency = self.organisations[story.agency] if story.agency else None
            entries.choose_employer(
                application=application,
                actor=applicant,
                employer=employer,
                personnel_agency=agency,
            )
            written = answers.complete(
                number=number, title_code=story.title, employer=str(employer or "自由职业")
            )
            if is_half:
                written = dict(itertools.islice(written.items(), 4))
            elif not story.note:
                written = answers.shortened(written)
            _fill_in(application, written, number)
        return application

    @transaction.atomic
    def make_newcomers(self) -> None:
        """Make the people with whom a visitor begins, in the schedules whose filing is open."""
        at = START - dt.timedelta(minutes=30)
        with clock.pinned(START - dt.timedelta(days=5)):
            newcomers = [self.new_applicant() for _newcomer in range(5)]
        notes = [
            "还没有申报：在云溪精密机械有限公司工作，可以从头填起",
            "云溪精密机械有限公司，申报表已填好，可以直接提交",
            "云溪新材料有限公司，人事代理，申报表已填好，可以直接提交",
            "示范市公路规划设计院，申报表已填好，可以直接提交",
            "云溪精密机械有限公司，申报表填了一半",
        ]
        for order, ((_number, user), note) in enumerate(zip(newcomers, notes, strict=True)):
            self.show(user, "准备申报的人", note, order)
        stories = [
            Story("machinery", ENGINEER, [], note=notes[1]),
            Story("materials", ENGINEER, [], note=notes[2], agency="agency"),
            Story("highway", ENGINEER, [], note=notes[3]),
            Story("machinery", ENGINEER, [], note=notes[4]),
        ]
        opening = Schedule.objects.filter(
            status=ScheduleStatus.PUBLISHED,
            tracks__steps__order=1,
            tracks__steps__opens_at__lte=at,
            tracks__steps__closes_at__gt=START,
        )
        schedule = opening.filter(tracks__open_titles__title__code=ENGINEER).first()
        for (number, user), story in zip(newcomers[1:], stories, strict=True):
            self._draft(
                story, schedule, applicant=user, number=number, at=at, is_half=story is stories[-1]
            )

    def settle_everything(self) -> None:
        """Record what fell due by the instant at which the demo begins."""
        due = Application.objects.filter(next_due_at__lte=START)
        with clock.pinned(START):
            for application_id in list(due.values_list("pk", flat=True)):
                settle_application(application_id=application_id, at=START)

    # --- What happens to an application

    def holder_and_officer(self, application: Application) -> dict[str, Any]:
        """Return the organisation that holds the file and somebody who decides for it."""
        holder = application.holder
        able = [
            user
            for user in self.officers.values()
            if user.pk != application.applicant_id
            and user.memberships.filter(organisation=holder, role=Role.APPROVER).exists()
        ]
        # Grants are kept on the user for a request; here each action is one.
        return {"organisation": holder, "actor": User.objects.get(pk=able[0].pk)}

    def submit(self, application: Application, number: int) -> None:
        filing.submit_application(application=application, actor=application.applicant)

    def half(self, application: Application, number: int) -> None:
        """Leave the draft as it is."""

    def urge(self, application: Application, number: int) -> None:
        filing.urge_holder(application=application, actor=application.applicant)

    def open(self, application: Application, number: int) -> None:
        hands = self.holder_and_officer(application)
        reviews.open_application(application=application, **hands)
        snapshot = application.snapshots.order_by("-number").first()
        for section in list(snapshot.data["sections"])[:4]:
            reviews.record_check(
                application=application,
                snapshot=snapshot,
                section=section,
                verdict="correct",
                **hands,
            )

    def approve(self, application: Application, number: int) -> None:
        hands = self.holder_and_officer(application)
        reviews.open_application(application=application, **hands)
        application.refresh_from_db()
        snapshot = application.snapshots.order_by("-number").first()
        if application.step.settings.get("checks_every_item"):
            for section in reviews.unchecked_sections(application):
                reviews.record_check(
                    application=application,
                    snapshot=snapshot,
                    section=section,
                    verdict="correct",
                    **hands,
                )
        reviews.approve(application=application, opinion=_opinion(application), **hands)

    def report(self, application: Application, number: int) -> None:
        reviews.report(application=application, **self.holder_and_officer(application))

    def give_back(self, application: Application, number: int) -> None:
        reviews.return_for_correction(
            application=application,
            deficiencies=[
                reviews.DeficiencyInput(
                    section="achievement_project",
                    text="第二个项目的本人排名与验收意见不一致，请核实后更正。",
                    is_material=True,
                ),
                reviews.DeficiencyInput(
                    section="achievement_project", text="请补充第二个项目的验收意见和应用证明。"
                ),
            ],
            text="材料基本齐全，以下两处请一并补正。",
            **self.holder_and_officer(application),
        )

    def resubmit(self, application: Application, number: int) -> None:
        title_code = application.open_title.title.code
        written = answers.complete(number=number, title_code=title_code, employer="")
        projects = application.entries.filter(section="achievement_project", removed_at=None)
        corrected = answers.corrected(written)["achievement_project"]
        for entry, typed in zip(projects.order_by("position"), corrected, strict=True):
            entries.save_entry(
                application=application,
                actor=application.applicant,
                section="achievement_project",
                typed=typed,
                entry=entry,
            )
        filing.submit_application(application=application, actor=application.applicant)

    def refuse(self, application: Application, number: int) -> None:
        reviews.refuse(
            application=application,
            reason="任现职称以来的业绩尚未达到申报条件规定的数量。",
            **self.holder_and_officer(application),
        )

    def withdraw(self, application: Application, number: int) -> None:
        filing.withdraw_application(
            application=application, actor=application.applicant, reason="本人决定下一年度再申报。"
        )

    def object_to(self, application: Application, number: int) -> None:
        raise_objection(
            notice=application.notices.get(),
            text="公示的第一个项目由多人共同完成，请核实本人排名。",
            author_name="某职工",
            author_telephone=invented.mobile(9000 + number),
        )

    def find_unfounded(self, application: Application, number: int) -> None:
        self._decide(application, is_upheld=False, finding="经查阅任务书和验收意见，排名属实。")

    def uphold(self, application: Application, number: int) -> None:
        self._decide(application, is_upheld=True, finding="经核实，本人不是该项目的负责人。")

    def _decide(self, application: Application, **conclusion: Any) -> None:
        objection = application.notices.get().objections.get()
        decide_objection(objection=objection, **conclusion, **self.holder_and_officer(application))

    def pay(self, application: Application, number: int) -> None:
        office = application.open_title.committee_office
        record_counter_payment(
            application=application,
            actor=User.objects.get(pk=self.clerks[office.pk].pk),
            organisation=office,
            amount=Decimal(application.open_title.fee),
            receipt_number=f"SF2020{next(self._receipts):05d}",
            paper_copies=dict(application.step.settings["paper_copies"]),
        )


_ACTIONS: dict[str, Callable[[_Loader, Application, int], None]] = {
    "half": _Loader.half,
    "submit": _Loader.submit,
    "urge": _Loader.urge,
    "open": _Loader.open,
    "approve": _Loader.approve,
    "report": _Loader.report,
    "return": _Loader.give_back,
    "resubmit": _Loader.resubmit,
    "refuse": _Loader.refuse,
    "withdraw": _Loader.withdraw,
    "object": _Loader.object_to,
    "unfounded": _Loader.find_unfounded,
    "upheld": _Loader.uphold,
    "pay": _Loader.pay,
}


def _event(text: str, year: int, by: dt.timedelta) -> tuple[dt.datetime, str]:
    when, action = text.rsplit(" ", 1)
    at = dt.datetime.fromisoformat(f"{year}-{when}").replace(tzinfo=clock.SHANGHAI)
    return at + by, action


def _fill_in(application: Application, written: answers.Answers, number: int) -> None:
    """Type the answers and attach the papers that prove them, as the applicant does."""
    applicant = application.applicant
    for section, items in written.items():
        repeats = entries.sections.get(section).repeats
        for position, typed in enumerate(items):
            entry = None
            if repeats:
                entry = entries.add_entry(application=application, actor=applicant, section=section)
            entry = entries.save_entry(
                application=application,
                actor=applicant,
                section=section,
                typed=typed,
                entry=entry,
            )
            if section in answers.PAPERS and position == 0:
                name, draw = answers.PAPERS[section]
                evidence.attach_evidence(
                    application=application,
                    actor=applicant,
                    section=section,
                    file=draw(number),
                    name=name,
                    entry=entry,
                )


def _opinion(application: Application) -> str:
    if application.step.settings.get("needs_opinion", True):
        return "经审核，材料真实、完整，符合申报条件，同意推荐。"
    return ""
