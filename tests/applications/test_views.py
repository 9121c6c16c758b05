"""The applicant's pages, from the choice of a title to the receipt."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from applications.models import Application, SectionEntry
from applications.workflow import Phase
from organisations.models import Role
from reviews import services as reviews
from schedules.models import ScheduleStatus
from tests.factories.answers import ANSWERS
from tests.factories.chain import Chain, instant
from tests.factories.people import OrganisationFactory, UserFactory, officer
from tests.html_forms import form_data

FILING = "2020-11-18 09:00"
CLOSED = "2020-11-24 00:00"


@pytest.fixture
def draft(chain: Chain, at) -> Application:
    at(FILING)
    return chain.draft()


@pytest.fixture
def mine(client: Client, draft: Application) -> Client:
    """Return the applicant's browser."""
    client.force_login(draft.applicant)
    return client


def page(name: str, application: Application, *arguments: str) -> str:
    return reverse(f"applications:{name}", args=[application.public_id, *arguments])


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def commitment(application: Application) -> dict:
    application.refresh_from_db()
    return {
        "agrees": "on",
        "version": application.version,
        "content_version": application.content_version,
    }


# --- Choosing a title ---------------------------------------------------------------------


def test_start_lists_open_titles_of_published_schedules(client, chain: Chain, at):
    at(FILING)
    client.force_login(UserFactory())
    response = client.get(reverse("applications:start"))
    assert "正高级工程师" in text_of(response)
    chain.schedule.status = ScheduleStatus.DRAFT
    chain.schedule.save()
    assert "正高级工程师" not in text_of(client.get(reverse("applications:start")))


@pytest.mark.parametrize(
    ("day", "words"), [("2020-11-16", "11月17日开始"), ("2020-11-24", "已截止")]
)
def test_start_says_when_a_title_opens_or_closed(client, chain: Chain, at, day, words):
    at(day)
    client.force_login(UserFactory())
    assert words in text_of(client.get(reverse("applications:start")))


def test_start_of_a_title_makes_one_draft_and_asks_for_the_employer(client, chain: Chain, at):
    at(FILING)
    user = UserFactory()
    client.force_login(user)
    url = reverse("applications:title", args=[chain.open_title.public_id])
    for _click in range(2):
        response = client.post(url)
    application = Application.objects.get(applicant=user)
    assert response.url == page("employer", application)
    assert application.phase == Phase.DRAFT


def test_title_page_says_both_latest_days(client, chain: Chain, at):
    at(FILING)
    client.force_login(UserFactory())
    url = reverse("applications:title", args=[chain.open_title.public_id])
    text = text_of(client.get(url))
    assert "最晚安全提交时间：2020年11月23日 24:00" in text
    assert "单位须在11月26日 24:00前审核通过并开始公示" in text


def test_start_outside_the_window_makes_no_draft(client, chain: Chain, at):
    at(CLOSED)
    client.force_login(UserFactory())
    url = reverse("applications:title", args=[chain.open_title.public_id])
    response = client.post(url, follow=True)
    assert "截止" in text_of(response)
    assert not Application.objects.exists()


def test_title_of_an_unpublished_schedule_is_not_found(client, chain: Chain, at):
    at(FILING)
    chain.schedule.status = ScheduleStatus.DRAFT
    chain.schedule.save()
    client.force_login(UserFactory())
    url = reverse("applications:title", args=[chain.open_title.public_id])
    assert client.get(url).status_code == 404


# --- The employer -------------------------------------------------------------------------


def test_employer_search_finds_by_name_and_by_code(mine, draft, chain: Chain):
    chain.employer.credit_code = "91509900MA00000012"
    chain.employer.save()
    for query in ("第一机械", "91509900MA00000012"):
        assert "江北第一机械厂" in text_of(mine.get(page("employer", draft), {"q": query}))


def test_employer_search_by_htmx_answers_the_matches_only(mine, draft, chain: Chain):
    response = mine.get(page("employer", draft), {"q": "公路设计"}, headers={"HX-Request": "true"})
    assert "示范市公路设计院" in text_of(response)
    assert "<h1>" not in text_of(response)


