"""The sections of the form: what each takes, keeps, shows and asks for."""

import pytest
from django.http import QueryDict

from applications import sections
from applications.models import Application, SectionEntry
from tests.factories.answers import ANSWERS
from tests.factories.chain import Chain


@pytest.mark.parametrize("code", ANSWERS)
def test_sample_answers_are_complete(code, at):
    at("2020-11-18 09:00")
    for data in ANSWERS[code]:
        stored, is_complete = sections.get(code).checked(data)
        assert is_complete
        assert {key: stored[key] for key in data} == data


def test_every_achievement_has_what_the_notice_shows():
    kinds = [code for code in sections.registry if code.startswith("achievement_")]
    assert len(kinds) == 6
    for code in kinds:
        fields = sections.get(code).form_class.base_fields
        assert {"title", "role", "result", "happened_on", "period"} <= fields.keys()


def test_no_section_asks_for_what_the_account_holds():
    for section in sections.registry.values():
        assert not {"name_real", "identity_number", "phone"} & section.form_class.base_fields.keys()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2008-09", "2008-09"),
        ("2008.9", "2008-09"),
        ("2008年9月", "2008-09"),
        ("200809", "2008-09"),
        ("2008/9", "2008-09"),
    ],
)
def test_month_is_kept_in_one_shape(typed, kept, at):
    at("2020-11-18 09:00")
    stored, _complete = sections.get("work_history").checked({"started_on": typed})
    assert stored["started_on"] == kept


@pytest.mark.parametrize("typed", ["2008-13", "去年", "2020-12", "1890-01", "20089"])
def test_month_that_is_wrong_is_kept_as_typed(typed, at):
    at("2020-11-18 09:00")
    section = sections.get("work_history")
    stored, is_complete = section.checked({"started_on": typed})
    assert stored["started_on"] == typed
    assert not is_complete
    assert "started_on" in section.form_class(stored).errors


def test_typed_takes_every_field_and_drops_what_is_not_one():
    posted = QueryDict("school=A%00&subject=x%0D%0Ay&csrfmiddlewaretoken=z")
    typed = sections.get("education").typed(posted)
    assert typed["school"] == "A"
    assert typed["subject"] == "x\ny"
    assert typed["level"] == ""
    assert typed.keys() == sections.get("education").form_class.base_fields.keys()


def test_dates_out_of_order_are_an_error_beside_the_later_one(at):
    at("2020-11-18 09:00")
    data = {**ANSWERS["education"][0], "ended_on": "1999-07"}
    form = sections.get("education").form_class(data)
    assert list(form.errors) == ["ended_on"]


def test_exceptional_route_needs_reason_and_two_different_experts():
    section = sections.get("exceptional")
    form = section.form_class({"route": "exceptional", "recommender_1_name": "甲"})
    assert "reason" in form.errors
    assert "recommender_1_name" not in form.errors
    assert "recommender_2_name" in form.errors
    form = section.form_class(
        {"route": "exceptional", "recommender_1_name": "甲", "recommender_2_name": "甲"}
    )
    assert "recommender_2_name" in form.errors


def test_rank_by_rank_shows_no_recommenders():
    assert sections.display("exceptional", {"route": "rank_by_rank"}) == [("申报方式", "逐级申报")]


def test_person_without_title_needs_no_particulars_of_it():
    section = sections.get("present_title")
    assert section.checked({"rank": "none", "years_in_field": "12"})[1]
    assert not section.checked({"rank": "intermediate", "years_in_field": "12"})[1]


def test_display_reads_as_people_write():
    shown = dict(sections.display("education", ANSWERS["education"][0]))
    assert shown["学历"] == "大学本科"
    assert shown["入学时间"] == "2001年9月"
    project = dict(sections.display("achievement_project", ANSWERS["achievement_project"][0]))
    assert project["经费或产值"] == "120 万元"
    assert project["列为代表性成果"] == "是"
    title = dict(sections.display("present_title", ANSWERS["present_title"][0]))
    assert title["取得时间"] == "2014年12月20日"


@pytest.mark.parametrize("code", sections.registry)
def test_display_of_anything_typed_raises_nothing(code):
    fields = sections.get(code).form_class.base_fields
    for value in ("", "乱写", None, 7):
        sections.display(code, dict.fromkeys(fields, value))
        sections.heading(code, dict.fromkeys(fields, value))
    assert sections.display(code, {})


def test_heading_names_an_item():
    assert sections.heading("education", ANSWERS["education"][0]) == "示范大学 · 大学本科"
    assert sections.heading("education", {}) == ""


