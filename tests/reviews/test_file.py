import logging
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applications import filing
from applications.errors import ActionDenied, ActionNotAvailable, ActionRefused
from applications.models import Application
from applications.workflow import Action
from organisations.models import Role
from reviews import services
from reviews.models import ItemCheck, Verdict
from tests.factories.chain import instant
from tests.factories.people import officer

HTMX = {"HX-Request": "true"}


@pytest.fixture
def application(chain, at):
    """Return a file that the employer has not opened, on a day in its window."""
    made = chain.submit(chain.draft())
    at("2020-11-24 09:00")
    return made


@pytest.fixture
def opened(application, chain, desk):
    """Return the same file, under check."""
    assert desk(chain.employer).begin(application).status_code == 302
    application.refresh_from_db()
    return application


def _in_a_connection(call, *arguments):
    try:
        return call(*arguments)
    finally:
        connection.close()


def wait_until_blocked() -> None:
    """Wait until another connection waits for a lock."""
    for _try in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("Nobody waits.")


def text_of(response) -> str:
    return response.content.decode()


class TestReading:
    def test_until_it_is_opened_the_employer_sees_the_summary_only(self, application, chain, desk):
        page = text_of(desk(chain.employer).get("file", application))
        assert "只显示申报的概要" in page
        assert "示范大学" not in page
        assert "开始审核" in page
        content = desk(chain.employer).get("content", application)
        assert "示范大学" not in text_of(content)

    def test_once_opened_everything_is_shown(self, opened, chain, desk):
        page = text_of(desk(chain.employer).get("file", opened))
        for text in ("示范大学", "大学本科", "示范工程", "已核对 0/9", "审核不通过退回"):
            assert text in page

    def test_identity_number_and_telephone_are_masked(self, opened, chain, desk):
        page = text_of(desk(chain.employer).get("file", opened))
        assert opened.applicant.identity_number not in page
        assert opened.applicant.phone not in page

    def test_who_checks_may_see_them_and_the_reading_is_logged(self, opened, chain, desk, caplog):
        with caplog.at_level(logging.INFO, logger="reviews.views.file"):
            page = text_of(desk(chain.employer).post("personal", opened))
        assert opened.applicant.identity_number in page
        assert chain.officer_of(chain.employer).public_id in caplog.text
        assert opened.applicant.identity_number not in caplog.text
        fragment = desk(chain.employer)
        answer = fragment.client.post(fragment.url("personal", opened), headers=HTMX)
        assert text_of(answer).startswith("<dl")

    def test_a_reader_may_not_see_them(self, opened, chain, desk):
        reader = officer(chain.employer, Role.READER)
        answer = desk(chain.employer, reader).post("personal", opened)
        assert answer.status_code == 403
        assert opened.applicant.identity_number not in text_of(answer)

    @pytest.mark.parametrize(
        "name", ["file", "content", "history", "notice", "approve", "return", "refuse", "report"]
    )
    def test_a_file_that_has_not_reached_an_office_does_not_exist(
        self, application, chain, desk, name
    ):
        assert desk(chain.district_authority).get(name, application).status_code == 404

    @pytest.mark.parametrize("name", ["file", "history", "approve", "return", "refuse", "report"])
    def test_a_colleague_of_another_organisation_gets_nothing(self, application, chain, desk, name):
        stranger = desk(chain.employer, chain.officer_of(chain.municipal_employer))
        assert stranger.get(name, application).status_code == 404
        stranger.organisation = chain.municipal_employer
        assert stranger.get(name, application).status_code == 404

    @pytest.mark.parametrize("name", ["file", "content", "history", "approve", "return", "refuse"])
    def test_ones_own_application_is_not_for_ones_own_desk(self, chain, desk, at, name):
        own = chain.submit(chain.draft(applicant=chain.officer_of(chain.employer)))
        at("2020-11-24 09:00")
        answer = desk(chain.employer).get(name, own)
        assert answer.status_code == 403
        assert "须回避" in text_of(answer)

    def test_the_forms_are_listed_for_who_may_have_them(self, opened, chain, desk):
        page = text_of(desk(chain.employer).get("file", opened))
        assert "职称申报信息表" in page
        assert reverse("applications:document", args=[opened.public_id, "commitment"]) in page
        reader = desk(chain.employer, officer(chain.employer, Role.READER))
        assert "职称申报信息表" not in text_of(reader.get("file", opened))

    def test_a_reader_sees_the_file_without_buttons(self, opened, chain, desk):
        page = text_of(
            desk(chain.employer, officer(chain.employer, Role.READER)).get("file", opened)
        )
        assert "示范大学" in page
        assert "只能查看" in page
        assert "审核不通过退回" not in page
        assert 'class="check"' not in page

    def test_a_reviewer_checks_but_does_not_decide(self, opened, chain, desk):
        reviewer = officer(chain.employer, Role.REVIEWER)
        page = text_of(desk(chain.employer, reviewer).get("file", opened))
        assert 'class="check"' in page
        assert "审核不通过退回" not in page
        answer = desk(chain.employer, reviewer).get("return", opened)
        assert answer.status_code == 403
        assert "没有此项权限" in text_of(answer)

    def test_before_the_step_opens_it_is_read_only(self, chain, desk, at):
        early = chain.submit(chain.draft(), "2020-11-17 09:30")
        chain.approve(early, "2020-11-17 10:00")
        chain.report(early, "2020-11-25 09:00")
        chain.approve(early, "2020-11-25 10:00")
        at("2020-11-25 11:00")
        page = desk(chain.title_office)
        shown = text_of(page.get("file", early))
        assert "11月26日起可以办理" in shown
        assert "示范大学" in shown
        assert "审核不通过退回" not in shown
        answer = page.get("approve", early)
        assert answer.status_code == 403
        assert "2020-11-26 00:00起可以办理" in text_of(answer)
        page.begin(early)
        assert early.stops.get(holder=chain.title_office).opened_at is None

    def test_a_file_that_went_on_stays_readable(self, chain, desk, at, opened):
        chain.approve(opened, "2020-11-24 10:00")
        chain.report(opened, "2020-12-02 09:00")
        at("2020-12-02 10:00")
        page = text_of(desk(chain.employer).get("file", opened))
        assert "现在不由本单位办理" in page
        assert "示范大学" in page

    def test_the_stages_and_the_log_are_shown(self, opened, chain, desk):
        page = text_of(desk(chain.employer).get("history", opened))
        for text in ("流转记录", "开始审核", "现场缴费并提交纸质材料", chain.employer.name):
            assert text in page

    def test_queries_stay_few_whatever_is_in_the_file(self, opened, chain, desk):
        page = desk(chain.employer)
        counts = []
        for _ in range(2):
            page.get("file", opened)
            with CaptureQueriesContext(connection) as captured:
                page.get("file", opened)
            counts.append(len(captured))
            page.check_everything(opened)
        assert counts[0] == counts[1] <= 20