def test_employer_that_is_not_found_says_what_to_do(mine, draft):
    text = text_of(mine.get(page("employer", draft), {"q": "没有的单位"}))
    assert "没有找到“没有的单位”" in text
    assert "由单位向其主管部门或当地职改部门提出" in text
    assert "我的单位—单位注册" not in text


def test_employer_is_saved_and_the_route_is_told(mine, draft, chain: Chain):
    response = mine.post(
        page("employer", draft), {"employer": chain.municipal_employer.public_id}, follow=True
    )
    draft.refresh_from_db()
    assert draft.employer == chain.municipal_employer
    assert draft.content_version == 1
    assert "示范市公路设计院、示范市交通局、" in text_of(response)


def test_employer_without_supervisor_is_saved_with_a_warning(mine, draft, chain: Chain):
    alone = OrganisationFactory(name="无主管公司")
    response = mine.post(page("employer", draft), {"employer": alone.public_id}, follow=True)
    draft.refresh_from_db()
    assert draft.employer == alone
    assert "现在还不能提交" in text_of(response)


def test_agency_stands_in_for_an_employer(mine, draft, chain: Chain):
    mine.post(
        page("employer", draft),
        {"employer": "none", "personnel_agency": chain.agency.public_id},
    )
    draft.refresh_from_db()
    assert (draft.employer, draft.personnel_agency) == (None, chain.agency)


@pytest.mark.parametrize(
    "posted", [{}, {"employer": "none"}, {"employer": "zzz"}, {"personnel_agency": "zzz"}]
)
def test_employer_page_refuses_no_choice_beside_the_field(mine, draft, chain: Chain, posted):
    response = mine.post(page("employer", draft), posted)
    assert response.status_code == 422
    draft.refresh_from_db()
    assert draft.employer == chain.employer


def test_employer_must_be_an_employer(mine, draft, chain: Chain):
    response = mine.post(page("employer", draft), {"employer": chain.committee.public_id})
    assert response.status_code == 422


def test_employer_cannot_change_after_the_submit(mine, draft, chain: Chain):
    chain.submit(draft, FILING)
    response = mine.post(page("employer", draft), {"employer": chain.municipal_employer.public_id})
    assert response.status_code == 302
    draft.refresh_from_db()
    assert draft.employer == chain.employer


def test_eligibility_claim_is_asked_where_the_track_has_one(mine, draft, chain: Chain):
    draft.track.eligibility_claim = "高端领军人才"
    draft.track.save()
    assert "高端领军人才" in text_of(mine.get(page("employer", draft)))
    mine.post(
        page("employer", draft),
        {"employer": chain.employer.public_id, "claims_eligibility": "on"},
    )
    draft.refresh_from_db()
    assert draft.claims_eligibility


# --- The form -----------------------------------------------------------------------------


def test_task_list_shows_each_section_with_its_state(mine, draft):
    SectionEntry.objects.filter(application=draft, section="statement").delete()
    entry = draft.entries.get(section="work_history")
    entry.data["ended_on"], entry.is_complete = "1999-01", False
    entry.save()
    entry = draft.entries.get(section="assessment")
    entry.data["result"], entry.is_complete = "", False
    entry.save()
    groups = mine.get(page("tasks", draft)).context["groups"]
    states = {task.section.code: task.status for group in groups for task in group.tasks}
    assert states["education"] == "done"
    assert states["statement"] == "not_started"
    assert states["work_history"] == "error"
    assert states["assessment"] == "in_progress"
    assert states["achievement_paper"] == "optional"


def test_task_list_without_achievements_asks_for_one_of_any_kind(mine, draft):
    SectionEntry.objects.filter(application=draft, section__startswith="achievement_").delete()
    shown = mine.get(page("tasks", draft)).context
    hints = {group.title: group.hint for group in shown["groups"] if group.hint}
    assert hints == {"业绩成果": "至少填写一项，哪一类都可以；没有的不用填。"}
    assert shown["needed"] == shown["done"] + 1