def test_personal_rows_mask_the_identity_number_and_read_it():
    rows = dict(
        sections.personal_rows(
            name="林知远", identity_number="509900198001010017", phone="16000000001"
        )
    )
    assert rows["身份证号码"] == "509***********0017"
    # An invalid number gives no sex and no date of birth, and no error.
    assert rows["姓名"] == "林知远"


def test_limits_follow_the_track(chain: Chain):
    track = chain.open_title.track
    assert sections.limits_for(track, "education").min_files == 1
    assert sections.limits_for(track, "work_history").max_pages == 50
    assert sections.limits_for(track, "person").kinds == ("image",)
    assert sections.limits_for(track, "person").max_files == 1
    assert sections.limits_for(track, "statement").max_files == 0


def test_required_sections_default_when_the_track_names_none(chain: Chain):
    track = chain.open_title.track
    track.required_sections = ["statement"]
    assert sections.required_for(track) == ["statement"]
    track.required_sections = []
    assert sections.ACHIEVEMENT in sections.required_for(track)


def problems_of(application: Application) -> list[tuple[str, str]]:
    return [(problem.section, problem.message) for problem in sections.problems(application)]


def test_complete_draft_has_no_problems(chain: Chain, at):
    at("2020-11-18 09:00")
    assert sections.problems(chain.draft()) == []


def test_problems_of_an_empty_draft_list_everything_at_once(chain: Chain, at):
    at("2020-11-18 09:00")
    application = chain.draft()
    application.entries.all().delete()
    application.employer = None
    application.track.required_sections = ["statement", "education", sections.ACHIEVEMENT]
    assert problems_of(application) == [
        ("applied_for", "请选择工作单位或人事代理机构。"),
        ("education", "至少填写一条学历。"),
        ("statement", "还没有填写。"),
        ("achievement_project", "至少填写一项业绩成果。"),
    ]


def test_problems_name_item_field_and_missing_evidence(chain: Chain, at):
    at("2020-11-18 09:00")
    application = chain.draft()
    entry = application.entries.get(section="education")
    entry.data["ended_on"] = "2099-01"
    entry.save()
    application.evidence.filter(entry=entry).update(status="removed")
    texts = [str(problem) for problem in sections.problems(application)]
    assert texts == [
        "学历学位“示范大学 · 大学本科”：“毕业时间”不能晚于今天。",
        "学历学位“示范大学 · 大学本科”：还需要上传 1 份佐证材料。",
    ]


def test_removed_entry_is_no_entry(chain: Chain, at):
    now = at("2020-11-18 09:00")
    application = chain.draft()
    application.entries.filter(section="statement").update(removed_at=now)
    assert problems_of(application) == [("statement", "还没有填写。")]


def test_blank_item_asks_to_fill_or_remove_it(chain: Chain, at):
    at("2020-11-18 09:00")
    application = chain.draft()
    SectionEntry.objects.create(application=application, section="training", data={})
    assert problems_of(application) == [
        ("training", "有一条空白的年度学时，请填写或移除。"),
    ]


def test_representative_works_are_limited(chain: Chain, at):
    at("2020-11-18 09:00")
    application = chain.draft()
    for _number in range(5):
        SectionEntry.objects.create(
            application=application,
            section="achievement_report",
            data={
                **{"title": "报告", "role": "主笔", "result": "采纳", "happened_on": "2018-01"},
                **{"period": "since", "is_representative": True},
            },
        )
    assert problems_of(application) == [
        ("achievement_report", "代表性成果最多 5 项，现在选了 6 项。")
    ]


def test_achievement_before_the_title_cannot_be_since_it(chain: Chain, at):
    at("2020-11-18 09:00")
    application = chain.draft()
    entry = application.entries.get(section="achievement_project")
    entry.data |= {"started_on": "2010-01", "happened_on": "2012-01"}
    entry.save()
    assert [section for section, _ in problems_of(application)] == ["achievement_project"]
    entry.data["period"] = "before"
    entry.save()
    assert problems_of(application) == []


def test_wrong_answers_are_told_from_missing_ones(at):
    at("2020-11-18 09:00")
    section = sections.get("present_title")
    form = section.form_class({"rank": "junior"})
    assert {"name", "years_in_field"} <= form.errors.keys()
    assert not form.has_wrong_answers
    form = section.form_class({"rank": "junior", "obtained_on": "2031-01-01"})
    assert form.has_wrong_answers
    form.forget_missing()
    assert list(form.errors) == ["obtained_on"]


@pytest.mark.parametrize("code", sections.registry)
def test_messages_name_their_field(code):
    form = sections.get(code).form_class({})
    for name, messages in form.errors.items():
        assert all(str(form.fields[name].label) in message for message in messages)
