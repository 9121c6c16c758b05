import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from applications.models import Application, RouteStop
from applications.services import settle_application
from organisations.models import Role
from organisations.services import grant_membership
from publicity import services as publicity
from reviews import services
from reviews.selectors import queue as selectors
from reviews.selectors.queue import Filters
from tests.factories.chain import instant
from tests.factories.people import UserFactory, officer


def names(response) -> list[str]:
    """Return the applicants of a queue page, in order."""
    return [row.name for row in response.context["rows"]]


def submitted(chain, name: str, at: str = "2020-11-18 09:00", **options) -> Application:
    """Return a submitted file of a named applicant."""
    return chain.submit(chain.draft(applicant=UserFactory(name=name), **options), at)


class TestDesks:
    def test_one_organisation_only_leads_straight_to_its_queue(self, chain, desk):
        page = desk(chain.employer)
        assert page.client.get("/desk/").url == page.url("queue")

    def test_several_organisations_are_listed_with_what_waits(self, chain, desk, at):
        submitted(chain, "甲")
        user = chain.officer_of(chain.employer)
        grant_membership(user=user, organisation=chain.agency, role=Role.READER)
        at("2020-11-19 09:00")
        response = desk(chain.employer).client.get("/desk/")
        waiting = {each.organisation.name: each.waiting for each in response.context["desks"]}
        assert waiting == {chain.employer.name: 1, chain.agency.name: 0}
        assert "待办 1 件" in response.content.decode()

    def test_nobodys_officer_is_told_so(self, client, db):
        client.force_login(UserFactory())
        assert "没有加入任何单位" in client.get("/desk/").content.decode()

    def test_signing_in_comes_first(self, chain):
        response = Client().get(f"/desk/{chain.employer.public_id}/")
        assert response.status_code == 302
        assert "login" in response.url

    @pytest.mark.parametrize("page", ["queue", "upcoming", "done"])
    def test_another_organisations_queue_does_not_exist(self, chain, desk, page):
        mine = desk(chain.employer)
        mine.organisation = chain.agency
        assert mine.get(page).status_code == 404

    def test_an_ended_membership_opens_no_queue(self, chain, desk, at):
        at("2020-11-19 09:00")
        user = officer(chain.employer, Role.READER)
        membership = user.memberships.get()
        membership.ends_on = instant("2020-11-18").date()
        membership.save()
        assert desk(chain.employer, user).get("queue").status_code == 404

    def test_posting_to_a_list_is_refused(self, chain, desk):
        page = desk(chain.employer)
        assert page.client.post(page.url("queue")).status_code == 405