@pytest.mark.parametrize(
    "code",
    ["person", "present_title", "exceptional", "statement"],
)
def test_single_section_shows_what_was_saved(mine, draft, code):
    response = mine.get(page("section", draft, code))
    assert response.status_code == 200
    for value in ANSWERS[code][0].values():
        assert value in text_of(response)


def test_person_section_masks_the_identity_number(mine, draft):
    text = text_of(mine.get(page("section", draft, "person")))
    assert draft.applicant.identity_number not in text
    assert draft.applicant.identity_number[-4:] in text


def test_save_and_continue_leads_to_the_next_section(mine, draft):
    response = mine.post(page("section", draft, "person"), ANSWERS["person"][0])
    assert response.url == page("section", draft, "present_title")


def test_save_keeps_what_is_wrong_and_shows_the_error(mine, draft):
    typed = {**ANSWERS["present_title"][0], "obtained_on": "2031-02-30"}
    response = mine.post(page("section", draft, "present_title"), typed)
    assert response.status_code == 422
    assert "2031-02-30" in text_of(response)
    assert "error-summary" in text_of(response)
    entry = draft.entries.get(section="present_title")
    assert entry.data["obtained_on"] == "2031-02-30"
    assert not entry.is_complete
    draft.refresh_from_db()
    assert draft.content_version == 1


def test_save_for_later_asks_for_nothing(mine, draft):
    response = mine.post(page("section", draft, "statement"), {"text": "", "later": ""})
    assert response.url == page("tasks", draft)
    assert draft.entries.get(section="statement").data == {"text": ""}


def test_section_of_a_person_who_has_typed_nothing_shows_no_errors(client, chain: Chain, at):
    at(FILING)
    draft = chain.draft()
    draft.entries.all().delete()
    client.force_login(draft.applicant)
    text = text_of(client.get(page("section", draft, "person")))
    assert "errorlist" not in text
    assert not draft.entries.exists()


def test_unfinished_section_shows_what_is_missing_only_when_asked(mine, draft):
    entry = draft.entries.get(section="statement")
    entry.data, entry.is_complete = {"text": ""}, False
    entry.save()
    entry = draft.entries.get(section="person")
    entry.data, entry.is_complete = {"ethnicity": "汉族"}, False
    entry.save()
    assert "errorlist" not in text_of(mine.get(page("section", draft, "person")))
    assert "errorlist" in text_of(mine.get(page("section", draft, "person"), {"check": 1}))


def test_item_is_added_filled_in_removed_and_restored(mine, draft):
    section = page("section", draft, "education")
    response = mine.post(page("entry_add", draft, "education"))
    again = mine.post(page("entry_add", draft, "education"))
    assert response.url == again.url
    added = draft.entries.filter(section="education").last()
    assert response.url == page("entry", draft, "education", added.public_id)

    response = mine.post(response.url, {**ANSWERS["education"][0], "school": "第二大学"})
    assert response.url == section
    assert "第二大学" in text_of(mine.get(section))

    remove = page("entry_remove", draft, "education", added.public_id)
    assert "第二大学" in text_of(mine.get(remove))
    added.refresh_from_db()
    assert added.removed_at is None  # asking removes nothing
    mine.post(remove)
    added.refresh_from_db()
    assert added.removed_at is not None
    assert mine.get(page("entry", draft, "education", added.public_id)).status_code == 404

    mine.post(page("entry_restore", draft, "education", added.public_id))
    added.refresh_from_db()
    assert added.removed_at is None
    assert draft.entries.filter(section="education", removed_at=None).count() == 2


@pytest.mark.parametrize("name", ["entry_add", "entry_restore", "upload", "urge"])
def test_get_of_an_action_is_refused(mine, draft, name):
    arguments = {"entry_add": ["education"], "entry_restore": ["education", "x"]}
    arguments |= {"upload": ["person"]}
    assert mine.get(page(name, draft, *arguments.get(name, []))).status_code == 405


@pytest.mark.parametrize("code", ["nonsense", "applied_for"])
def test_unknown_section_is_not_found(mine, draft, code):
    assert mine.get(page("section", draft, code)).status_code == 404


def test_single_section_takes_no_items(mine, draft):
    assert mine.post(page("entry_add", draft, "person")).status_code == 404
    assert mine.post(page("section", draft, "education")).status_code == 404


