"""Replays, stale pages, and what a transition records."""

import datetime as dt

import pytest

from applications import filing
from applications.errors import ActionRefused, NoReviewer, StaleTransition
from applications.models import RouteStop
from applications.workflow import Action, Phase
from core import clock
from reviews import services as reviews
from tests.factories.chain import Chain, instant


def submit_from(application, version: int, at: str):
    return filing.submit_application(
        application=application,
        actor=application.applicant,
        expected_version=version,
        at=instant(at),
    )


def give_back_from(chain: Chain, application, version: int, at: str, text: str):
    return reviews.return_for_correction(
        application=application,
        actor=chain.officer_of(chain.employer),
        organisation=chain.employer,
        deficiencies=[reviews.DeficiencyInput(section="education", text=text)],
        expected_version=version,
        at=instant(at),
    )


def test_replayed_submit_gives_the_first_receipt(chain: Chain):
    application = chain.draft()
    first = submit_from(application, 0, "2020-11-18 09:00")
    again = submit_from(application, 0, "2020-11-18 09:01")
    assert again.is_repeat
    assert again.transition == first.transition


def test_submit_from_a_page_older_than_the_recall_is_refused(chain: Chain):
    application = chain.draft()
    submit_from(application, 0, "2020-11-18 09:00")
    filing.recall_application(
        application=application, actor=application.applicant, at=instant("2020-11-18 10:00")
    )
    with pytest.raises(StaleTransition, match="没有执行"):
        submit_from(application, 0, "2020-11-18 11:00")
    application.refresh_from_db()
    assert application.phase == Phase.DRAFT


def test_second_return_from_a_page_older_than_the_resubmission_is_refused(chain: Chain):
    application = chain.submit(chain.draft())
    seen = application.version
    give_back_from(chain, application, seen, "2020-11-19 09:00", "缺学位证书")
    application.refresh_from_db()
    chain.submit(application, "2020-11-20 09:00")
    with pytest.raises(StaleTransition, match="没有执行"):
        give_back_from(chain, application, seen, "2020-11-21 09:00", "缺学历证书")
    application.refresh_from_db()
    assert application.phase == Phase.SUBMITTED


def test_double_click_of_an_agency_that_holds_the_next_step_too_approves_once(chain: Chain):
    application = chain.submit(chain.draft(agency=chain.agency))
    application = chain.approve(application, "2020-11-20 09:00")
    application = chain.report(application, "2020-11-30 09:00")
    seen = application.version

    def approve():
        return reviews.approve(
            application=application,
            actor=chain.officer_of(chain.agency),
            organisation=chain.agency,
            opinion="同意推荐",
            expected_version=seen,
            at=instant("2020-12-01 09:00"),
        )

    assert approve().transition == approve().transition
    application.refresh_from_db()
    assert application.holder == chain.title_office


def test_repeat_with_another_opinion_is_refused_and_the_first_stands(chain: Chain):
    application = chain.submit(chain.draft())
    application = chain.approve(application, "2020-11-20 09:00")
    application = chain.report(application, "2020-11-30 09:00")
    arguments = {
        "application": application,
        "actor": chain.officer_of(chain.district_authority),
        "organisation": chain.district_authority,
        "expected_version": application.version,
        "at": instant("2020-12-01 09:00"),
    }
    reviews.approve(opinion="同意推荐", **arguments)
    with pytest.raises(StaleTransition, match="意见没有保存"):
        reviews.approve(opinion="同意推荐，业绩突出", **arguments)
    assert application.opinions.last().text == "同意推荐"


@pytest.mark.parametrize("shut", ["district_authority", "title_office", "agency"])
def test_submit_to_an_office_that_is_shut_is_refused(chain: Chain, shut: str):
    application = chain.draft(employer=chain.employer, agency=chain.agency)
    if shut == "district_authority":
        application.personnel_agency = None
        application.save()
    office = getattr(chain, shut)
    office.is_active = False
    office.save()
    with pytest.raises(NoReviewer, match=office.name):
        chain.submit(application)


def test_withdrawal_from_a_correction_leaves_when_the_office_left_it(chain: Chain):
    application = chain.give_back(chain.submit(chain.draft()), "2020-11-19 09:00")
    filing.withdraw_application(
        application=application, actor=application.applicant, at=instant("2020-11-25 09:00")
    )
    stop = RouteStop.objects.get(application=application, position=1)
    assert stop.left_at == instant("2020-11-19 09:00")


def test_urging_while_a_notice_runs_is_refused(chain: Chain):
    application = chain.approve(chain.submit(chain.draft()), "2020-11-20 09:00")
    with pytest.raises(ActionRefused, match="公示"):
        filing.urge_holder(
            application=application, actor=application.applicant, at=instant("2020-11-21 09:00")
        )


def test_a_transition_records_when_it_counts_and_when_it_was_written(chain: Chain):
    application = chain.draft()
    with clock.pinned(instant("2020-11-18 09:00")):
        made = filing.submit_application(
            application=application, actor=application.applicant
        ).transition
    assert made.at == instant("2020-11-18 09:00")
    assert abs(clock.system_now() - made.recorded_at) < dt.timedelta(minutes=1)


def test_an_agency_that_stands_as_employer_posts_in_its_own_name(chain: Chain):
    application = chain.submit(chain.draft(agency=chain.agency))
    application = chain.approve(application, "2020-11-20 09:00")
    assert application.notices.get().organisation == chain.agency
    assert application.transitions.filter(action=Action.APPROVE).count() == 1
