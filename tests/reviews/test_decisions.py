"""Every decision of an office in a browser: success, and every way in which it is refused."""

import datetime as dt

import pytest

from applications import filing
from applications.models import Application
from applications.workflow import Action, Phase
from organisations.models import Role
from publicity import services as publicity
from reviews import services
from reviews.models import CorrectionNotice, Opinion
from tests.factories.chain import instant
from tests.factories.people import officer
from tests.html_forms import form_data

OPINION = "该同志业绩突出，同意推荐。"


# What each decision's form needs: name, typed, action, and the key of what must be kept.
TYPED = {
    "approve": {"opinion": OPINION},
    "refuse": {"reason": "工作年限不满足要求。"},
    "return": {"rows-0-place": "education", "rows-0-text": "缺少学位证书盖章页"},
}
ACTIONS = {"approve": Action.APPROVE, "refuse": Action.REJECT, "return": Action.RETURN}
KEPT = {name: list(typed.values())[-1] for name, typed in TYPED.items()}
DECISIONS = sorted(TYPED)


def text_of(response) -> str:
    return response.content.decode()


def decided(application: Application, name: str):
    """Return the transitions that this decision has made in the office that holds the file."""
    return application.transitions.filter(action=ACTIONS[name], from_step__code="authority")


def at_the_district(chain, **options) -> Application:
    """Return a file that the district authority holds since 2020-12-04."""
    application = chain.submit(chain.draft(**options))
    chain.approve(application, "2020-11-26 09:00")
    return chain.report(application, "2020-12-04 09:00")


@pytest.fixture
def checked(chain, desk, at):
    """Return a file that the employer has checked, ready to be decided on 2020-11-26."""
    application = chain.submit(chain.draft())
    at("2020-11-26 10:00")
    desk(chain.employer).begin(application)
    desk(chain.employer).check_everything(application)
    application.refresh_from_db()
    return application


@pytest.fixture
def held(chain, desk, at):
    """Return a file that the district authority has opened, on 2020-12-07."""
    application = at_the_district(chain)
    at("2020-12-07 10:00")
    desk(chain.district_authority).begin(application)
    application.refresh_from_db()
    return application