# --- Autosave -----------------------------------------------------------------------------


def autosave(client, draft, code: str, typed: dict, version: str = ""):
    return client.post(
        page("section", draft, code),
        {**typed, "version": version},
        headers={"X-Autosave": "1"},
    )


def test_autosave_keeps_half_typed_text_and_says_what_is_wrong_not_what_is_missing(mine, draft):
    response = autosave(mine, draft, "present_title", {"rank": "junior", "obtained_on": "2031"})
    assert response.status_code == 200
    answer = response.json()
    assert answer["saved_at"] == "09:00"
    assert list(answer["errors"]) == ["obtained_on"]
    entry = draft.entries.get(section="present_title")
    assert entry.data["obtained_on"] == "2031"
    assert not entry.is_complete


def test_autosave_goes_on_over_its_own_last_save(mine, draft):
    version = mine.get(page("section", draft, "statement")).context["version"]
    first = autosave(mine, draft, "statement", {"text": "一"}, version)
    assert first.status_code == 200
    # The answer was lost on the way: the page sends its first version again.
    again = autosave(mine, draft, "statement", {"text": "一二"}, version)
    assert again.status_code == 200
    third = autosave(mine, draft, "statement", {"text": "一二三"}, again.json()["version"])
    assert third.status_code == 200
    assert draft.entries.get(section="statement").data["text"] == "一二三"


def test_autosave_of_an_older_page_overwrites_nothing(mine, draft):
    old = mine.get(page("section", draft, "statement")).context["version"]
    new = mine.get(page("section", draft, "statement")).context["version"]
    assert autosave(mine, draft, "statement", {"text": "新页面"}, new).status_code == 200
    response = autosave(mine, draft, "statement", {"text": "旧页面"}, old)
    assert response.status_code == 409
    assert "另一个页面" in response.json()["error"]
    assert draft.entries.get(section="statement").data["text"] == "新页面"


def test_autosave_after_the_close_keeps_the_draft_and_says_so(mine, draft, at):
    at(CLOSED)
    response = autosave(mine, draft, "statement", {"text": "最后一刻"})
    assert response.status_code == 200
    assert "不能提交" in response.json()["note"]
    assert draft.entries.get(section="statement").data["text"] == "最后一刻"
    assert "填报已于2020年11月23日 24:00截止" in text_of(
        mine.get(page("section", draft, "statement"))
    )


def test_autosave_of_a_submitted_file_is_refused_with_a_reason(mine, draft, chain: Chain):
    chain.submit(draft, FILING)
    response = autosave(mine, draft, "statement", {"text": "改"})
    assert response.status_code == 409
    assert "单位审核中" in response.json()["error"]
    assert draft.entries.get(section="statement").data == ANSWERS["statement"][0]


def test_save_of_a_submitted_file_shows_what_was_typed(mine, draft, chain: Chain):
    chain.submit(draft, FILING)
    response = mine.post(page("section", draft, "statement"), {"text": "别丢了"})
    assert response.status_code == 409
    assert "别丢了" in text_of(response)
    assert draft.entries.get(section="statement").data == ANSWERS["statement"][0]


@pytest.mark.parametrize("code", ["statement", "training"])
def test_save_in_an_old_tab_shows_both_texts_and_overwrites_nothing(mine, draft, code):
    name = {"statement": "text", "training": "content"}[code]
    if code == "statement":
        url = page("section", draft, code)
    else:
        url = mine.post(page("entry_add", draft, code)).url
    old = mine.get(url).context["version"]
    new = mine.get(url).context["version"]
    mine.post(url, {name: "新页面的话", "version": new})
    response = mine.post(url, {name: "旧页面的话", "version": old, "later": "1"})
    assert response.status_code == 409
    text = text_of(response)
    assert "另一个页面上已经保存的内容" in text
    assert "新页面的话" in text
    assert form_data(response, "section-form")[name] == ["旧页面的话"]
    stored = draft.entries.filter(section=code).last()
    assert stored.data[name] == "新页面的话"
    # Having seen both, one may save.
    again = {**form_data(response, "section-form"), "later": "1"}
    assert mine.post(url, again).status_code == 302
    stored.refresh_from_db()
    assert stored.data[name] == "旧页面的话"