class TestWaiting:
    def test_the_most_urgent_file_stands_first(self, chain, desk, at):
        late = submitted(chain, "甲")
        submitted(chain, "乙")
        late = chain.give_back(late, "2020-11-19 09:00")
        chain.submit(late, "2020-11-20 09:00")
        at("2020-11-23 09:00")
        page = desk(chain.employer).get("queue")
        assert names(page) == ["乙", "甲"]
        first, second = page.context["rows"]
        assert (first.until, first.left, first.note) == ("12月4日 24:00", "还剩11天", "")
        assert (second.until, second.note) == ("12月9日 24:00", "补正后重新提交")

    def test_a_row_says_what_is_to_be_done(self, chain, desk, at):
        submitted(chain, "甲")
        opened = submitted(chain, "乙")
        posted, objected, cleared = (submitted(chain, name) for name in "丙丁戊")
        actor = chain.officer_of(chain.employer)
        services.open_application(
            application=opened,
            actor=actor,
            organisation=chain.employer,
            at=instant("2020-11-19 09:00"),
        )
        chain.approve(cleared, "2020-11-18 10:00")
        chain.approve(posted, "2020-11-26 10:00")
        chain.approve(objected, "2020-11-26 10:00")
        publicity.raise_objection(
            notice=objected.notices.get(), text="不实", at=instant("2020-11-26 11:00")
        )
        at("2020-11-26 12:00")
        rows = {
            row.name: (row.status, row.action)
            for row in desk(chain.employer).get("queue").context["rows"]
        }
        assert rows == {
            "甲": ("待审核", "开始审核"),
            "乙": ("审核中", "继续审核"),
            "丙": ("公示中", "12月4日起可以上报"),
            "丁": ("公示中，有异议", "调查异议"),
            "戊": ("公示期满，待上报", "上报主管部门"),
        }

    def test_rows_due_are_shown_as_settled_before_the_worker_comes(self, chain, desk, at):
        submitted(chain, "逾期的")
        posted = submitted(chain, "公示的")
        chain.approve(posted, "2020-11-26 10:00")
        at("2020-12-04 00:00")
        page = desk(chain.employer)
        row = page.get("queue").context["rows"][1]
        assert (row.name, row.status) == ("公示的", "公示期满，待上报")
        at("2020-12-05 00:00")
        assert names(page.get("queue")) == []
        gone = page.get("done").context["rows"]
        assert [(row.name, row.did) for row in gone[:2]] == [
            ("逾期的", "逾期（本单位）"),
            ("公示的", "逾期（本单位）"),
        ]
        assert Application.objects.filter(phase="lapsed").count() == 0

    def test_a_file_before_its_time_is_on_the_other_tab(self, chain, desk, at):
        early = submitted(chain, "甲", "2020-11-17 09:30")
        chain.approve(early, "2020-11-17 10:00")
        chain.report(early, "2020-11-25 09:00")
        chain.approve(early, "2020-11-25 10:00")
        at("2020-11-25 11:00")
        page = desk(chain.title_office)
        assert names(page.get("queue")) == []
        [row] = page.get("upcoming").context["rows"]
        assert (row.name, row.status, row.action) == ("甲", "未到办理时间", "11月26日起可以办理")
        at("2020-11-26 00:00")
        assert names(page.get("queue")) == ["甲"]
        assert names(page.get("upcoming")) == []

    def test_ones_own_application_is_marked(self, chain, desk, at):
        submitted_by_officer = chain.officer_of(chain.employer)
        chain.submit(chain.draft(applicant=submitted_by_officer))
        at("2020-11-19 09:00")
        [row] = desk(chain.employer).get("queue").context["rows"]
        assert row.action == "本人申报，须回避"

    def test_no_identity_number_and_no_telephone_is_listed(self, chain, desk, at):
        application = submitted(chain, "甲")
        at("2020-11-19 09:00")
        text = desk(chain.employer).get("queue").content.decode()
        assert application.applicant.identity_number not in text
        assert application.applicant.phone not in text


class TestFilters:
    @pytest.fixture
    def files(self, chain, at):
        """Return three files: one to check, one on notice, one returned and submitted again."""
        found = [submitted(chain, name) for name in ("王一", "王二", "李三")]
        chain.approve(found[1], "2020-11-26 10:00")
        found[2] = chain.give_back(found[2], "2020-11-19 09:00")
        chain.submit(found[2], "2020-11-20 09:00")
        at("2020-12-02 09:00")
        return found

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"q": "王"}, ["王一", "王二"]),
            ({"q": " 李三 "}, ["李三"]),
            ({"q": "无此人"}, []),
            ({"phase": "submitted"}, ["王一", "李三"]),
            ({"phase": "on_notice"}, ["王二"]),
            ({"step": "notice"}, ["王二"]),
            ({"title": "full-senior-engineer"}, ["王一", "王二", "李三"]),
            ({"due": "3days"}, ["王一", "王二"]),
            ({"due": "today"}, []),
            ({"q": "王", "phase": "on_notice"}, ["王二"]),
            ({"phase": "no such phase", "step": "x", "page": "99"}, ["王一", "王二", "李三"]),
        ],
    )
    def test_a_queue_is_narrowed(self, chain, desk, files, query, found):
        assert names(desk(chain.employer).get("queue", **query)) == found

    def test_a_number_finds_its_file(self, chain, desk, files):
        assert names(desk(chain.employer).get("queue", q=files[1].number)) == ["王二"]

    def test_due_today_is_found_on_the_last_day(self, chain, desk, files, at):
        at("2020-12-04 23:59:59")
        page = desk(chain.employer)
        assert names(page.get("queue", due="today")) == ["王一", "王二"]
        assert page.get("queue").context["rows"][0].left == "今天截止"

    def test_a_notice_that_has_cleared_is_filtered_as_such(self, chain, desk, files, at):
        at("2020-12-04 08:00")
        page = desk(chain.employer)
        assert names(page.get("queue", phase="notice_cleared")) == ["王二"]
        assert names(page.get("queue", phase="on_notice")) == ["王一", "王二", "李三"]


