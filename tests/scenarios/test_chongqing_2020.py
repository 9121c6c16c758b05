"""The Chongqing 2020 notice, walked day by day at its own dates (C1–C49)."""

import datetime as dt

import pytest

from applications import deadlines, filing
from applications.errors import (
    ActionNotAvailable,
    ActionRefused,
    NoReviewer,
    NoticeStillRunning,
    WindowClosed,
    WindowNotOpen,
)
from applications.models import Transition
from applications.workflow import Action, Phase
from organisations.models import OrganisationKind
from payments.models import CounterReceipt
from tests.factories.chain import Chain, instant
from tests.factories.people import OrganisationFactory, UserFactory, officer


def settled(application, at: str) -> str:
    """Return the phase in which a page shows the application at an instant."""
    application.refresh_from_db()
    return deadlines.standing(application, instant(at)).phase


class TestDistrictRoute:
    """Unit → district authority → district title-reform office → committee."""

    def test_every_stage_at_its_own_date_ends_registered(self, chain: Chain):
        application = chain.draft(at="2020-11-17 00:00")
        application = chain.submit(application, "2020-11-23 23:59:59")
        assert application.phase == Phase.SUBMITTED
        assert application.holder == chain.employer

        application = chain.approve(application, "2020-11-26 10:00")
        assert application.phase == Phase.ON_NOTICE

        application = chain.report(application, "2020-12-04 00:00")
        assert application.holder == chain.district_authority

        application = chain.approve(application, "2020-12-09 23:59:59")
        assert application.holder == chain.title_office

        application = chain.approve(application, "2020-12-14 12:00")
        assert application.holder == chain.committee

        application = chain.approve(application, "2020-12-17 23:59:59")
        assert application.phase == Phase.FEE_DUE
        assert application.accepted_at == instant("2020-12-17 23:59:59")

        application = chain.pay(application, "2020-12-25 23:59:59")
        assert application.phase == Phase.REGISTERED
        assert application.registered_at == instant("2020-12-25 23:59:59")
        actions = list(application.transitions.values_list("action", flat=True))
        assert actions == [
            "submit",
            "approve",
            "clear",
            "report",
            "approve",
            "approve",
            "approve",
            "pay",
        ]
        assert list(application.transitions.values_list("sequence", flat=True)) == list(range(1, 9))

    def test_submit_outside_the_filing_window_is_refused_and_the_draft_kept(self, chain: Chain):
        application = chain.draft(at="2020-11-23 23:00")
        with pytest.raises(WindowClosed):
            chain.submit(application, "2020-11-24 00:00")
        application.refresh_from_db()
        assert application.phase == Phase.DRAFT
        assert application.entries.exists()
        assert settled(application, "2020-12-31 00:00") == Phase.DRAFT  # not filed, not lapsed

    def test_start_before_the_filing_window_is_refused(self, chain: Chain):
        with pytest.raises(WindowNotOpen):
            chain.draft(at="2020-11-16 23:59:59")


