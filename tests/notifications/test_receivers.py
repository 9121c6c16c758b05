"""Who is told what at every key node (B43, C41–C44)."""

import pytest

from applications import filing
from applications.models import Transition
from applications.services import settle_application
from applications.signals import transitioned
from core import clock
from notifications import texts
from notifications.models import Message
from organisations.models import Role
from organisations.services import grant_membership
from publicity import services as publicity
from reviews import services as reviews
from tests.factories.chain import instant
from tests.factories.people import UserFactory, officer


@pytest.fixture(autouse=True)
def autumn_2020(at):
    at("2020-11-17 09:00")


@pytest.fixture
def submitted(chain, told):
    """Return a file that has been submitted, everything before forgotten."""
    application = chain.submit(chain.draft())
    told()
    return application


@pytest.fixture
def posted(chain, submitted, told):
    application = chain.approve(submitted, "2020-11-26 10:00")
    told()
    return application


def by_person(told, application, *offices):
    """Return the only text to the applicant, and to the officer of each office."""
    got = told()
    people = [application.applicant_id, *(office.pk for office in offices)]
    assert set(got) == set(people)
    assert all(len(messages) == 1 for messages in got.values())
    return [got[person][0] for person in people]


def test_submit_gives_the_applicant_a_receipt_and_the_employer_a_task(chain, told):
    application = chain.submit(chain.draft())
    mine, theirs = by_person(told, application, chain.officer_of(chain.employer))
    assert mine == (
        f"【职程】您的正高级工程师申报已提交，申报编号{application.number}，"
        f"回执{application.number}-01。现由江北第一机械厂审核，12月4日24:00截止。"
    )
    assert theirs == (
        f"【职程】江北第一机械厂收到{application.applicant.name}的正高级工程师申报"
        f"（{application.number}），请在12月4日24:00前办理“单位审核”。"
    )


def test_message_leads_to_the_page_it_is_about(chain, submitted):
    links = dict(Message.objects.values_list("recipient", "link"))
    employer = chain.employer
    assert links[submitted.applicant_id] == f"/applications/{submitted.public_id}/"
    assert (
        links[chain.officer_of(employer).pk] == f"/desk/{employer.public_id}/{submitted.public_id}/"
    )


def test_opening_a_file_tells_nobody(chain, submitted, told):
    reviews.open_application(
        application=submitted,
        actor=chain.officer_of(chain.employer),
        organisation=chain.employer,
        at=instant("2020-11-19 09:00"),
    )
    assert told() == {}


def test_recall_tells_the_employer(chain, submitted, told):
    filing.recall_application(
        application=submitted, actor=submitted.applicant, at=instant("2020-11-19 09:00")
    )
    got = told()
    assert set(got) == {chain.officer_of(chain.employer).pk}
    assert "撤回" in got[chain.officer_of(chain.employer).pk][0]


def test_approval_tells_the_applicant_how_long_the_notice_runs(chain, submitted, told):
    application = chain.approve(submitted, "2020-11-26 10:00")
    (mine,) = by_person(told, application)
    assert "已由江北第一机械厂审核通过。现由单位公示至12月3日24:00，期满无异议后上报。" in mine


def test_clearing_tells_the_employer_that_it_can_report(chain, posted, told):
    settle_application(application_id=posted.pk, at=instant("2020-12-04 00:00"))
    got = told()
    assert set(got) == {chain.officer_of(chain.employer).pk}
    assert "公示期满，现在可以上报，12月4日24:00截止" in got[chain.officer_of(chain.employer).pk][0]


def test_clearing_recorded_after_the_deadline_does_not_ask_for_a_report(chain, posted, told, at):
    at("2020-12-05 08:00")
    settle_application(application_id=posted.pk, at=clock.now())
    got = told()
    assert "可以上报" not in str(got)
    assert "逾期失效" in got[chain.officer_of(chain.employer).pk][0]


def test_reporting_tells_the_next_office_and_the_applicant(chain, posted, told):
    application = chain.report(posted, "2020-12-04 08:00")
    got = told()
    assert "已由江北第一机械厂上报。现由江北新区工信局审核" in got[application.applicant_id][0]
    assert "请在12月9日24:00前办理" in got[chain.officer_of(chain.district_authority).pk][0]


