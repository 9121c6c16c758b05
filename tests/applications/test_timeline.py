"""The timeline: stages, dates, whose turn it is, and what happened."""

import pytest

from applications.models import Application
from applications.timeline import (
    build_history,
    build_timeline,
    current_stage,
    last_stage,
)
from publicity.services import raise_objection
from reviews import services as reviews
from schedules.models import Step
from tests.factories.chain import Chain, instant

STAGES = [
    "申报人填报",
    "单位审核及公示",
    "区县主管部门或人事代理机构审核",
    "区县职改部门或市级主管部门审核",
    "评委会审核受理",
    "现场缴费并提交纸质材料",
]


@pytest.fixture
def draft(chain: Chain) -> Application:
    return chain.draft()


def stages_of(application: Application, at: str):
    application.refresh_from_db()
    return build_timeline(application, instant(at), for_applicant=True)


def states(application: Application, at: str) -> list[str]:
    return [stage.state for stage in stages_of(application, at)]


def here(application: Application, at: str):
    return current_stage(stages_of(application, at))


def test_timeline_of_a_draft_shows_the_tracks_stages(draft, at):
    at("2020-11-18 09:00")
    stages = stages_of(draft, "2020-11-18 09:00")
    assert [stage.title for stage in stages] == STAGES
    assert [stage.state for stage in stages] == ["current"] + 5 * ["upcoming"]
    assert stages[0].turn == "请您填写并提交"
    assert stages[0].is_applicants_turn
    assert stages[0].due_at == instant("2020-11-24")
    assert stages[1].dates == "11月17日 至 12月4日 24:00"
    assert len(stages[1].notes) == 2  # the notice's two advisory dates


def test_timeline_of_a_draft_after_the_close_is_nobodys_turn(draft, at):
    at("2020-11-24 09:00")
    stages = stages_of(draft, "2020-11-24")
    assert stages[0].state == "missed"
    assert current_stage(stages) is None


def test_timeline_names_the_holder_and_its_contact(draft, chain: Chain, at):
    at("2020-11-18 10:00")
    chain.employer.contact_name, chain.employer.contact_telephone = "何敏", "000-67000012"
    chain.employer.save()
    chain.submit(draft)
    stage = here(draft, "2020-11-18 10:00")
    assert stage.turn == "现在由江北第一机械厂办理"
    assert (stage.contact.name, stage.contact.telephone) == ("何敏", "000-67000012")
    assert stage.due_at == instant("2020-12-05")
    assert not stage.is_applicants_turn


def test_timeline_words_the_applicants_turn_for_others(draft, chain: Chain, at):
    at("2020-11-18 09:00")
    stages = build_timeline(draft, instant("2020-11-18 09:00"))
    assert current_stage(stages).turn == "请申报人填写并提交"


def test_timeline_passes_over_stages_that_are_not_on_the_route(chain: Chain, at):
    at("2020-11-18 09:00")
    application = chain.submit(chain.draft(employer=chain.municipal_employer))
    titles = [stage.title for stage in stages_of(application, "2020-11-18 10:00")]
    assert titles == [title for title in STAGES if "区县主管部门" not in title]


def test_timeline_says_until_when_the_notice_runs(draft, chain: Chain, at):
    at("2020-11-26 11:00")
    chain.submit(draft)
    chain.approve(draft, "2020-11-26 10:00")
    stage = here(draft, "2020-11-26 11:00")
    assert stage.turn == "江北第一机械厂正在公示"
    assert "公示到12月3日 24:00" in stage.notes[0]
    assert not any("审核，留足" in note for note in stage.notes)  # that advice is done with


def test_timeline_shows_a_cleared_notice_before_the_worker_recorded_it(draft, chain, at):
    at("2020-12-04 00:00")
    chain.submit(draft)
    chain.approve(draft, "2020-11-26 10:00")
    assert here(draft, "2020-12-03 23:59").turn == "江北第一机械厂正在公示"
    assert here(draft, "2020-12-04 00:00").turn == "公示期满，等待江北第一机械厂上报"


def test_timeline_tells_of_an_objection_without_its_author(draft, chain: Chain, at):
    at("2020-11-27 10:00")
    chain.submit(draft)
    chain.approve(draft, "2020-11-26 10:00")
    raise_objection(
        notice=draft.notices.get(), text="情况不实", author_name="某某", at=instant("2020-11-27")
    )
    stage = here(draft, "2020-11-27 10:00")
    assert "正在核查" in stage.notes[0]
    assert "某某" not in str(stage)


def test_timeline_of_an_office_before_its_window_says_from_when(draft, chain: Chain, at):
    at("2020-11-25 10:00")
    Step.objects.filter(code="authority").update(opens_at=instant("2020-12-02"))
    chain.submit(draft)
    chain.approve(draft, "2020-11-18 10:00")
    chain.report(draft, "2020-11-26 10:00")
    assert here(draft, "2020-11-26 11:00").notes[0] == "12月2日 00:00起可以办理。"