def test_save_goes_on_over_its_own_last_save(mine, draft):
    url = page("section", draft, "statement")
    version = mine.get(url).context["version"]
    for text in ("一", "一二"):  # saved, gone back, changed, saved
        assert mine.post(url, {"text": text, "version": version, "later": "1"}).status_code == 302
    assert draft.entries.get(section="statement").data["text"] == "一二"


def test_first_save_of_a_section_in_two_tabs_overwrites_nothing(mine, draft):
    draft.entries.filter(section="statement").delete()
    url = page("section", draft, "statement")
    old, new = (mine.get(url).context["version"] for _tab in range(2))
    mine.post(url, {"text": "先存的", "version": new})
    assert mine.post(url, {"text": "后存的", "version": old}).status_code == 409
    assert draft.entries.get(section="statement").data["text"] == "先存的"


# --- Submitting ---------------------------------------------------------------------------


def test_check_page_shows_every_answer(mine, draft):
    text = text_of(mine.get(page("check", draft)))
    for shown in ("示范大学", "2001年9月", "示范工程", "江北第一机械厂", "education-0-0.jpg"):
        assert shown in text
    assert "还有" not in text.partition("检查填写的内容")[0]


def test_submit_gives_a_receipt_once_however_often_it_is_pressed(mine, draft, chain: Chain):
    posted = commitment(draft)
    first = mine.post(page("check", draft), posted)
    again = mine.post(page("check", draft), posted)
    draft.refresh_from_db()
    number = draft.transitions.get().receipt_number
    assert first.url == again.url == page("receipt", draft, number)
    assert draft.phase == Phase.SUBMITTED
    text = text_of(mine.get(first.url))
    assert number in text
    assert "11月18日 09:00" in text
    assert "现在由江北第一机械厂办理" in text


def test_submit_without_commitment_is_refused_beside_the_box(mine, draft):
    response = mine.post(page("check", draft), {**commitment(draft), "agrees": ""})
    assert response.status_code == 422
    assert "请阅读诚信承诺书，并勾选" in text_of(response)
    draft.refresh_from_db()
    assert draft.phase == Phase.DRAFT


def test_submit_of_an_incomplete_form_lists_everything_at_once(mine, draft):
    draft.entries.filter(section__in=["statement", "education"]).delete()
    response = mine.post(page("check", draft), commitment(draft))
    assert response.status_code == 422
    text = text_of(response)
    assert "还有 2 处需要补齐" in text
    assert page("section", draft, "statement") + "?check=1" in text


def test_submit_after_another_page_changed_the_answers_asks_to_look_again(mine, draft):
    posted = commitment(draft)
    mine.post(page("section", draft, "statement"), {"text": "改过了"})
    response = mine.post(page("check", draft), posted)
    assert response.status_code == 409
    assert "重新核对" in text_of(response)
    assert "改过了" in text_of(response)
    assert mine.post(page("check", draft), commitment(draft)).status_code == 302


def test_submit_after_the_close_is_refused_and_everything_is_kept(mine, draft, at):
    posted = commitment(draft)
    at(CLOSED)
    response = mine.post(page("check", draft), posted)
    assert response.status_code == 409
    assert "截止" in text_of(response)
    draft.refresh_from_db()
    assert draft.phase == Phase.DRAFT
    assert draft.entries.count() == len(ANSWERS)


def test_submit_without_reviewer_says_why_and_what_to_do(mine, draft):
    draft.employer = OrganisationFactory(name="无主管公司")
    draft.save()
    response = mine.post(page("check", draft), commitment(draft))
    assert response.status_code == 409
    assert "没有可以办理的机构" in text_of(response)
    assert "请联系单位" in text_of(response)


def test_submit_of_a_file_withdrawn_elsewhere_is_refused_without_an_error_page(
    mine, draft, chain: Chain
):
    posted = commitment(draft)
    mine.post(page("withdraw", draft), {"version": draft.version})
    response = mine.post(page("check", draft), posted)
    assert response.status_code == 409
    assert "没有丢失" in text_of(response)