def test_file_that_comes_before_the_window_says_from_when(chain, submitted, told):
    application = chain.approve(submitted, "2020-11-17 10:00")
    settle_application(application_id=application.pk, at=instant("2020-11-25 00:00"))
    application = chain.report(application, "2020-11-25 08:00")
    told()
    chain.approve(application, "2020-11-25 09:00")
    text = told()[chain.officer_of(chain.title_office).pk][0]
    assert "11月26日起可以办理，12月14日24:00截止" in text


def test_return_names_the_limit_but_not_the_reason(chain, posted, told):
    application = chain.report(posted, "2020-12-04 08:00")
    told()
    chain.give_back(application, "2020-12-05 10:00")
    (mine,) = by_person(told, application)
    assert "被江北新区工信局退回补正" in mine
    assert "于12月14日24:00前" in mine
    assert "学位证书" not in mine


def test_resubmission_tells_the_employer_and_gives_a_receipt(chain, posted, told):
    application = chain.give_back(posted, "2020-11-30 10:00")
    told()
    application = chain.submit(application, "2020-12-01 09:00")
    mine, theirs = by_person(told, application, chain.officer_of(chain.employer))
    assert f"回执{application.number}-02" in mine
    assert "已补正并重新提交" in theirs


def test_kept_notice_after_a_correction_says_that_it_stands(chain, posted, told):
    application = chain.report(posted, "2020-12-04 08:00")
    application = chain.give_back(application, "2020-12-05 10:00")
    application = chain.submit(application, "2020-12-06 09:00")
    told()
    application = chain.approve(application, "2020-12-07 09:00")
    (mine,) = by_person(told, application)
    assert "原公示仍然有效，接下来由江北第一机械厂上报，12月14日24:00截止" in mine


def test_refusal_does_not_put_its_reason_into_an_sms(chain, submitted, told):
    reviews.refuse(
        application=submitted,
        actor=chain.officer_of(chain.employer),
        organisation=chain.employer,
        reason="业绩不实",
        at=instant("2020-11-20 09:00"),
    )
    (mine,) = by_person(told, submitted)
    assert "未通过江北第一机械厂的审核" in mine
    assert "业绩不实" not in mine


def test_acceptance_says_how_much_when_where_and_with_what(chain, posted, told):
    application = chain.report(posted, "2020-12-04 08:00")
    application = chain.approve(application, "2020-12-08 09:00")
    application = chain.approve(application, "2020-12-10 09:00")
    told()
    application = chain.approve(application, "2020-12-15 09:00")
    (mine,) = by_person(told, application)
    assert "受理。请于12月23日至12月25日24:00缴纳评审费420元并交公示表15份、职称评审表2份" in mine
    assert "重庆专家服务基地" in mine
    chain.pay(application)
    (mine,) = by_person(told, application)
    assert "缴费已登记。申报完成" in mine


def test_withdrawal_tells_the_holder(chain, submitted, told):
    filing.withdraw_application(
        application=submitted, actor=submitted.applicant, at=instant("2020-11-19 09:00")
    )
    mine, theirs = by_person(told, submitted, chain.officer_of(chain.employer))
    assert "您已撤销" in mine
    assert "无需再办理" in theirs


def test_withdrawal_of_a_draft_tells_nobody(chain, told):
    draft = chain.draft()
    filing.withdraw_application(
        application=draft, actor=draft.applicant, at=instant("2020-11-19 09:00")
    )
    assert told() == {}


def test_lapse_in_an_offices_hands_says_whose_it_was(chain, submitted, told):
    settle_application(application_id=submitted.pk, at=instant("2020-12-05 00:01"))
    mine, theirs = by_person(told, submitted, chain.officer_of(chain.employer))
    assert "因江北第一机械厂未在12月4日24:00前办结而逾期失效，已记为该单位逾期" in mine
    assert "可联系联系人000-0000000" in mine
    assert "记为江北第一机械厂逾期" in theirs