class TestLock:
    """Five working days between approval and report (C22–C26)."""

    def on_notice(self, chain: Chain, approved: str):
        return chain.approve(chain.submit(chain.draft()), approved)

    def test_report_is_refused_through_the_fifth_working_day(self, chain: Chain):
        application = self.on_notice(chain, "2020-11-26 10:00")
        for moment in ("2020-11-26 10:01", "2020-11-30 12:00", "2020-12-03 23:59:59"):
            with pytest.raises(NoticeStillRunning, match="2020-12-04 00:00"):
                chain.report(application, moment)
        assert chain.report(application, "2020-12-04 00:00").phase == Phase.UNDER_REVIEW

    def test_the_clock_alone_clears_the_notice(self, chain: Chain):
        application = self.on_notice(chain, "2020-11-26 10:00")
        assert settled(application, "2020-12-03 23:59:59") == Phase.ON_NOTICE
        assert settled(application, "2020-12-04 00:00") == Phase.NOTICE_CLEARED

    def test_a_late_worker_dates_the_clearing_at_the_instant_it_fell_due(self, chain: Chain):
        application = chain.report(self.on_notice(chain, "2020-11-26 10:00"), "2020-12-04 15:00")
        clear = application.transitions.get(action=Action.CLEAR)
        assert clear.at == instant("2020-12-04 00:00")
        assert clear.actor is None

    def test_the_earliest_approval_meets_the_opening_of_the_next_stage(self, chain: Chain):
        application = chain.submit(chain.draft(at="2020-11-17 00:00"), "2020-11-17 08:00")
        application = chain.approve(application, "2020-11-17 09:00")
        assert application.clears_at == instant("2020-11-25 00:00")
        assert chain.report(application, "2020-11-25 00:00").step.opens_at == instant("2020-11-25")

    def test_an_approval_too_late_to_report_lapses_with_the_employer(self, chain: Chain):
        application = self.on_notice(chain, "2020-11-27 09:00")
        assert application.clears_at == instant("2020-12-05 00:00")
        with pytest.raises(ActionRefused):
            chain.report(application, "2020-12-05 00:00")
        assert settled(application, "2020-12-05 00:00") == Phase.LAPSED

    def test_reporting_after_the_close_is_refused(self, chain: Chain):
        application = self.on_notice(chain, "2020-11-26 10:00")
        with pytest.raises(ActionRefused):
            chain.report(application, "2020-12-05 00:00")


class TestRoutes:
    """The routes that C27–C31 imply."""

    def test_through_a_personnel_agency(self, chain: Chain):
        application = chain.submit(chain.draft(employer=chain.employer, agency=chain.agency))
        application = chain.report(
            chain.approve(application, "2020-11-20 09:00"), "2020-12-01 09:00"
        )
        assert application.holder == chain.agency
        assert chain.approve(application, "2020-12-02 09:00").holder == chain.title_office

    def test_an_agency_without_employer_verifies_posts_and_recommends(self, chain: Chain):
        application = chain.submit(chain.draft(agency=chain.agency))
        holders = [stop.holder for stop in application.stops.all()]
        assert holders == [None, *[chain.agency] * 3, chain.title_office, *[chain.committee] * 2]

    def test_a_unit_of_a_municipal_department_skips_the_district(self, chain: Chain):
        application = chain.submit(chain.draft(employer=chain.municipal_employer))
        application = chain.report(
            chain.approve(application, "2020-11-20 09:00"), "2020-12-01 09:00"
        )
        assert application.holder == chain.municipal_authority
        assert chain.approve(application, "2020-12-02 09:00").holder == chain.committee

    def test_a_file_that_finds_no_reviewer_is_refused_at_submit(self, chain: Chain):
        lonely = OrganisationFactory(name="无主管单位")
        application = chain.draft(employer=lonely)
        with pytest.raises(NoReviewer, match="无主管单位"):
            chain.submit(application)
        application.refresh_from_db()
        assert application.phase == Phase.DRAFT
        assert not application.stops.exists()

    def test_a_later_change_of_supervisor_leaves_the_route(self, chain: Chain):
        application = chain.submit(chain.draft())
        other = OrganisationFactory(
            kind=OrganisationKind.DISTRICT_AUTHORITY, supervisor=chain.title_office
        )
        chain.employer.supervisor = other
        chain.employer.save()
        application = chain.report(
            chain.approve(application, "2020-11-20 09:00"), "2020-12-01 09:00"
        )
        assert application.holder == chain.district_authority


def at_stage(chain: Chain, stage: str, *, employer=None):
    """Return a file in the hands of an office: employer, authority, title_office, committee."""
    application = chain.submit(chain.draft(employer=employer))
    if stage == "employer":
        return application
    application = chain.report(chain.approve(application, "2020-11-20 09:00"), "2020-11-30 09:00")
    if stage == "authority":
        return application
    if application.holder == chain.district_authority:
        application = chain.approve(application, "2020-11-30 10:00")
    if stage == "title_office":
        return application
    return chain.approve(application, "2020-11-30 11:00")