def test_form_of_a_submitted_file_leads_to_its_progress(mine, draft, chain: Chain):
    chain.submit(draft, FILING)
    entry = draft.entries.get(section="education")
    for url in (
        page("tasks", draft),
        page("check", draft),
        page("section", draft, "person"),
        page("section", draft, "education"),
        page("entry", draft, "education", entry.public_id),
    ):
        assert mine.get(url).url == page("application", draft)


def test_correction_shows_what_has_changed_and_is_resubmitted(mine, draft, chain: Chain, at):
    chain.submit(draft, FILING)
    chain.give_back(draft, "2020-11-20 09:00")
    at("2020-11-21 09:00")
    mine.post(page("section", draft, "statement"), {"text": "补正以后的述职"})
    text = text_of(mine.get(page("check", draft)))
    assert "与上次提交相比" in text
    assert "2020年12月9日 24:00前补正" in text
    response = mine.post(page("check", draft), commitment(draft))
    assert response.url.endswith("-02/")
    assert "已重新提交" in text_of(mine.get(response.url))


def test_correction_that_needs_a_new_notice_tells_its_safe_day(mine, draft, chain: Chain, at):
    chain.submit(draft, FILING)
    chain.give_back(draft, "2020-11-20 09:00")  # no notice has run yet
    at("2020-11-21 09:00")
    for name in ("tasks", "check"):
        text = text_of(mine.get(page(name, draft)))
        assert "请在2020年12月9日 24:00前补正" in text
        assert "也都须在12月9日 24:00前办完" in text
        assert "最晚安全提交时间：2020年12月1日 24:00" in text
        assert "单位须在12月1日 24:00前审核通过并重新公示" in text
    at("2020-12-02 09:00")
    assert "已不够公示满期" in text_of(mine.get(page("tasks", draft)))


@pytest.mark.parametrize("why", ["", "ordered", "changed"])
def test_correction_after_the_notice_needs_a_new_one_if_ordered_or_changed(
    mine, draft, chain: Chain, at, why
):
    chain.submit(draft, FILING)
    chain.approve(draft, "2020-11-20 09:00")
    chain.report(draft, "2020-11-28 09:00")
    chain.give_back(draft, "2020-11-30 09:00", orders_new_notice=why == "ordered")
    at("2020-11-30 10:00")
    if why == "changed":
        project = draft.entries.get(section="achievement_project")
        project.data["title"] = "另一个项目"
        project.save()
    text = text_of(mine.get(page("tasks", draft)))
    assert "前的各环节也都须在" in text
    assert ("最晚安全提交时间" in text) is bool(why)


def test_correction_that_goes_straight_back_tells_no_other_day(mine, draft, chain: Chain, at):
    chain.submit(draft, FILING)
    chain.approve(draft, "2020-11-20 09:00")
    chain.report(draft, "2020-11-28 09:00")
    chain.approve(draft, "2020-11-30 09:00")
    chain.approve(draft, "2020-12-08 10:00")
    chain.give_back(draft, "2020-12-16 09:00")
    at("2020-12-16 10:00")
    text = text_of(mine.get(page("tasks", draft)))
    assert "直接交回退回的单位" in text
    assert "最晚安全提交时间" not in text


def test_correction_tells_in_the_form_what_to_correct(mine, draft, chain: Chain, at):
    chain.submit(draft, FILING)
    draft.refresh_from_db()
    entry = draft.entries.get(section="achievement_project")
    reviews.return_for_correction(
        application=draft,
        actor=chain.officer_of(chain.employer),
        organisation=chain.employer,
        deficiencies=[
            reviews.DeficiencyInput(section="education", text="请补充学位证书"),
            reviews.DeficiencyInput(
                section="achievement_project", entry_id=entry.public_id, text="缺验收报告"
            ),
        ],
        at=instant("2020-11-20 09:00"),
    )
    at("2020-11-20 10:00")
    text = text_of(mine.get(page("tasks", draft)))
    assert text.count("退回意见 1 条") == 2
    education = page("section", draft, "education")
    assert "请补充学位证书" in text_of(mine.get(education))
    assert "缺验收报告" not in text_of(mine.get(education))
    project = page("entry", draft, "achievement_project", entry.public_id)
    assert "缺验收报告" in text_of(mine.get(project))
    mine.post(page("entry_add", draft, "achievement_project"))
    other = draft.entries.filter(section="achievement_project").last()
    project = page("entry", draft, "achievement_project", other.public_id)
    assert "缺验收报告" not in text_of(mine.get(project))


