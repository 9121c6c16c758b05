"""Returns as offices and applicants see them: limits, what must be posted again, panels."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from applications import panels
from applications.errors import ActionNotAvailable, WindowClosed
from applications.workflow import Phase
from core import clock
from publicity import services as publicity
from publicity.models import NoticeStatus
from publicity.selectors import reposting_outlook
from reviews import services
from tests.factories.chain import instant


def bring(chain, office: str):
    """Return a file that an office holds, as early as the notice's dates allow."""
    municipal = office == "municipal_authority"
    employer = chain.municipal_employer if municipal else chain.employer
    application = chain.submit(chain.draft(employer=employer), "2020-11-17 09:30")
    if office == "employer":
        return application
    chain.approve(application, "2020-11-17 10:00")
    application = chain.report(application, "2020-11-25 09:00")
    for holder in ("district_authority", "title_office", "municipal_authority", "committee"):
        if application.holder == getattr(chain, holder):
            if holder == office:
                return application
            application = chain.approve(application, "2020-11-26 09:00")
    raise AssertionError(office)


def outlook(application, at: str):
    """Return what a return at an instant would mean for a new notice."""
    now = instant(at)
    return reposting_outlook(
        application=application,
        route=list(application.stops.select_related("step")),
        limit=services.correction_outlook(application=application, at=now),
        at=now,
    )


@pytest.mark.parametrize(
    ("office", "limit", "last_approval_on"),
    [
        ("employer", "2020-12-10 00:00", "2020-12-01"),
        ("district_authority", "2020-12-15 00:00", "2020-12-06"),
        ("title_office", "2020-12-18 00:00", "2020-12-09"),
        ("municipal_authority", "2020-12-18 00:00", "2020-12-09"),
    ],
)
def test_limit_and_last_approval_for_a_new_notice_are_told(
    chain, desk, at, office, limit, last_approval_on
):
    """C33: the last re-approval is 12-01, 12-06, 12-09 for the limits 12-09, 12-14, 12-17."""
    application = bring(chain, office)
    found = outlook(application, "2020-11-30 09:00")
    assert found.limit_at == instant(limit)
    assert found.last_approval_on == dt.date.fromisoformat(last_approval_on)
    assert found.is_possible
    assert found.is_needed is (office == "employer")
    at("2020-11-30 09:00")
    page = desk(getattr(chain, office))
    page.begin(application)
    shown = page.get("return", application).content.decode()
    day = dt.date.fromisoformat(last_approval_on)
    assert f"单位最迟2020年{day.month}月{day.day}日" in shown


@pytest.mark.parametrize(
    ("moment", "is_possible"), [("2020-12-01 23:59", True), ("2020-12-02", False)]
)
def test_a_return_after_the_last_day_says_that_a_new_notice_is_too_late(chain, moment, is_possible):
    assert outlook(bring(chain, "employer"), moment).is_possible is is_possible


def test_a_new_notice_ordered_too_late_is_warned_of_before_it_is_decided(chain, desk, at):
    application = bring(chain, "title_office")
    at("2020-12-10 09:00")
    page = desk(chain.title_office)
    page.begin(application)
    assert "重新公示已经来不及" in page.get("return", application).content.decode()
    typed = {"rows-0-place": "education", "rows-0-text": "缺证书"}
    asked = page.client.post(
        page.url("return", application), {**page.form("return", application), **typed}
    )
    assert "申报将会逾期失效" not in asked.content.decode()
    asked = page.client.post(
        page.url("return", application),
        {**page.form("return", application), **typed, "orders_new_notice": "on"},
    )
    assert "申报将会逾期失效" in asked.content.decode()


def test_after_the_employers_return_both_its_steps_stay_open_to_the_limit(chain):
    """C33: redone by 12-01, the new lock ends 12-09 00:00, and 12-09 is still open to report."""
    returned = chain.give_back(bring(chain, "employer"), "2020-11-25 09:00")
    made = chain.submit(returned, "2020-12-01 08:00")
    made = chain.approve(made, "2020-12-01 09:00")
    assert made.clears_at == instant("2020-12-09 00:00")
    assert made.due_at == instant("2020-12-10 00:00")
    with pytest.raises(ActionNotAvailable):
        chain.report(made, "2020-12-10 00:00")
    assert chain.report(made, "2020-12-09 23:59:59").phase == Phase.UNDER_REVIEW