class TestReturns:
    """Corrections by C33 and C34: one minute before the limit and one minute after."""

    @pytest.mark.parametrize(
        ("stage", "employer", "returned", "limit"),
        [
            ("employer", "employer", "2020-11-25 09:00", "2020-12-10 00:00"),
            ("employer", "municipal_employer", "2020-11-25 09:00", "2020-12-15 00:00"),
            ("authority", "employer", "2020-12-01 09:00", "2020-12-15 00:00"),
            ("title_office", "employer", "2020-12-02 09:00", "2020-12-18 00:00"),
            ("title_office", "municipal_employer", "2020-12-02 09:00", "2020-12-18 00:00"),
            ("committee", "employer", "2020-12-03 09:00", "2020-12-21 00:00"),
        ],
    )
    def test_a_return_runs_to_the_limit_of_its_stage(
        self, chain: Chain, stage, employer, returned, limit
    ):
        before = at_stage(chain, stage, employer=getattr(chain, employer))
        application = chain.give_back(before, returned)
        assert application.phase == Phase.RETURNED
        assert application.holder is None
        assert application.due_at == instant(limit)
        one_minute = dt.timedelta(minutes=1)

        with pytest.raises(ActionRefused):
            filing.submit_application(
                application=application,
                actor=application.applicant,
                at=instant(limit) + one_minute,
            )
        application = filing.submit_application(
            application=application,
            actor=application.applicant,
            at=instant(limit) - one_minute,
        ).application
        redone_from = before.holder if stage == "committee" else application.stops.all()[1].holder
        assert application.holder == redone_from

    def test_an_uncorrected_file_lapses_as_the_applicants(self, chain: Chain):
        application = chain.give_back(at_stage(chain, "authority"), "2020-12-01 09:00")
        assert settled(application, "2020-12-15 00:00") == Phase.LAPSED
        with pytest.raises(ActionRefused):
            chain.submit(application, "2020-12-15 00:01")

    def test_redone_reviews_are_open_past_their_windows_and_the_notice_stands(self, chain: Chain):
        application = chain.give_back(at_stage(chain, "title_office"), "2020-12-08 09:00")
        application = chain.submit(application, "2020-12-09 09:00")
        # The employer's window closed on 12-04; for this file it is open until 12-17.
        application = chain.approve(application, "2020-12-10 09:00")
        assert application.phase == Phase.NOTICE_CLEARED  # the cleared notice stands
        assert application.notices.count() == 1
        application = chain.report(application, "2020-12-10 10:00")
        application = chain.approve(application, "2020-12-16 09:00")  # authority: closed 12-09
        application = chain.approve(application, "2020-12-17 09:00")  # title office: closed 12-14
        assert application.holder == chain.committee
        with pytest.raises(ActionRefused):
            chain.approve(application, "2020-12-18 00:00")  # the next step keeps its own close

    def test_what_is_not_redone_in_time_lapses_in_that_offices_hands(self, chain: Chain):
        application = chain.give_back(at_stage(chain, "title_office"), "2020-12-08 09:00")
        application = chain.submit(application, "2020-12-09 09:00")
        assert settled(application, "2020-12-17 23:59:59") == Phase.SUBMITTED
        assert settled(application, "2020-12-18 00:00") == Phase.LAPSED

    def test_a_changed_notice_is_posted_anew(self, chain: Chain):
        application = chain.give_back(at_stage(chain, "authority"), "2020-12-01 09:00")
        entry = application.entries.get(section="achievement_project")
        entry.data = {**entry.data, "title": "另一项工程"}
        entry.save()
        application = chain.approve(chain.submit(application, "2020-12-02 09:00"), "2020-12-03")
        assert application.phase == Phase.ON_NOTICE
        assert application.clears_at == instant("2020-12-11 00:00")
        assert application.notices.count() == 2

    def test_an_ordered_notice_is_posted_anew(self, chain: Chain):
        application = chain.give_back(
            at_stage(chain, "authority"), "2020-12-01 09:00", orders_new_notice=True
        )
        application = chain.approve(chain.submit(application, "2020-12-02 09:00"), "2020-12-03")
        assert application.phase == Phase.ON_NOTICE

    def test_a_committees_correction_goes_straight_back_and_is_decided_until_payment_opens(
        self, chain: Chain
    ):
        application = chain.give_back(at_stage(chain, "committee"), "2020-12-17 23:00")
        application = chain.submit(application, "2020-12-20 23:59")
        assert application.holder == chain.committee
        assert application.due_at == instant("2020-12-23 00:00")
        application = chain.approve(application, "2020-12-22 23:59:59")
        assert application.phase == Phase.FEE_DUE

    def test_a_committee_that_decides_too_late_lets_it_lapse(self, chain: Chain):
        application = chain.give_back(at_stage(chain, "committee"), "2020-12-17 23:00")
        application = chain.submit(application, "2020-12-20 23:59")
        with pytest.raises(ActionRefused):
            chain.approve(application, "2020-12-23 00:00")

    def test_a_committee_cannot_return_past_the_limit(self, chain: Chain):
        application = chain.give_back(at_stage(chain, "committee"), "2020-12-17 23:00")
        application = chain.submit(application, "2020-12-20 23:59")
        with pytest.raises(WindowClosed):
            chain.give_back(application, "2020-12-21 00:00")

    def test_a_second_return_by_an_earlier_office_keeps_the_longer_limit(self, chain: Chain):
        application = chain.give_back(at_stage(chain, "title_office"), "2020-12-02 09:00")
        application = chain.submit(application, "2020-12-03 09:00")
        application = chain.give_back(application, "2020-12-04 09:00")  # by the employer
        assert application.due_at == instant("2020-12-18 00:00")