def test_lapse_of_a_correction_is_the_applicants_own(chain, submitted, told):
    application = chain.give_back(submitted, "2020-11-30 10:00")
    told()
    settle_application(application_id=application.pk, at=instant("2020-12-10 00:01"))
    (mine,) = by_person(told, application)
    assert "未在12月9日24:00前完成补正，已逾期失效" in mine


def test_urging_tells_the_holder(chain, submitted, told):
    filing.urge_holder(
        application=submitted, actor=submitted.applicant, at=instant("2020-11-20 09:00")
    )
    got = told()
    assert set(got) == {chain.officer_of(chain.employer).pk}
    assert "催办" in got[chain.officer_of(chain.employer).pk][0]


def test_objection_is_told_to_the_employer_and_never_to_the_applicant(chain, posted, told):
    # The applicant works in the employer's own office.
    grant_membership(user=posted.applicant, organisation=chain.employer, role=Role.APPROVER)
    decider = chain.officer_of(chain.employer)
    colleague = officer(chain.employer)
    objection = publicity.raise_objection(
        notice=posted.notices.get(),
        text="业绩不是他做的",
        author_name="李四",
        at=instant("2020-11-27 09:00"),
    )
    got = told()
    assert set(got) == {decider.pk, colleague.pk}
    assert "业绩不是他做的" not in str(got)
    assert "李四" not in str(got)
    publicity.decide_objection(
        objection=objection,
        actor=decider,
        organisation=chain.employer,
        is_upheld=False,
        finding="查无此事",
        at=instant("2020-11-30 09:00"),
    )
    got = told()
    assert set(got) == {colleague.pk}
    assert "核查无问题" in got[colleague.pk][0]


def test_upheld_objection_asks_for_return_or_refusal(chain, posted, told):
    colleague = officer(chain.employer)
    objection = publicity.raise_objection(
        notice=posted.notices.get(), text="业绩不实", at=instant("2020-11-27 09:00")
    )
    told()
    publicity.decide_objection(
        objection=objection,
        actor=chain.officer_of(chain.employer),
        organisation=chain.employer,
        is_upheld=True,
        finding="属实",
        at=instant("2020-11-30 09:00"),
    )
    assert "异议成立" in told()[colleague.pk][0]


def test_readers_and_former_members_are_not_told(chain, told):
    officer(chain.employer, Role.READER)
    former = officer(chain.employer)
    former.memberships.update(ends_on="2020-11-01")
    application = chain.submit(chain.draft())
    by_person(told, application, chain.officer_of(chain.employer))


def test_the_same_announcement_again_writes_nothing(chain, submitted, told):
    made = Transition.objects.get()
    for _ in range(3):
        transitioned.send(sender=type(submitted), application=submitted, transition=made)
    assert told() == {}


def test_no_text_holds_an_identity_number_or_a_mobile_number(chain, posted):
    application = chain.report(posted, "2020-12-04 08:00")
    chain.give_back(application, "2020-12-05 10:00")
    for message in Message.objects.select_related("recipient"):
        assert application.applicant.identity_number not in message.body
        assert application.applicant.phone not in message.body


def test_texts_are_chinese_in_an_english_request(chain, told):
    from django.utils import translation

    with translation.override("en"):
        application = chain.submit(chain.draft())
    mine, _theirs = by_person(told, application, chain.officer_of(chain.employer))
    assert "12月4日24:00截止" in mine


def test_messages_are_of_a_length_that_people_read(chain, posted):
    application = chain.report(posted, "2020-12-04 08:00")
    for when in ("2020-12-08 09:00", "2020-12-10 09:00", "2020-12-15 09:00"):
        application = chain.approve(application, when)
    chain.pay(application)
    lengths = {message.template: len(message.body) for message in Message.objects.all()}
    assert max(lengths.values()) <= 200  # the acceptance, with its address
    assert sorted(lengths.values())[-2] <= 140
    assert set(lengths) <= set(texts.TEXTS)


def test_person_without_any_part_is_never_told(chain, posted):
    stranger = UserFactory()
    assert not stranger.messages.exists()