def test_an_earlier_offices_second_return_is_told_with_the_longer_limit(chain):
    returned = chain.give_back(bring(chain, "title_office"), "2020-11-30 09:00")
    made = chain.submit(returned, "2020-12-01 09:00")
    limit = services.correction_outlook(application=made, at=instant("2020-12-02 09:00"))
    assert limit.due_at == instant("2020-12-18 00:00")
    assert chain.give_back(made, "2020-12-02 09:00").correction_due_at == limit.due_at


def test_a_return_past_its_limit_is_refused_as_the_page_says(chain, desk, at):
    application = bring(chain, "committee")
    chain.give_back(application, "2020-12-17 09:00")
    application.refresh_from_db()
    made = chain.submit(application, "2020-12-20 23:00")
    with pytest.raises(WindowClosed):
        chain.give_back(made, "2020-12-21 00:00")
    at("2020-12-21 09:00")
    page = desk(chain.committee)
    page.begin(made)
    typed = {"rows-0-place": "education", "rows-0-text": "缺证书"}
    refused = page.decide("return", made, **typed)
    assert refused.status_code == 409
    assert "缺证书" in refused.content.decode()


class TestWhichNoticeStands:
    """C33: the cleared notice stands, unless what it shows has changed or a new one is ordered."""

    def redo(self, chain, application, at: str):
        """Resubmit and approve again; return the application."""
        day = at.split()[0]
        made = chain.submit(application, f"{day} 08:00")
        return chain.approve(made, at)

    def change(self, application, key: str, value: str) -> None:
        entry = application.entries.get(section="achievement_project")
        entry.data[key] = value
        entry.save()

    def test_an_order_is_not_lost_when_the_ordered_notice_comes_down(self, chain):
        returned = chain.give_back(
            bring(chain, "title_office"), "2020-11-26 10:00", orders_new_notice=True
        )
        posted = self.redo(chain, returned, "2020-11-26 12:00")
        assert posted.phase == Phase.ON_NOTICE
        again = self.redo(chain, chain.give_back(posted, "2020-11-27 09:00"), "2020-11-27 12:00")
        assert again.phase == Phase.ON_NOTICE
        statuses = list(again.notices.order_by("posted_at").values_list("status", flat=True))
        assert statuses == [NoticeStatus.ENDED, NoticeStatus.TAKEN_DOWN, NoticeStatus.POSTED]

    def test_an_upheld_objection_to_a_newer_notice_brings_no_older_one_back(self, chain):
        returned = chain.give_back(
            bring(chain, "title_office"), "2020-11-26 10:00", orders_new_notice=True
        )
        posted = self.redo(chain, returned, "2020-11-26 12:00")
        objection = publicity.raise_objection(
            notice=posted.notices.get(status="posted"), text="不实", at=instant("2020-11-26 13:00")
        )
        publicity.decide_objection(
            objection=objection,
            actor=chain.officer_of(chain.employer),
            organisation=chain.employer,
            is_upheld=True,
            finding="属实",
            at=instant("2020-11-26 14:00"),
        )
        again = self.redo(chain, chain.give_back(posted, "2020-11-26 15:00"), "2020-11-27 12:00")
        assert again.phase == Phase.ON_NOTICE

    def test_content_changed_and_changed_back_stands_while_nothing_newer_was_posted(self, chain):
        returned = chain.give_back(bring(chain, "title_office"), "2020-11-26 10:00")
        self.change(returned, "title", "别的工程")
        self.change(returned, "title", "示范工程")
        assert self.redo(chain, returned, "2020-11-26 12:00").phase == Phase.NOTICE_CLEARED

    @pytest.mark.parametrize(
        ("key", "phase"), [("title", Phase.ON_NOTICE), ("amount", Phase.NOTICE_CLEARED)]
    )
    def test_only_what_the_notice_shows_counts(self, chain, key, phase):
        returned = chain.give_back(bring(chain, "title_office"), "2020-11-26 10:00")
        self.change(returned, key, "999")
        assert self.redo(chain, returned, "2020-11-26 12:00").phase == phase

    def test_the_officers_language_changes_no_notice(self, chain):
        returned = chain.give_back(bring(chain, "title_office"), "2020-11-26 10:00")
        with translation.override("en"):
            again = self.redo(chain, returned, "2020-11-26 12:00")
        assert again.phase == Phase.NOTICE_CLEARED