class TestEveryDecision:
    @pytest.mark.parametrize("name", DECISIONS)
    def test_form_confirm_receipt(self, held, chain, desk, name):
        page = desk(chain.district_authority)
        form = {**page.form(name, held), **TYPED[name]}
        asked = page.client.post(page.url(name, held), form)
        assert asked.status_code == 200
        assert KEPT[name] in text_of(asked)
        assert "确定后不能撤回。" in text_of(asked)
        assert not decided(held, name).exists()
        made = page.confirm(name, held, asked)
        transition = decided(held, name).get()
        assert made.url == page.url("receipt", held, transition.sequence)
        assert transition.actor == chain.officer_of(chain.district_authority)
        assert transition.organisation == chain.district_authority
        assert page.client.get(made.url).status_code == 200

    @pytest.mark.parametrize("name", DECISIONS)
    def test_the_confirm_page_leads_back_with_everything_typed(self, held, chain, desk, name):
        page = desk(chain.district_authority)
        asked = page.client.post(page.url(name, held), {**page.form(name, held), **TYPED[name]})
        back = page.client.post(page.url(name, held), {**form_data(asked, "decision"), "edit": "1"})
        assert KEPT[name] in text_of(back)
        assert not decided(held, name).exists()

    @pytest.mark.parametrize("name", DECISIONS)
    def test_a_double_click_is_one_transition_and_one_receipt(self, held, chain, desk, name):
        page = desk(chain.district_authority)
        asked = page.client.post(page.url(name, held), {**page.form(name, held), **TYPED[name]})
        first = page.confirm(name, held, asked)
        second = page.confirm(name, held, asked)
        assert first.url == second.url
        assert decided(held, name).count() == 1
        opinions = Opinion.objects.filter(transition__in=decided(held, name))
        assert opinions.count() == (0 if name == "return" else 1)
        assert CorrectionNotice.objects.count() == (1 if name == "return" else 0)

    @pytest.mark.parametrize("name", DECISIONS)
    def test_a_colleague_who_was_faster_is_named_and_what_was_typed_kept(
        self, held, chain, desk, name
    ):
        page = desk(chain.district_authority)
        asked = page.client.post(page.url(name, held), {**page.form(name, held), **TYPED[name]})
        services.refuse(
            application=held,
            actor=officer(chain.district_authority),
            organisation=chain.district_authority,
            reason="不符合条件",
        )
        refused = page.confirm(name, held, asked)
        assert refused.status_code == 409
        assert f"{chain.district_authority}已于2020-12-07 10:00办理" in text_of(refused)
        assert KEPT[name] in text_of(refused)
        assert (
            held.transitions.filter(action__in=ACTIONS.values(), from_step=held.step).count() == 1
        )

    @pytest.mark.parametrize("name", DECISIONS)
    def test_after_a_stale_answer_the_next_confirmation_counts(self, held, chain, desk, name):
        page = desk(chain.district_authority)
        stale = {**page.form(name, held), **TYPED[name], "version": held.version - 1}
        asked = page.client.post(page.url(name, held), stale)
        refused = page.confirm(name, held, asked)
        assert refused.status_code == 409
        again = page.client.post(page.url(name, held), form_data(refused, "decision"))
        assert page.confirm(name, held, again).status_code == 302

    @pytest.mark.parametrize("name", DECISIONS)
    def test_a_readers_post_is_refused_and_kept(self, held, chain, desk, name):
        page = desk(chain.district_authority)
        form = {**page.form(name, held), **TYPED[name]}
        reader = desk(chain.district_authority, officer(chain.district_authority, Role.READER))
        for extra in ({}, {"confirmed": "1"}):
            answer = reader.client.post(reader.url(name, held), {**form, **extra})
            assert answer.status_code == 403
            assert "没有此项权限" in text_of(answer)
            assert KEPT[name] in text_of(answer)
        assert not decided(held, name).exists()

    @pytest.mark.parametrize("name", DECISIONS)
    def test_another_organisations_post_finds_nothing(self, held, chain, desk, name):
        page = desk(chain.district_authority)
        form = {**page.form(name, held), **TYPED[name], "confirmed": "1"}
        other = desk(chain.agency)
        assert other.client.post(other.url(name, held), form).status_code == 404
        assert other.client.post(page.url(name, held), form).status_code == 404

    @pytest.mark.parametrize("name", DECISIONS)
    def test_who_applies_stands_aside(self, chain, desk, at, name):
        me = chain.officer_of(chain.district_authority)
        own = at_the_district(chain, applicant=me)
        at("2020-12-07 10:00")
        page = desk(chain.district_authority)
        answer = page.post(name, own, **TYPED[name], version=own.version, confirmed="1")
        assert answer.status_code == 403
        assert "须回避" in text_of(answer)
        assert not decided(own, name).exists()

    @pytest.mark.parametrize("name", DECISIONS)
    def test_after_the_close_it_is_refused_with_the_date_and_kept(
        self, held, chain, desk, at, name
    ):
        page = desk(chain.district_authority)
        asked = page.client.post(page.url(name, held), {**page.form(name, held), **TYPED[name]})
        at("2020-12-10 00:00")
        refused = page.confirm(name, held, asked)
        assert refused.status_code == 409
        assert KEPT[name] in text_of(refused)
        assert page.get(name, held).status_code == 403

    @pytest.mark.parametrize("name", DECISIONS)
    def test_a_wrong_phase_is_told(self, held, chain, desk, name):
        page = desk(chain.district_authority)
        form = {**page.form(name, held), **TYPED[name]}
        asked = page.client.post(page.url(name, held), form)
        filing.withdraw_application(application=held, actor=held.applicant)
        refused = page.confirm(name, held, asked)
        assert refused.status_code == 409
        assert KEPT[name] in text_of(refused)
        shown = page.get(name, held)
        assert shown.status_code == 403
        assert "已撤回申报" in text_of(shown)

    @pytest.mark.parametrize("name", DECISIONS)
    def test_nothing_typed_is_told_beside_the_field(self, held, chain, desk, name):
        page = desk(chain.district_authority)
        answer = page.client.post(page.url(name, held), page.form(name, held))
        assert answer.status_code == 422
        assert "error-summary" in text_of(answer)

    @pytest.mark.parametrize("method", ["put", "delete", "patch"])
    def test_other_methods_are_refused(self, held, chain, desk, method):
        page = desk(chain.district_authority)
        assert getattr(page.client, method)(page.url("approve", held)).status_code == 405

    def test_an_anonymous_post_leads_to_signing_in(self, held, chain, desk, client):
        page = desk(chain.district_authority)
        answer = client.post(page.url("approve", held), {"confirmed": "1"})
        assert answer.status_code == 302
        assert "login" in answer.url