# --- Progress -----------------------------------------------------------------------------


def test_application_page_says_whose_turn_it_is_and_whom_to_ask(mine, draft, chain: Chain):
    chain.submit(draft, FILING)
    chain.employer.contact_name = "何敏"
    chain.employer.contact_telephone = "000-12345678"
    chain.employer.save()
    text = text_of(mine.get(page("application", draft)))
    assert "现在由江北第一机械厂办理" in text
    assert "何敏" in text
    assert "000-12345678" in text
    assert draft.transitions.get().receipt_number in text


def test_application_page_names_no_officer(mine, draft, chain: Chain):
    chain.submit(draft, FILING)
    officer_of_unit = chain.officer_of(chain.employer)
    officer_of_unit.name = "某审核员"
    officer_of_unit.save()
    chain.approve(draft, "2020-11-19 09:00")
    assert "某审核员" not in text_of(mine.get(page("application", draft)))
    text = text_of(mine.get(page("records", draft)))
    assert "审核通过，打印公示表" in text
    assert "某审核员" not in text


def test_urge_reaches_the_holder_once_a_day(mine, draft, chain: Chain, at):
    chain.submit(draft, FILING)
    assert "催办" in text_of(mine.get(page("application", draft)))
    text = text_of(mine.post(page("urge", draft), follow=True))
    assert "已提醒江北第一机械厂" in text
    assert "今天已经催办" in text
    text = text_of(mine.post(page("urge", draft), follow=True))
    assert "今天已经催办过了" in text
    assert draft.urges.count() == 1
    at("2020-11-19 00:00")
    mine.post(page("urge", draft))
    assert draft.urges.count() == 2


def test_recall_is_possible_until_the_employer_opens_the_file(mine, draft, chain: Chain):
    chain.submit(draft, FILING)
    draft.refresh_from_db()
    assert "撤回修改" in text_of(mine.get(page("application", draft)))
    assert mine.get(page("recall", draft)).status_code == 200
    response = mine.post(page("recall", draft), {"version": draft.version})
    assert response.url == page("tasks", draft)
    chain.submit(draft, "2020-11-18 10:00")
    reviews.open_application(
        application=draft,
        actor=chain.officer_of(chain.employer),
        organisation=chain.employer,
        at=instant("2020-11-18 11:00"),
    )
    assert page("recall", draft) not in text_of(mine.get(page("application", draft)))
    assert mine.get(page("recall", draft)).status_code == 302
    draft.refresh_from_db()
    text = text_of(mine.post(page("recall", draft), {"version": draft.version}, follow=True))
    assert "不能撤回" in text
    draft.refresh_from_db()
    assert draft.phase == Phase.SUBMITTED


def test_withdrawal_asks_first_and_ends_the_application(mine, draft):
    assert "不能恢复" in text_of(mine.get(page("withdraw", draft)))
    draft.refresh_from_db()
    assert draft.phase == Phase.DRAFT
    response = mine.post(
        page("withdraw", draft), {"version": draft.version, "reason": "填错了"}, follow=True
    )
    draft.refresh_from_db()
    assert draft.phase == Phase.WITHDRAWN
    assert "已撤销申报" in text_of(response)
    assert "填错了" in text_of(mine.get(page("records", draft)))
    assert mine.get(page("withdraw", draft)).status_code == 302


# --- Who may ------------------------------------------------------------------------------

OWN_PAGES = [
    ("tasks", []),
    ("application", []),
    ("records", []),
    ("documents", []),
    ("employer", []),
    ("section", ["person"]),
    ("section", ["education"]),
    ("check", []),
    ("withdraw", []),
    ("recall", []),
]
OWN_ACTIONS = [
    ("entry_add", ["education"]),
    ("section", ["person"]),
    ("upload", ["person"]),
    ("check", []),
    ("urge", []),
    ("recall", []),
    ("withdraw", []),
]