class TestOpening:
    def test_an_opened_file_can_no_longer_be_recalled(self, opened):
        with pytest.raises(ActionNotAvailable, match="已经开始审核"):
            filing.recall_application(
                application=opened, actor=opened.applicant, at=instant("2020-11-23 10:00")
            )

    def test_getting_it_is_refused(self, application, chain, desk):
        for name in ("begin", "check", "carry_over", "personal"):
            assert desk(chain.employer).get(name, application).status_code == 405

    def test_opening_twice_is_one_transition(self, opened, chain, desk):
        desk(chain.employer).post("begin", opened, version="1")
        desk(chain.employer, officer(chain.employer)).post("begin", opened, version="1")
        assert opened.transitions.filter(action=Action.OPEN).count() == 1

    def test_two_at_once_have_both_opened_it(self, committed_chain):
        chain = committed_chain
        file = chain.submit(chain.draft())

        def begin(actor):
            return services.open_application(
                application=Application.objects.get(pk=file.pk),
                actor=actor,
                organisation=chain.employer,
                expected_version=file.version,
                at=instant("2020-11-24 09:00"),
            )

        colleague = officer(chain.employer)
        with ThreadPoolExecutor(1) as others:
            with transaction.atomic():
                begin(chain.officer_of(chain.employer))
                # It has read the unopened file, and waits for the lock.
                second = others.submit(_in_a_connection, begin, colleague)
                wait_until_blocked()
            assert second.result(timeout=30).stops.get(
                holder=chain.employer, opened_at__isnull=False
            )
        assert file.transitions.filter(action=Action.OPEN).count() == 1

    def test_a_reader_does_not_open(self, application, chain, desk):
        page = desk(chain.employer, officer(chain.employer, Role.READER))
        shown = text_of(page.get("file", application))
        assert "没有此项权限" in shown
        page.begin(application)
        assert not application.transitions.filter(action=Action.OPEN).exists()

    def test_a_file_recalled_meanwhile_is_not_opened(self, application, chain, desk):
        version = application.version
        filing.recall_application(
            application=application, actor=application.applicant, at=instant("2020-11-23 10:00")
        )
        answer = desk(chain.employer).post("begin", application, version=version)
        assert answer.status_code == 404
        assert not application.transitions.filter(action=Action.OPEN).exists()