class TestLapses:
    """Every stage closes on time (C40), and whose lapse it was is recorded (C44)."""

    @pytest.mark.parametrize(
        ("stage", "office", "closes"),
        [
            ("employer", "employer", "2020-12-05 00:00"),
            ("authority", "district_authority", "2020-12-10 00:00"),
            ("title_office", "title_office", "2020-12-15 00:00"),
            ("committee", "committee", "2020-12-18 00:00"),
        ],
    )
    def test_a_file_left_lying_is_recorded_as_that_offices_lapse(
        self, chain: Chain, stage, office, closes
    ):
        from applications.services import settle_application

        application = at_stage(chain, stage)
        settle_application(application_id=application.pk, at=instant(closes))
        application.refresh_from_db()
        assert application.phase == Phase.LAPSED
        lapse = Transition.objects.get(application=application, action=Action.LAPSE)
        assert lapse.organisation == getattr(chain, office)
        assert lapse.at == instant(closes)

    def test_an_office_acts_only_inside_its_window(self, chain: Chain):
        application = chain.submit(chain.draft(at="2020-11-17 00:00"), "2020-11-17 08:00")
        application = chain.approve(application, "2020-11-17 09:00")
        application = chain.report(application, "2020-11-25 00:00")
        application = chain.approve(application, "2020-11-25 09:00")
        assert application.holder == chain.title_office  # received, but opens on 11-26
        with pytest.raises(WindowNotOpen):
            chain.approve(application, "2020-11-25 23:59:59")
        assert chain.approve(application, "2020-11-26 00:00").holder == chain.committee


class TestPayment:
    """On site, 420 yuan, 12-23 to 12-25 (C35–C39)."""

    @pytest.fixture
    def accepted(self, chain: Chain):
        return chain.approve(at_stage(chain, "committee"), "2020-12-01 09:00")

    @pytest.mark.parametrize("moment", ["2020-12-22 23:59:59", "2020-12-26 00:00"])
    def test_out_of_the_window_is_refused(self, chain: Chain, accepted, moment):
        with pytest.raises(ActionRefused):
            chain.pay(accepted, moment)
        assert not CounterReceipt.objects.exists()

    def test_twice_is_refused(self, chain: Chain, accepted):
        chain.pay(accepted, "2020-12-23 00:00")
        with pytest.raises(ActionNotAvailable):
            chain.pay(accepted, "2020-12-23 00:01", number="A0002")
        assert CounterReceipt.objects.count() == 1

    def test_a_receipt_number_is_used_once(self, chain: Chain, accepted):
        other = chain.approve(at_stage(chain, "committee"), "2020-12-01 09:00")
        chain.pay(accepted, number="A0001")
        with pytest.raises(ActionRefused, match="票据号"):
            chain.pay(other, number="A0001")

    def test_an_unpaid_application_lapses_as_the_applicants(self, chain: Chain, accepted):
        assert settled(accepted, "2020-12-25 23:59:59") == Phase.FEE_DUE
        assert settled(accepted, "2020-12-26 00:00") == Phase.LAPSED


