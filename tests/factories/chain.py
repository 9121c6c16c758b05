"""The organisations of one city, its schedule, and files at any place of the chain.

Everything is made by the domain's own services, at the instants a test names.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from accounts.models import User
from applications import filing
from applications.models import Application
from core import clock
from organisations.models import Organisation, OrganisationKind, Role
from payments import services as payments
from reviews import services as reviews
from schedules.loader import load_schedule
from schedules.models import OpenTitle, Schedule, ScheduleStatus
from tests.factories.answers import fill_in
from tests.factories.people import OrganisationFactory, UserFactory, officer

PRESETS = Path(__file__).resolve().parents[2] / "schedules" / "presets"


def instant(text: str) -> dt.datetime:
    """Return the instant in Asia/Shanghai of ``"2020-11-26 10:00"`` (or of a date's start)."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI)


@dataclass
class Chain:
    """A city with all three routes of C27–C31, and somebody in each office."""

    schedule: Schedule
    open_title: OpenTitle
    committee: Organisation
    title_office: Organisation
    district_authority: Organisation
    municipal_authority: Organisation
    agency: Organisation
    employer: Organisation
    municipal_employer: Organisation
    officers: dict[int, User]
    clerk: User

    def officer_of(self, organisation: Organisation) -> User:
        """Return the person who decides for the organisation."""
        return self.officers[organisation.pk]

    def draft(
        self,
        *,
        at: str = "2020-11-17 09:00",
        applicant: User | None = None,
        employer: Organisation | None = None,
        agency: Organisation | None = None,
    ) -> Application:
        """Return a complete draft; without employer and agency, of ``self.employer``."""
        when = instant(at)
        with clock.pinned(when):
            application = filing.start_application(
                applicant=applicant or UserFactory(), open_title=self.open_title, at=when
            )
            application.employer = employer or (None if agency else self.employer)
            application.personnel_agency = agency
            application.save()
            fill_in(application)
        return application

    def submit(self, application: Application, at: str = "2020-11-18 09:00") -> Application:
        """Submit or resubmit."""
        return filing.submit_application(
            application=application, actor=application.applicant, at=instant(at)
        ).application

    def approve(self, application: Application, at: str) -> Application:
        """Approve at whichever office holds the file."""
        application.refresh_from_db()
        holder = application.holder
        actor = self.officer_of(holder)
        when = instant(at)
        for section in reviews.unchecked_sections(application):
            reviews.record_check(
                application=application,
                actor=actor,
                organisation=holder,
                snapshot=application.snapshots.last(),
                section=section,
                verdict="correct",
                at=when,
            )
        return reviews.approve(
            application=application, actor=actor, organisation=holder, opinion="同意推荐", at=when
        ).application

    def report(self, application: Application, at: str) -> Application:
        """Report upward after the notice."""
        application.refresh_from_db()
        holder = application.holder
        return reviews.report(
            application=application,
            actor=self.officer_of(holder),
            organisation=holder,
            at=instant(at),
        ).application

    def give_back(
        self, application: Application, at: str, *, section: str = "education", **options
    ) -> Application:
        """Return for correction from whichever office holds the file."""
        application.refresh_from_db()
        holder = application.holder
        return reviews.return_for_correction(
            application=application,
            actor=self.officer_of(holder),
            organisation=holder,
            deficiencies=[reviews.DeficiencyInput(section=section, text="请补充学位证书")],
            at=instant(at),
            **options,
        ).application

    def pay(
        self, application: Application, at: str = "2020-12-23 10:00", number: str = "A0001"
    ) -> Application:
        """Record the fee and the papers at the counter."""
        return payments.record_counter_payment(
            application=application,
            actor=self.clerk,
            organisation=self.committee,
            amount=Decimal("420"),
            receipt_number=number,
            paper_copies={"evaluation_form": 2, "notice_form": 15},
            at=instant(at),
        ).application


def build_chain() -> Chain:
    """Load the Chongqing preset and set up the offices of its three routes."""
    schedule = load_schedule(PRESETS / "chongqing_2020.yaml")
    schedule.status = ScheduleStatus.PUBLISHED
    schedule.save()
    open_title = OpenTitle.objects.select_related("committee_office").get(
        track__schedule=schedule, title__name="正高级工程师"
    )

    def make(name: str, kind: str, supervisor: Organisation | None = None) -> Organisation:
        return OrganisationFactory(name=name, kind=kind, supervisor=supervisor)

    kind = OrganisationKind
    title_office = make("江北新区职改办", kind.DISTRICT_TITLE_OFFICE)
    district_authority = make("江北新区工信局", kind.DISTRICT_AUTHORITY, title_office)
    municipal_authority = make("示范市交通局", kind.MUNICIPAL_AUTHORITY)
    agency = make("江北新区人才中心", kind.PERSONNEL_AGENCY, title_office)
    employer = make("江北第一机械厂", kind.EMPLOYER, district_authority)
    municipal_employer = make("示范市公路设计院", kind.EMPLOYER, municipal_authority)
    committee = open_title.committee_office
    offices = [title_office, district_authority, municipal_authority, agency, employer]
    offices += [municipal_employer, committee]
    return Chain(
        schedule=schedule,
        open_title=open_title,
        committee=committee,
        title_office=title_office,
        district_authority=district_authority,
        municipal_authority=municipal_authority,
        agency=agency,
        employer=employer,
        municipal_employer=municipal_employer,
        officers={office.pk: officer(office) for office in offices},
        clerk=officer(committee, Role.COUNTER_CLERK),
    )