class TestDone:
    def test_decisions_and_lapses_of_the_office_are_listed(self, chain, desk, at):
        passed, returned, refused, lapsed = (submitted(chain, name) for name in "甲乙丙丁")
        chain.approve(passed, "2020-11-25 09:00")
        chain.give_back(returned, "2020-11-25 10:00")
        services.refuse(
            application=refused,
            actor=chain.officer_of(chain.employer),
            organisation=chain.employer,
            reason="不符合条件",
            at=instant("2020-11-25 11:00"),
        )
        for each in (passed, returned, refused, lapsed):
            settle_application(application_id=each.pk, at=instant("2020-12-05 00:00"))
        at("2020-12-05 09:00")
        rows = desk(chain.employer).get("done").context["rows"]
        assert [(row.name, row.did, row.now) for row in rows] == [
            ("丁", "逾期（本单位）", "逾期失效"),
            ("甲", "逾期（本单位）", "逾期失效"),
            ("丙", "不予推荐", "不予通过"),
            ("乙", "审核不通过退回", "已退回，待补正"),
            ("甲", "审核通过，打印公示表", "逾期失效"),
        ]

    def test_done_is_narrowed_by_result_and_name(self, chain, desk, at):
        for name in "甲乙":
            chain.approve(submitted(chain, name), "2020-11-25 09:00")
        chain.give_back(submitted(chain, "丙"), "2020-11-25 10:00")
        at("2020-11-26 09:00")
        page = desk(chain.employer)
        assert names(page.get("done", action="return")) == ["丙"]
        assert names(page.get("done", q="甲")) == ["甲"]
        assert len(names(page.get("done", action="no such"))) == 3

    def test_what_another_office_did_is_not_ours(self, chain, desk, at):
        application = submitted(chain, "甲")
        chain.approve(application, "2020-11-26 09:00")
        chain.report(application, "2020-12-04 09:00")
        at("2020-12-05 09:00")
        assert names(desk(chain.district_authority).get("done")) == []


def queries(page, name: str) -> int:
    """Return how many queries a page runs for a session that is in the cache."""
    page.get(name)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert page.get(name).status_code == 200
    return len(captured)


class TestWeight:
    def test_number_of_queries_does_not_grow_with_the_rows(self, chain, desk, at):
        at("2020-11-23 09:00")
        page = desk(chain.employer)
        submitted(chain, "第一人")
        with_one = {name: queries(page, name) for name in ("queue", "done", "upcoming")}
        for number in range(29):
            submitted(chain, f"第{number}人")
        assert len(names(page.get("queue"))) == 30
        assert {name: queries(page, name) for name in with_one} == with_one
        assert with_one["queue"] <= 8
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            page.get("queue")
        assert len(captured) <= 15

    def test_fifty_rows_stand_on_a_page(self, chain, desk, at):
        at("2020-11-23 09:00")
        pattern = submitted(chain, "申报人00")
        copies = []
        for number in range(1, 60):
            copy = Application.objects.get(pk=pattern.pk)
            copy.pk, copy.public_id, copy.number = None, f"copy{number:08d}", f"N{number:09d}"
            copy._state.adding = True
            copies.append(copy)
        made = Application.objects.bulk_create(copies)
        stops = pattern.stops.all()
        RouteStop.objects.bulk_create(
            RouteStop(
                application=copy,
                position=stop.position,
                step=stop.step,
                holder=stop.holder,
                reached_at=stop.reached_at,
            )
            for copy in made
            for stop in stops
        )
        page = desk(chain.employer)
        first = page.get("queue")
        assert len(names(first)) == 50
        assert "第 1–50 条，共 60 条" in first.content.decode()
        assert len(names(page.get("queue", page=2))) == 10

    def test_the_queue_is_read_by_its_index(self, chain, at):
        now = at("2020-11-23 09:00")
        files = selectors.waiting(chain.employer, at=now, filters=Filters())
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = files.explain()
        assert "application_queue" in plan