def strangers(chain: Chain) -> list[User]:
    return [
        UserFactory(),
        chain.officer_of(chain.employer),
        officer(chain.employer, Role.READER),
        chain.officer_of(chain.committee),
        UserFactory(is_staff=True, is_superuser=True),
    ]


def test_pages_of_somebody_else_are_not_found(client, draft, chain: Chain):
    chain.submit(draft, FILING)
    for user in strangers(chain):
        client.force_login(user)
        for name, arguments in OWN_PAGES:
            assert client.get(page(name, draft, *arguments)).status_code == 404
        for name, arguments in OWN_ACTIONS:
            assert client.post(page(name, draft, *arguments)).status_code == 404
    draft.refresh_from_db()
    assert draft.version == 1
    assert draft.content_version == 0


def test_pages_ask_who_is_there(client, draft):
    for name, arguments in OWN_PAGES:
        response = client.get(page(name, draft, *arguments))
        assert response.status_code == 302
        assert "login" in response.url


def test_receipt_of_another_application_is_not_found(mine, draft, chain: Chain):
    other = chain.submit(chain.draft(), FILING)
    number = other.transitions.get().receipt_number
    assert mine.get(page("receipt", draft, number)).status_code == 404


# --- Budgets ------------------------------------------------------------------------------


def queries_of(client, url: str, django_assert_max_num_queries, limit: int) -> int:
    client.get(url)  # support contacts and the like are kept for a while
    with django_assert_max_num_queries(limit) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_list_of_applications_costs_the_same_for_one_and_thirty(
    mine, draft, chain: Chain, django_assert_max_num_queries
):
    url = reverse("applications:index")
    first = queries_of(mine, url, django_assert_max_num_queries, 8)
    chain.schedule.one_live_application = False
    chain.schedule.save()
    Application.objects.bulk_create(
        Application(
            applicant=draft.applicant,
            schedule=draft.schedule,
            track=draft.track,
            open_title=draft.open_title,
            step=draft.step,
            employer=OrganisationFactory(),
        )
        for _number in range(29)
    )
    assert queries_of(mine, url, django_assert_max_num_queries, 8) == first
    assert mine.get(url).content.decode().count("<tr>") == 31


def test_form_pages_cost_the_same_for_one_item_and_thirty(
    mine, draft, django_assert_max_num_queries
):
    urls = [
        page("tasks", draft),
        page("section", draft, "education"),
        page("check", draft),
    ]
    before = [queries_of(mine, url, django_assert_max_num_queries, 20) for url in urls]
    SectionEntry.objects.bulk_create(
        SectionEntry(
            application=draft,
            section="education",
            data=ANSWERS["education"][0],
            is_complete=True,
            position=number,
        )
        for number in range(1, 30)
    )
    after = [queries_of(mine, url, django_assert_max_num_queries, 20) for url in urls]
    assert before == after


def test_application_page_stays_within_its_budget(
    mine, draft, chain: Chain, at, django_assert_max_num_queries
):
    chain.submit(draft, FILING)
    url = page("application", draft)
    first = queries_of(mine, url, django_assert_max_num_queries, 15)
    chain.approve(draft, "2020-11-19 09:00")
    at("2020-11-20 09:00")
    queries_of(mine, url, django_assert_max_num_queries, 15)
    chain.report(draft, "2020-12-01 09:00")
    at("2020-12-02 09:00")
    assert queries_of(mine, url, django_assert_max_num_queries, 15) <= first + 1
    draft.refresh_from_db()
    entry = draft.entries.get(section="education")
    reviews.return_for_correction(
        application=draft,
        actor=chain.officer_of(chain.district_authority),
        organisation=chain.district_authority,
        deficiencies=[
            reviews.DeficiencyInput(section="education", entry_id=entry.public_id, text=f"{number}")
            for number in range(30)
        ],
        at=instant("2020-12-02 09:00"),
    )
    queries_of(mine, url, django_assert_max_num_queries, 20)