class TestApprove:
    def test_the_notices_own_words_are_used(self, checked, chain, desk):
        page = desk(chain.employer)
        assert "审核通过，打印公示表" in text_of(page.get("file", checked))
        assert "审核通过，打印公示表" in text_of(page.get("approve", checked))

    def test_the_confirming_step_has_the_notices_name(self, held, chain, desk):
        page = desk(chain.district_authority)
        asked = page.client.post(
            page.url("approve", held), {**page.form("approve", held), "opinion": OPINION}
        )
        assert "确定推荐" in text_of(asked)
        assert chain.title_office.name in text_of(asked)

    def test_the_end_of_the_lock_is_told_before(self, checked, chain, desk):
        page = desk(chain.employer)
        for name in ("file", "approve"):
            assert "12月4日 00:00起可以上报" in text_of(page.get(name, checked))
        asked = page.client.post(
            page.url("approve", checked), {**page.form("approve", checked), "opinion": OPINION}
        )
        assert "2020年12月3日 周四为止" in text_of(asked)

    def test_unchecked_items_keep_it_from_being_approved(self, chain, desk, at):
        application = chain.submit(chain.draft())
        at("2020-11-26 10:00")
        page = desk(chain.employer)
        page.begin(application)
        assert "还有9个部分没有核对" in text_of(page.get("file", application))
        refused = page.decide("approve", application, opinion=OPINION)
        assert refused.status_code == 409
        assert OPINION in text_of(refused)

    def test_a_deficient_item_keeps_it_from_being_approved(self, checked, chain, desk):
        page = desk(chain.employer)
        page.check(checked, "education", "deficient", comment="缺证书")
        assert "不能审核通过" in text_of(page.get("file", checked))
        assert page.decide("approve", checked, opinion=OPINION).status_code == 409

    @pytest.mark.parametrize(
        ("moment", "is_late"), [("2020-11-26 23:59", False), ("2020-11-27 00:00", True)]
    )
    def test_an_approval_that_cannot_be_reported_in_time_is_warned_of(
        self, checked, chain, desk, at, moment, is_late
    ):
        """C23–C26: posted on 11-27 the lock ends at 12-05 00:00, which is the close."""
        at(moment)
        page = desk(chain.employer)
        form = {**page.form("approve", checked), "opinion": OPINION}
        asked = page.client.post(page.url("approve", checked), form)
        assert ("已经来不及上报" in text_of(page.get("approve", checked))) is is_late
        assert asked.status_code == (422 if is_late else 200)
        if is_late:
            assert "请先确认已知道来不及上报" in text_of(asked)
            assert OPINION in text_of(asked)
            asked = page.client.post(
                page.url("approve", checked), {**form, "accepts_late_notice": "on"}
            )
            assert "届时将来不及上报" in text_of(asked)
        assert page.confirm("approve", checked, asked).status_code == 302
        checked.refresh_from_db()
        assert checked.phase == Phase.ON_NOTICE

    def test_a_notice_that_stands_lets_it_be_reported_at_once(self, chain, desk, at):
        application = at_the_district(chain)
        returned = chain.give_back(application, "2020-12-07 09:00")
        chain.submit(returned, "2020-12-07 10:00")
        at("2020-12-07 11:00")
        page = desk(chain.employer)
        page.begin(application)
        page.check_everything(application)
        assert "原公示继续有效" in text_of(page.get("approve", application))
        made = page.decide("approve", application, opinion=OPINION)
        assert "现在上报" in text_of(page.client.get(made.url))
        assert page.decide("report", application).status_code == 302

    def test_an_acceptance_needs_no_opinion(self, held, chain, desk, at):
        chain.approve(held, "2020-12-07 11:00")
        chain.approve(held, "2020-12-08 09:00")
        at("2020-12-09 10:00")
        page = desk(chain.committee)
        page.begin(held)
        made = page.decide("approve", held)
        assert made.status_code == 302
        assert "审核通过受理" in text_of(page.client.get(made.url))
        held.refresh_from_db()
        assert held.accepted_at == instant("2020-12-09 10:00")

    def test_an_unannounced_year_refuses_with_where_to_enter_it(
        self, checked, chain, desk, at, monkeypatch
    ):
        def unannounced(date: dt.date) -> bool:
            raise NotImplementedError

        page = desk(chain.employer)
        form = {**page.form("approve", checked), "opinion": OPINION}
        monkeypatch.setattr("schedules.working_days.chinese_calendar.is_workday", unannounced)
        answer = page.client.post(page.url("approve", checked), {**form, "confirmed": "1"})
        assert answer.status_code == 409
        assert "放假安排尚未公布" in text_of(answer)
        assert OPINION in text_of(answer)
        for name in ("file", "approve", "return"):
            assert "放假安排尚未公布" in text_of(page.get(name, checked))