class TestApplicant:
    """Recall, withdraw, urge (C41–C43)."""

    def test_recall_before_the_employer_opens_the_file(self, chain: Chain):
        application = chain.submit(chain.draft())
        result = filing.recall_application(
            application=application, actor=application.applicant, at=instant("2020-11-19")
        )
        assert result.application.phase == Phase.DRAFT
        again = chain.submit(result.application, "2020-11-20")
        assert again.phase == Phase.SUBMITTED
        receipts = [made.receipt_number for made in again.transitions.filter(action="submit")]
        assert receipts == [f"{again.number}-01", f"{again.number}-02"]

    def test_recall_after_the_employer_opened_the_file_is_refused(self, chain: Chain):
        from reviews.services import open_application

        application = chain.submit(chain.draft())
        open_application(
            application=application,
            actor=chain.officer_of(chain.employer),
            organisation=chain.employer,
            at=instant("2020-11-18 10:00"),
        )
        with pytest.raises(ActionNotAvailable, match="已经开始审核"):
            filing.recall_application(
                application=application, actor=application.applicant, at=instant("2020-11-19")
            )

    def test_recall_after_the_filing_close_is_refused(self, chain: Chain):
        application = chain.submit(chain.draft())
        with pytest.raises(ActionNotAvailable, match="截止"):
            filing.recall_application(
                application=application, actor=application.applicant, at=instant("2020-11-24")
            )

    @pytest.mark.parametrize("stage", ["employer", "authority", "title_office", "committee"])
    def test_withdraw_until_registered_takes_a_posted_notice_down(self, chain: Chain, stage):
        application = at_stage(chain, stage)
        result = filing.withdraw_application(
            application=application, actor=application.applicant, at=instant("2020-12-01 12:00")
        )
        assert result.application.phase == Phase.WITHDRAWN
        assert not result.application.notices.filter(status="posted").exists()

    def test_withdraw_after_registration_is_refused(self, chain: Chain):
        application = chain.pay(chain.approve(at_stage(chain, "committee"), "2020-12-01"))
        with pytest.raises(ActionNotAvailable):
            filing.withdraw_application(
                application=application, actor=application.applicant, at=instant("2020-12-24")
            )

    def test_urge_once_a_day_whoever_holds_the_file(self, chain: Chain):
        application = at_stage(chain, "authority")

        def urge(at: str):
            return filing.urge_holder(
                application=application, actor=application.applicant, at=instant(at)
            )

        assert urge("2020-12-01 09:00") == chain.district_authority
        with pytest.raises(ActionRefused, match="今天已经催办"):
            urge("2020-12-01 23:00")
        assert urge("2020-12-02 09:00") == chain.district_authority

    def test_one_live_application_per_schedule(self, chain: Chain):
        applicant = UserFactory()
        first = chain.draft(applicant=applicant)
        assert chain.draft(applicant=applicant) == first
        other_title = chain.open_title.track.open_titles.exclude(pk=chain.open_title.pk).first()
        with pytest.raises(ActionRefused, match="已有一份申报"):
            filing.start_application(
                applicant=applicant, open_title=other_title, at=instant("2020-11-18")
            )


def test_an_officer_who_applies_cannot_act_on_the_own_file(chain: Chain):
    person = officer(chain.employer)
    application = chain.submit(chain.draft(applicant=person))
    chain.officers[chain.employer.pk] = person
    with pytest.raises(ActionRefused, match="回避"):
        chain.approve(application, "2020-11-20 09:00")