class TestChecking:
    def test_a_finding_is_saved_at_once(self, opened, chain, desk):
        page = desk(chain.employer)
        answer = page.client.post(
            page.url("check", opened),
            {"section": "education", "verdict": "correct", "snapshot": 1},
            headers=HTMX,
        )
        saved = text_of(answer)
        assert "已保存 09:00" in saved
        assert "已核对 1/9" in saved
        check = ItemCheck.objects.get()
        assert (check.section, check.verdict) == ("education", Verdict.CORRECT)

    def test_without_javascript_the_page_comes_back_at_the_section(self, opened, chain, desk):
        answer = desk(chain.employer).check(opened, "education", "deficient", comment="缺证书")
        assert answer.status_code == 302
        assert answer.url.endswith("#education")
        assert ItemCheck.objects.get().comment == "缺证书"

    def test_a_comment_alone_means_that_something_is_wrong(self, opened, chain, desk):
        desk(chain.employer).check(opened, "education", "", comment="缺证书")
        assert ItemCheck.objects.get().verdict == Verdict.DEFICIENT

    def test_nothing_chosen_is_told(self, opened, chain, desk):
        page = desk(chain.employer)
        answer = page.client.post(
            page.url("check", opened), {"section": "education", "snapshot": 1}, headers=HTMX
        )
        assert "请选择核对结果" in text_of(answer)

    def test_a_second_finding_replaces_the_first(self, opened, chain, desk):
        page = desk(chain.employer)
        page.check(opened, "education", "deficient", comment="缺证书")
        page.check(opened, "education", "correct")
        assert ItemCheck.objects.get().verdict == Verdict.CORRECT

    def test_a_marked_entry_makes_its_section_deficient_until_the_mark_goes(
        self, opened, chain, desk
    ):
        page = desk(chain.employer)
        [project] = opened.snapshots.get().data["sections"]["achievement_project"]
        page.check(opened, "achievement_project", "correct")
        page.check(opened, "achievement_project", "", entry_id=project["id"], comment="缺盖章页")
        sections = page.get("file", opened).context["sections"]
        found = next(view for view in sections if view.code == "achievement_project")
        assert found.verdict == Verdict.DEFICIENT
        refused = page.client.post(
            page.url("check", opened),
            {"section": "achievement_project", "verdict": "correct", "snapshot": 1},
            headers=HTMX,
        )
        assert "请先取消标记" in text_of(refused)
        page.check(opened, "achievement_project", "", entry_id=project["id"], comment="")
        page.check(opened, "achievement_project", "correct")
        assert ItemCheck.objects.get().verdict == Verdict.CORRECT

    @pytest.mark.parametrize(
        "finding",
        [
            {"section": "no such section", "verdict": "correct"},
            {"section": "education", "verdict": "splendid"},
            {"section": "education", "verdict": "deficient", "entry_id": "nosuchentry0"},
            {"section": "education", "verdict": "deficient", "comment": "长" * 501},
        ],
    )
    def test_a_finding_on_what_is_not_there_is_refused(self, opened, chain, desk, finding):
        finding = {"comment": "x", **finding}
        desk(chain.employer).check(opened, **finding)
        assert not ItemCheck.objects.exists()

    def test_a_reader_marks_nothing(self, opened, chain, desk):
        desk(chain.employer, officer(chain.employer, Role.READER)).check(
            opened, "education", "correct"
        )
        assert not ItemCheck.objects.exists()

    def test_before_it_is_opened_nothing_is_marked(self, application, chain, desk):
        desk(chain.employer).check(application, "education", "correct")
        assert not ItemCheck.objects.exists()

    def test_findings_are_the_offices_at_whichever_of_its_stops(self, opened, chain, desk):
        # The employer holds two stops: its review and its notice. As if both were reviews:
        page = desk(chain.employer)
        page.check_everything(opened)
        assert services.unchecked_sections(opened) == []
        review = opened.stops.get(step=opened.step)
        other = opened.stops.filter(holder=chain.employer).exclude(pk=review.pk).get()
        ItemCheck.objects.update(stop=other)
        assert services.unchecked_sections(opened) == []
        assert page.get("file", opened).context["progress"].is_complete
        page.check(opened, "education", "deficient", comment="缺证书")
        assert services.unchecked_sections(opened) == ["education"]
        assert page.get("file", opened).context["progress"].deficient == 1
        assert ItemCheck.objects.filter(section="education").count() == 1

    def test_marks_are_on_the_snapshot_that_was_seen(self, opened, chain, desk):
        returned = chain.give_back(opened, "2020-11-24 10:00")
        chain.submit(returned, "2020-11-24 11:00")
        page = desk(chain.employer)
        page.begin(opened)
        answer = page.client.post(
            page.url("check", opened),
            {"section": "education", "verdict": "correct", "snapshot": 1},
            headers=HTMX,
        )
        assert "已重新提交" in text_of(answer)

    def test_an_office_that_does_not_hold_the_file_marks_nothing(self, opened, chain):
        with pytest.raises(ActionDenied, match="不由您的单位办理"):
            services.record_check(
                application=opened,
                actor=chain.officer_of(chain.agency),
                organisation=chain.agency,
                snapshot=opened.snapshots.get(),
                section="education",
                verdict=Verdict.CORRECT,
            )

    def test_after_the_close_nothing_is_marked(self, opened, chain):
        with pytest.raises(ActionRefused):
            services.record_check(
                application=opened,
                actor=chain.officer_of(chain.employer),
                organisation=chain.employer,
                snapshot=opened.snapshots.get(),
                section="education",
                verdict=Verdict.CORRECT,
                at=instant("2020-12-05 00:00"),
            )