class TestReport:
    @pytest.fixture
    def posted(self, checked, chain):
        """Return the file on notice since 2020-11-26."""
        return chain.approve(checked, "2020-11-26 10:00")

    @pytest.mark.parametrize("moment", ["2020-11-26 10:01", "2020-12-03 23:59:59"])
    def test_inside_the_lock_there_is_no_way(self, posted, chain, desk, at, moment):
        at(moment)
        page = desk(chain.employer)
        shown = text_of(page.get("notice", posted))
        assert 'aria-disabled="true">上报主管部门' in shown
        assert "2020-12-04 00:00起可以上报" in shown
        assert page.get("report", posted).status_code == 403
        answer = page.post("report", posted, version=posted.version, confirmed="1")
        assert answer.status_code == 409
        assert "公示期未满" in text_of(answer)
        posted.refresh_from_db()
        assert posted.phase == Phase.ON_NOTICE

    def test_from_the_first_instant_after_it_is_possible(self, posted, chain, desk, at):
        at("2020-12-04 00:00")
        page = desk(chain.employer)
        assert "公示期满，可以上报" in text_of(page.get("notice", posted))
        made = page.decide("report", posted)
        assert chain.district_authority.name in text_of(page.client.get(made.url))

    def test_a_double_click_is_one_report(self, posted, chain, desk, at):
        at("2020-12-04 09:00")
        page = desk(chain.employer)
        data = {**page.form("report", posted), "confirmed": "1"}
        urls = {page.client.post(page.url("report", posted), data).url for _ in range(2)}
        assert len(urls) == 1
        assert posted.transitions.filter(action=Action.REPORT).count() == 1

    def test_after_the_close_it_is_refused(self, posted, chain, desk, at):
        at("2020-12-05 00:00")
        page = desk(chain.employer)
        answer = page.post("report", posted, version=posted.version, confirmed="1")
        assert answer.status_code == 409
        assert "逾期失效" in text_of(answer)

    def test_an_open_objection_keeps_it_locked(self, posted, chain, desk, at):
        publicity.raise_objection(
            notice=posted.notices.get(), text="不实", at=instant("2020-12-01 09:00")
        )
        at("2020-12-04 09:00")
        page = desk(chain.employer)
        shown = text_of(page.get("notice", posted))
        assert "异议还没有查清" in shown
        assert page.get("report", posted).status_code == 403