def test_timeline_of_a_correction_is_the_applicants_turn_with_the_office_to_ask(
    draft, chain: Chain, at
):
    at("2020-12-02 10:00")
    chain.submit(draft)
    chain.approve(draft, "2020-11-20 10:00")
    chain.report(draft, "2020-12-01 10:00")
    chain.give_back(draft, "2020-12-02 09:00")
    stage = here(draft, "2020-12-02 10:00")
    assert stage.title == STAGES[2]
    assert stage.turn == "请您补正后重新提交"
    assert stage.is_applicants_turn
    assert stage.due_at == instant("2020-12-15")  # C33: the close of the next stage
    assert stage.contact.organisation == chain.district_authority.name


def test_timeline_after_a_resubmission_shows_what_has_to_be_done_again(draft, chain: Chain, at):
    at("2020-12-02 12:00")
    chain.submit(draft)
    chain.approve(draft, "2020-11-20 10:00")
    chain.report(draft, "2020-12-01 10:00")
    chain.give_back(draft, "2020-12-02 09:00")
    draft.refresh_from_db()
    chain.submit(draft, "2020-12-02 11:00")
    assert states(draft, "2020-12-02 12:00") == ["done", "current"] + 4 * ["upcoming"]
    # The employer's window is as long as the correction's.
    assert here(draft, "2020-12-02 12:00").due_at == instant("2020-12-15")


def test_timeline_of_payment_names_the_place(draft, chain: Chain, at):
    at("2020-12-23 09:00")
    chain.submit(draft)
    chain.approve(draft, "2020-11-20 10:00")
    chain.report(draft, "2020-12-01 10:00")
    for day in ("2020-12-02", "2020-12-03", "2020-12-04"):
        chain.approve(draft, f"{day} 10:00")
    stage = here(draft, "2020-12-23 09:00")
    assert stage.turn == "请您到现场缴费并提交纸质材料"
    assert "重庆专家服务基地" in stage.place
    chain.pay(draft)
    assert states(draft, "2020-12-24") == 6 * ["done"]


def test_timeline_of_a_lapse_says_in_whose_hands_also_before_it_is_recorded(
    draft, chain: Chain, at
):
    at("2020-12-05 09:00")
    chain.submit(draft)
    stage = last_stage(stages_of(draft, "2020-12-05"))
    assert stage.state == "missed"
    assert "江北第一机械厂没有在期限内办理" in stage.notes[0]


def test_timeline_of_a_correction_that_lapsed_is_the_applicants(draft, chain: Chain, at):
    at("2020-12-11 09:00")
    chain.submit(draft)
    chain.give_back(draft, "2020-11-20 10:00")
    stage = last_stage(stages_of(draft, "2020-12-11"))
    assert "视为放弃" in stage.notes[0]


def test_timeline_of_a_refusal_tells_the_reason(draft, chain: Chain, at):
    at("2020-11-20 11:00")
    chain.submit(draft)
    draft.refresh_from_db()
    reviews.refuse(
        application=draft,
        actor=chain.officer_of(chain.employer),
        organisation=chain.employer,
        reason="不符合申报条件",
        at=instant("2020-11-20 10:00"),
    )
    stage = last_stage(stages_of(draft, "2020-11-20 11:00"))
    assert stage.state == "stopped"
    assert stage.notes == ["江北第一机械厂：不予推荐", "不符合申报条件"]


def test_history_is_in_plain_words_newest_first(draft, chain: Chain, at):
    at("2020-12-02 12:00")
    chain.submit(draft)
    chain.approve(draft, "2020-11-20 10:00")
    chain.report(draft, "2020-12-01 10:00")
    chain.give_back(draft, "2020-12-02 09:00", text="材料不清楚")
    events = build_history(draft)
    assert [event.text for event in events] == [
        "江北新区工信局：审核不通过退回",
        "江北第一机械厂：上报主管部门",
        "公示期满",
        "江北第一机械厂：审核通过，打印公示表",
        "您提交了申报",
    ]
    assert events[0].reason == "材料不清楚"
    assert events[-1].receipt_number.endswith("-01")


def test_history_of_one_instant_shows_the_last_step_first(draft, chain: Chain, at):
    at("2020-12-01 12:00")
    chain.submit(draft)
    chain.approve(draft, "2020-11-20 10:00")
    chain.report(draft, "2020-11-28 00:00")
    assert [event.text for event in build_history(draft)][:2] == [
        "江北第一机械厂：上报主管部门",
        "公示期满",
    ]


def test_timeline_costs_the_same_queries_wherever_the_file_stands(
    draft, chain: Chain, at, django_assert_num_queries
):
    at("2020-11-20 11:00")
    chain.submit(draft)
    draft = Application.objects.select_related("step", "open_title__title", "track").get()
    with django_assert_num_queries(1):
        build_timeline(draft, instant("2020-11-20 11:00"))