class TestPanels:
    @pytest.fixture
    def returned(self, chain, desk, at):
        """Return a file given back with two deficiencies by the employer."""
        application = bring(chain, "employer")
        at("2020-11-18 09:00")
        page = desk(chain.employer)
        page.begin(application)
        project = application.snapshots.get().data["sections"]["achievement_project"][0]["id"]
        page.decide(
            "return",
            application,
            **{
                "text": "请一次补齐。",
                "rows-0-place": f"achievement_project/{project}",
                "rows-0-text": "缺少验收报告",
                "rows-1-place": "education",
                "rows-1-text": "缺少学位证书",
            },
        )
        application.refresh_from_db()
        return application

    def panel(self, application, template: str) -> dict | None:
        """Return the context of one of the applicant's panels."""
        for each in panels.collect(application, application.applicant, clock.now()):
            if each["template"] == template:
                return each["context"]
        return None

    def applicants_page(self, application) -> str:
        client = Client()
        client.force_login(application.applicant)
        url = reverse("applications:application", args=[application.public_id])
        return client.get(url).content.decode()

    def test_what_to_correct_is_listed_in_the_order_of_the_form_with_links(self, returned):
        panel = self.panel(returned, "reviews/_correction_panel.html")
        entry = returned.entries.get(section="achievement_project")
        assert [(task.title, task.url, task.texts) for task in panel["tasks"]] == [
            (
                "学历学位",
                reverse("applications:section", args=[returned.public_id, "education"]),
                ["缺少学位证书"],
            ),
            (
                "专业技术项目 · 示范工程",
                reverse(
                    "applications:entry",
                    args=[returned.public_id, "achievement_project", entry.public_id],
                ),
                ["缺少验收报告"],
            ),
        ]
        page = self.applicants_page(returned)
        assert "请一次补齐。" in page
        assert "12月9日 24:00" in page

    def test_what_has_been_changed_since_is_shown(self, returned):
        panel = self.panel(returned, "reviews/_correction_panel.html")
        assert panel["changes"] == []
        entry = returned.entries.get(section="achievement_project")
        entry.data["result"] = "通过验收"
        entry.save()
        panel = self.panel(returned, "reviews/_correction_panel.html")
        assert [diff.code for diff in panel["changes"]] == ["achievement_project"]
        assert panel["changes_notice"]

    def test_an_entry_removed_meanwhile_leads_to_its_section(self, returned):
        returned.entries.filter(section="achievement_project").delete()
        panel = self.panel(returned, "reviews/_correction_panel.html")
        assert panel["tasks"][1].url == reverse(
            "applications:section", args=[returned.public_id, "achievement_project"]
        )

    def test_after_resubmission_it_is_kept_as_history(self, returned, chain):
        made = chain.submit(returned, "2020-11-18 10:00")
        assert self.panel(made, "reviews/_correction_panel.html") is None
        assert "缺少学位证书" in self.applicants_page(made)

    def test_past_the_limit_nothing_is_asked_for(self, returned, at):
        at("2020-12-10 00:00")
        assert self.panel(returned, "reviews/_correction_panel.html") is None

    def test_the_offices_working_notes_are_not_shown(self, chain, desk, at):
        application = bring(chain, "employer")
        at("2020-11-18 09:00")
        page = desk(chain.employer)
        page.begin(application)
        page.check(application, "education", "deficient", comment="内部：待查证")
        page.check_everything(application)
        page.decide("approve", application, opinion="内部推荐意见")
        shown = self.applicants_page(application)
        assert "内部：待查证" not in shown
        assert "内部推荐意见" not in shown

    def test_a_refusal_is_shown_with_its_reason_and_whom_to_ask(self, chain, desk, at):
        application = bring(chain, "employer")
        at("2020-11-18 09:00")
        page = desk(chain.employer)
        page.begin(application)
        page.decide("refuse", application, reason="工作年限不满足要求。")
        application.refresh_from_db()
        shown = self.applicants_page(application)
        assert "不予推荐" in shown
        assert "工作年限不满足要求。" in shown
        assert chain.employer.contact_telephone in shown