class TestReturn:
    def test_all_deficiencies_are_told_at_once(self, held, chain, desk):
        page = desk(chain.district_authority)
        project = held.snapshots.get().data["sections"]["achievement_project"][0]["id"]
        made = page.decide(
            "return",
            held,
            **{
                "text": "请尽快补正。",
                "rows-0-place": "education",
                "rows-0-text": "缺少学位证书",
                "rows-1-place": f"achievement_project/{project}",
                "rows-1-text": "缺少验收报告",
            },
        )
        notice = CorrectionNotice.objects.get()
        assert [(d.section, d.entry_id, d.text) for d in notice.deficiencies.all()] == [
            ("education", "", "缺少学位证书"),
            ("achievement_project", project, "缺少验收报告"),
        ]
        assert notice.text == "请尽快补正。"
        assert "一次性告知的问题共2项" in text_of(page.client.get(made.url))

    def test_marked_items_are_taken_over(self, held, chain, desk):
        page = desk(chain.district_authority)
        project = held.snapshots.get().data["sections"]["achievement_project"][0]["id"]
        page.check(held, "education", "deficient", comment="缺少学位证书")
        page.check(held, "achievement_project", "", entry_id=project, comment="缺少验收报告")
        form = page.form("return", held)
        assert form["rows-0-place"] == ["education"]
        assert form["rows-0-text"] == ["缺少学位证书"]
        assert form["rows-1-place"] == [f"achievement_project/{project}"]
        assert page.decide("return", held).status_code == 302
        assert CorrectionNotice.objects.get().deficiencies.count() == 2

    def test_an_emptied_row_is_dropped(self, held, chain, desk):
        page = desk(chain.district_authority)
        page.check(held, "education", "deficient", comment="缺少学位证书")
        page.check(held, "person", "deficient", comment="照片不清")
        form = {**page.form("return", held), "rows-0-place": "", "rows-0-text": ""}
        asked = page.client.post(page.url("return", held), form)
        assert page.confirm("return", held, asked).status_code == 302
        assert CorrectionNotice.objects.get().deficiencies.count() == 1

    def test_more_rows_keep_what_was_typed(self, held, chain, desk):
        page = desk(chain.district_authority)
        form = {**page.form("return", held), "rows-0-text": "只写了一半", "text": "总的说明"}
        longer = page.client.post(page.url("return", held), {**form, "add_rows": "1"})
        data = form_data(longer, "decision")
        assert data["rows-0-text"] == ["只写了一半"]
        assert data["text"] == ["总的说明"]
        assert data["rows-TOTAL_FORMS"] == ["4"]
        assert "error-summary" not in text_of(longer)

    def test_half_a_row_is_told_and_kept(self, held, chain, desk):
        page = desk(chain.district_authority)
        form = {**page.form("return", held), "rows-0-text": "没有选部分"}
        answer = page.client.post(page.url("return", held), form)
        assert answer.status_code == 422
        assert "请选择所在部分" in text_of(answer)
        assert "没有选部分" in text_of(answer)

    def test_a_new_notice_can_be_ordered(self, held, chain, desk):
        page = desk(chain.district_authority)
        page.decide("return", held, **TYPED["return"], orders_new_notice="on")
        held.refresh_from_db()
        assert held.new_notice_ordered

    def test_the_committees_return_orders_no_notice(self, held, chain, desk, at):
        chain.approve(held, "2020-12-07 11:00")
        chain.approve(held, "2020-12-08 09:00")
        at("2020-12-09 10:00")
        page = desk(chain.committee)
        page.begin(held)
        shown = text_of(page.get("return", held))
        assert "orders_new_notice" not in shown
        assert "2020年12月20日 24:00前补正并重新提交，直接交回本环节" in shown
        assert "2020年12月22日 24:00截止" in shown

    def test_a_posted_notice_that_comes_down_is_told(self, checked, chain, desk):
        posted = chain.approve(checked, "2020-11-26 10:00")
        page = desk(chain.employer)
        asked = page.client.post(
            page.url("return", posted), {**page.form("return", posted), **TYPED["return"]}
        )
        assert "正在进行的公示随即撤下" in text_of(asked)
        page.confirm("return", posted, asked)
        assert not posted.notices.filter(status="posted").exists()


class TestRefuse:
    def test_the_reason_is_written_as_the_offices_opinion(self, held, chain, desk):
        page = desk(chain.district_authority)
        page.decide("refuse", held, **TYPED["refuse"])
        held.refresh_from_db()
        assert held.phase == Phase.REJECTED
        assert Opinion.objects.get(transition__action=Action.REJECT).text == "工作年限不满足要求。"

    def test_it_points_to_the_return_instead(self, held, chain, desk):
        page = desk(chain.district_authority)
        assert page.url("return", held) in text_of(page.get("refuse", held))

    @pytest.mark.parametrize(
        ("office", "label"), [("employer", "不予推荐"), ("committee", "不予受理")]
    )
    def test_it_has_the_notices_own_name(self, checked, held_by, desk, chain, office, label):
        application = held_by(office)
        assert label in text_of(desk(getattr(chain, office)).get("refuse", application))

    @pytest.fixture
    def held_by(self, chain, checked, at, desk):
        """Return the file at the employer, or at the committee."""

        def bring(office: str) -> Application:
            if office == "employer":
                return checked
            chain.approve(checked, "2020-11-26 10:00")
            chain.report(checked, "2020-12-04 09:00")
            chain.approve(checked, "2020-12-05 09:00")
            made = chain.approve(checked, "2020-12-06 09:00")
            at("2020-12-07 10:00")
            desk(chain.committee).begin(made)
            return made

        return bring


class TestReceipt:
    def test_another_organisations_receipt_does_not_exist(self, held, chain, desk):
        sequence = held.transitions.get(action=Action.REPORT).sequence
        assert desk(chain.employer).get("receipt", held, sequence).status_code == 200
        assert desk(chain.district_authority).get("receipt", held, sequence).status_code == 404

    def test_it_leads_to_the_next_file(self, held, chain, desk):
        following = at_the_district(chain)
        page = desk(chain.district_authority)
        made = page.decide("approve", held, opinion=OPINION)
        assert page.url("file", following) in text_of(page.client.get(made.url))