class TestAfterAReturn:
    @pytest.fixture
    def corrected(self, opened, chain, desk):
        """Return a file that came back with another school, opened again."""
        desk(chain.employer).check_everything(opened)
        returned = chain.give_back(opened, "2020-11-24 10:00", text="请核对学校名称。")
        education = returned.entries.get(section="education")
        education.data["school"] = "示范理工大学"
        education.save()
        made = chain.submit(returned, "2020-11-24 11:00")
        desk(chain.employer).begin(made)
        return made

    def test_what_changed_stands_first_old_and_new(self, corrected, chain, desk):
        response = desk(chain.employer).get("file", corrected)
        sections = response.context["sections"]
        assert [view.code for view in sections if view.is_changed] == ["education"]
        assert sections[0].code == "education"
        page = text_of(response)
        assert "请核对学校名称。" in page
        assert "请补充学位证书" in page
        assert "<ins>理工</ins>" in page

    def test_findings_on_what_is_unchanged_can_be_taken_over(self, corrected, chain, desk):
        page = desk(chain.employer)
        assert page.get("file", corrected).context["progress"].checked == 0
        page.post("carry_over", corrected)
        context = page.get("file", corrected).context
        assert context["progress"].checked == 8
        assert [view.code for view in context["sections"] if not view.verdict] == ["education"]
        page.post("carry_over", corrected)
        assert ItemCheck.objects.filter(snapshot__number=2).count() == 8

    def test_a_reader_takes_over_nothing(self, corrected, chain, desk):
        page = desk(chain.employer, officer(chain.employer, Role.READER))
        assert page.post("carry_over", corrected).status_code == 403
        assert not ItemCheck.objects.filter(snapshot__number=2).exists()

    def test_a_resubmission_recalled_unopened_is_not_shown(self, opened, chain, desk):
        returned = chain.give_back(opened, "2020-11-24 10:00")
        education = returned.entries.get(section="education")
        education.data["school"] = "还没想好的大学"
        education.save()
        made = chain.submit(returned, "2020-11-24 11:00")
        filing.recall_application(
            application=made, actor=made.applicant, at=instant("2020-11-24 11:30")
        )
        assert "还没想好的大学" not in text_of(desk(chain.employer).get("file", made))

    def test_an_office_that_returned_it_reads_what_it_returned(self, opened, chain, desk, at):
        chain.approve(opened, "2020-11-26 10:00")
        chain.report(opened, "2020-12-04 09:00")
        returned = chain.give_back(opened, "2020-12-04 10:00")
        education = returned.entries.get(section="education")
        education.data["school"] = "改后大学"
        education.save()
        made = chain.submit(returned, "2020-12-04 11:00")
        at("2020-12-04 12:00")
        authority = desk(chain.district_authority)
        assert "改后大学" not in text_of(authority.get("file", made))
        desk(chain.employer).begin(made)
        assert "改后大学" in text_of(desk(chain.employer).get("file", made))
        assert "改后大学" not in text_of(authority.get("file", made))

    def test_unchanged_content_is_pointed_out(self, opened, chain, desk):
        returned = chain.give_back(opened, "2020-11-24 10:00")
        made = chain.submit(returned, "2020-11-24 11:00")
        page = desk(chain.employer)
        page.begin(made)
        assert "与上次完全相同" in text_of(page.get("file", made))
