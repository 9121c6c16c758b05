import logging

import pytest
from django.test import Client
from django.urls import reverse

from applications import filing, panels
from applications.workflow import Phase
from organisations.models import Role
from publicity import services, views
from publicity.models import Notice, Objection, ObjectionStatus
from publicity.selectors import achievements_of
from reviews import services as reviews
from tests.factories.chain import instant
from tests.factories.people import UserFactory, officer


@pytest.fixture
def notice(chain, at):
    """Return a notice posted on 2020-11-26, seen a day later."""
    application = chain.submit(chain.draft(applicant=UserFactory(name="林知远")))
    application = chain.approve(application, "2020-11-26 10:00")
    at("2020-11-27 10:00")
    return application.notices.get()


@pytest.fixture
def url(notice) -> str:
    return reverse("publicity:notice", args=[notice.token])


def text_of(response) -> str:
    return response.content.decode()


class TestPublicPage:
    def test_it_shows_what_the_public_needs(self, notice, url, client, chain):
        page = text_of(client.get(url))
        for text in (
            "林知远",
            chain.employer.name,
            "正高级工程师",
            "示范工程",
            "2020年11月26日 周四",
            "2020年12月3日 周四",
            chain.employer.contact_telephone,
            chain.district_authority.name,
        ):
            assert text in page

    def test_it_shows_neither_identity_number_nor_telephone(self, notice, url, client):
        page = text_of(client.get(url))
        applicant = notice.application.applicant
        assert applicant.identity_number not in page
        assert applicant.phone not in page
        assert applicant.identity_number[-4:] not in page

    def test_answers_are_in_words_not_codes(self):
        paper = {"kind": "achievement_paper", "title": "论产线", "role": "first", "result": ""}
        [shown] = achievements_of(Notice(content={"achievements": [paper]}))
        assert (shown.kind, shown.role, shown.result) == ("论文", "第一作者", "")

    def test_it_is_in_no_search_engine_and_no_cache(self, url, client):
        response = client.get(url)
        assert "noindex" in response["X-Robots-Tag"]
        assert 'name="robots" content="noindex' in text_of(response)
        assert "no-store" in response["Cache-Control"]

    def test_a_wrong_address_does_not_exist(self, notice, client):
        assert client.get(reverse("publicity:notice", args=["0" * 24])).status_code == 404

    @pytest.mark.parametrize(
        ("moment", "status"), [("2020-12-03 23:59:59", 200), ("2020-12-04 00:00", 410)]
    )
    def test_it_is_gone_at_the_instant_it_ends(self, url, client, at, moment, status):
        at(moment)
        response = client.get(url)
        assert response.status_code == status
        assert ("林知远" in text_of(response)) is (status == 200)

    def test_it_is_gone_with_an_objection_open_as_well(self, notice, url, client, at):
        services.raise_objection(notice=notice, text="不实")
        at("2020-12-04 00:00")
        assert client.get(url).status_code == 410

    @pytest.mark.parametrize("how", ["withdrawn", "returned", "lapsed", "refused"])
    def test_it_is_gone_when_the_application_leaves(self, notice, url, client, chain, at, how):
        application = notice.application
        match how:
            case "withdrawn":
                filing.withdraw_application(application=application, actor=application.applicant)
            case "returned":
                chain.give_back(application, "2020-11-27 10:00")
            case "lapsed":
                services.raise_objection(notice=notice, text="不实")
                at("2020-12-05 00:00")
            case "refused":
                reviews.refuse(
                    application=application,
                    actor=chain.officer_of(chain.employer),
                    organisation=chain.employer,
                    reason="不符合",
                )
        response = client.get(url)
        assert response.status_code == 410
        assert "林知远" not in text_of(response)

    def test_other_methods_are_refused(self, url, client):
        assert client.delete(url).status_code == 405


class TestObjecting:
    TYPED = {
        "text": "项目负责人不是他。",
        "author_name": "孙某",
        "author_telephone": "16000000001",
        "website": "",
    }

    def test_an_objection_is_recorded_encrypted(self, notice, url, client):
        answer = client.post(url, self.TYPED)
        assert answer.status_code == 302
        assert "已收到您反映的问题" in text_of(client.get(answer.url))
        objection = Objection.objects.get()
        assert (objection.text, objection.author_name) == ("项目负责人不是他。", "孙某")
        raw = Objection.objects.raw(
            "SELECT id, text::text AS stored, author_name::text AS who FROM publicity_objection"
        )[0]
        assert "项目" not in raw.stored
        assert "孙" not in raw.who

    def test_the_name_may_be_left_out(self, notice, url, client):
        assert client.post(url, {"text": "不实"}).status_code == 302
        assert Objection.objects.get().author_name == ""

    def test_nothing_written_is_told_and_the_name_kept(self, notice, url, client):
        answer = client.post(url, {**self.TYPED, "text": ""})
        assert answer.status_code == 422
        assert "请写明反映的问题" in text_of(answer)
        assert "孙某" in text_of(answer)
        assert not Objection.objects.exists()

    def test_a_double_click_is_one_objection(self, notice, url, client):
        for _ in range(2):
            client.post(url, self.TYPED)
        assert Objection.objects.count() == 1

    def test_a_machines_objection_is_dropped_without_a_word(self, notice, url, client):
        answer = client.post(url, {**self.TYPED, "website": "http://example.org"})
        assert answer.status_code == 302
        assert not Objection.objects.exists()

    def test_too_many_from_one_address_are_refused_and_kept(self, notice, url, client, monkeypatch):
        monkeypatch.setattr(views, "PER_ADDRESS", 2)
        answers = [client.post(url, {**self.TYPED, "text": f"问题{n}"}) for n in range(3)]
        assert [answer.status_code for answer in answers] == [302, 302, 429]
        assert "问题2" in text_of(answers[2])
        assert Objection.objects.count() == 2

    def test_after_the_end_nothing_is_taken(self, notice, url, client, at):
        at("2020-12-04 00:00")
        assert client.post(url, self.TYPED).status_code == 410
        assert not Objection.objects.exists()

    def test_it_holds_the_lock_and_stops_no_deadline(self, notice, url, client):
        client.post(url, self.TYPED)
        application = notice.application
        application.refresh_from_db()
        assert application.clears_at is None
        assert application.due_at == instant("2020-12-05 00:00")


class TestInvestigating:
    @pytest.fixture
    def objection(self, notice):
        return services.raise_objection(
            notice=notice,
            text="项目负责人不是他。",
            author_name="孙某",
            author_telephone="16000000001",
        )

    @pytest.fixture
    def employer(self, chain):
        client = Client()
        client.force_login(chain.officer_of(chain.employer))
        return client

    def desk(self, name: str, chain, objection, *more) -> str:
        ids = [chain.employer.public_id, objection.notice.application.public_id, *more]
        return reverse(f"reviews:{name}", args=ids)

    def form_url(self, chain, objection) -> str:
        return self.desk("objection", chain, objection, objection.public_id)

    def test_the_employer_sees_it_and_the_applicant_does_not(self, chain, objection, employer):
        assert "项目负责人不是他" in text_of(employer.get(self.form_url(chain, objection)))
        application = objection.notice.application
        client = Client()
        client.force_login(application.applicant)
        page = text_of(
            client.get(reverse("applications:application", args=[application.public_id]))
        )
        assert "单位正在核查" in page
        for secret in ("孙某", "项目负责人不是他", "16000000001"):
            assert secret not in page

    @pytest.mark.parametrize(
        ("role", "status", "is_shown"),
        [
            (Role.APPROVER, 200, True),
            (Role.ADMINISTRATOR, 200, True),
            (Role.REVIEWER, 200, False),
            (Role.READER, 403, False),
            (Role.COUNTER_CLERK, 404, False),
        ],
    )
    def test_who_objects_is_for_those_who_decide_and_is_logged(
        self, chain, objection, client, caplog, role, status, is_shown
    ):
        user = officer(chain.employer, role)
        client.force_login(user)
        with caplog.at_level(logging.INFO, logger="reviews.views.notice"):
            response = client.get(self.form_url(chain, objection))
        assert response.status_code == status
        assert ("孙某" in text_of(response)) is is_shown
        assert ("16000000001" in text_of(response)) is is_shown
        assert (user.public_id in caplog.text) is is_shown
        assert "孙某" not in caplog.text

    def test_who_objects_is_for_nobody_once_the_file_has_left(self, chain, objection, employer, at):
        chain.give_back(objection.notice.application, "2020-11-27 11:00")
        at("2020-11-27 12:00")
        response = employer.get(self.form_url(chain, objection))
        assert response.status_code == 200
        assert "孙某" not in text_of(response)

    def test_an_office_above_does_not_see_the_objection(self, chain, objection, at):
        services.decide_objection(
            objection=objection,
            actor=chain.officer_of(chain.employer),
            organisation=chain.employer,
            is_upheld=False,
            finding="查无此事",
        )
        application = chain.report(objection.notice.application, "2020-12-04 09:00")
        at("2020-12-04 10:00")
        client = Client()
        client.force_login(chain.officer_of(chain.district_authority))
        ids = [chain.district_authority.public_id, application.public_id]
        page = text_of(client.get(reverse("reviews:notice", args=ids)))
        assert "异议</h2>" not in page
        url = reverse("reviews:objection", args=[*ids, objection.public_id])
        assert client.get(url).status_code == 404

    def test_unfounded_lets_the_notice_clear_when_its_days_have_run(
        self, chain, objection, employer, at
    ):
        answer = employer.post(
            self.form_url(chain, objection), {"outcome": "unfounded", "finding": "查无此事"}
        )
        assert answer.url == self.desk("notice", chain, objection)
        application = objection.notice.application
        application.refresh_from_db()
        assert application.phase == Phase.ON_NOTICE
        assert application.clears_at == instant("2020-12-04 00:00")

    def test_unfounded_after_the_days_clears_it_at_once(self, chain, objection, employer, at):
        at("2020-12-04 15:00")
        employer.post(
            self.form_url(chain, objection), {"outcome": "unfounded", "finding": "查无此事"}
        )
        application = objection.notice.application
        application.refresh_from_db()
        assert application.phase == Phase.NOTICE_CLEARED
        assert application.transitions.get(action="clear").at == instant("2020-12-04 15:00")

    def test_upheld_leaves_only_return_and_refusal(self, chain, objection, employer, at):
        employer.post(self.form_url(chain, objection), {"outcome": "upheld", "finding": "情况属实"})
        at("2020-12-04 09:00")
        page = text_of(employer.get(self.desk("notice", chain, objection)))
        assert 'aria-disabled="true">上报主管部门' in page
        assert self.desk("return", chain, objection) in page
        assert self.desk("refuse", chain, objection) in page

    def test_nothing_written_is_told_and_the_choice_kept(self, chain, objection, employer):
        answer = employer.post(
            self.form_url(chain, objection), {"outcome": "upheld", "finding": ""}
        )
        assert answer.status_code == 422
        assert "请写明调查结论" in text_of(answer)
        assert Objection.objects.get().status == ObjectionStatus.OPEN

    def test_a_double_click_decides_once(self, chain, objection, employer):
        typed = {"outcome": "unfounded", "finding": "查无此事"}
        for _ in range(2):
            answer = employer.post(self.form_url(chain, objection), typed)
            assert answer.status_code == 302

    def test_a_second_conclusion_is_refused_and_kept(self, chain, objection, employer):
        employer.post(
            self.form_url(chain, objection), {"outcome": "unfounded", "finding": "查无此事"}
        )
        answer = employer.post(
            self.form_url(chain, objection), {"outcome": "upheld", "finding": "其实属实"}
        )
        assert answer.status_code == 409
        assert "已经有了调查结论" in text_of(answer)
        assert "其实属实" in text_of(answer)
        assert Objection.objects.get().status == ObjectionStatus.UNFOUNDED

    @pytest.mark.parametrize("role", [Role.READER, Role.REVIEWER])
    def test_who_does_not_decide_records_nothing(self, chain, objection, role):
        client = Client()
        client.force_login(officer(chain.employer, role))
        answer = client.post(
            self.form_url(chain, objection), {"outcome": "unfounded", "finding": "查无此事"}
        )
        assert answer.status_code == 403
        assert Objection.objects.get().status == ObjectionStatus.OPEN

    def test_a_reader_does_not_learn_who_objects(self, chain, objection):
        client = Client()
        client.force_login(officer(chain.employer, Role.READER))
        page = text_of(client.get(self.desk("notice", chain, objection)))
        assert "收到的异议" in page
        assert self.form_url(chain, objection) not in page
        answer = client.get(self.form_url(chain, objection))
        assert answer.status_code == 403
        assert "孙某" not in text_of(answer)

    def test_another_organisation_finds_nothing(self, chain, objection):
        client = Client()
        client.force_login(chain.officer_of(chain.municipal_employer))
        assert client.get(self.form_url(chain, objection)).status_code == 404

    def test_after_the_file_has_left_it_is_refused(self, chain, objection, employer):
        application = objection.notice.application
        filing.withdraw_application(application=application, actor=application.applicant)
        answer = employer.post(
            self.form_url(chain, objection), {"outcome": "unfounded", "finding": "查无此事"}
        )
        assert answer.status_code == 409
        assert "查无此事" in text_of(answer)


class TestPanel:
    def panel(self, application, at_text: str) -> dict | None:
        found = panels.collect(application, application.applicant, instant(at_text))
        return next(
            (each["context"] for each in found if each["template"] == "publicity/_panel.html"), None
        )

    def test_while_it_runs_it_has_its_link_and_what_is_left(self, notice, url):
        panel = self.panel(notice.application, "2020-11-27 10:00")
        assert panel["url"] == url
        assert panel["days_left"] == 4
        assert not panel["is_investigated"]

    def test_cleared_it_waits_for_the_employer(self, notice):
        panel = self.panel(notice.application, "2020-12-04 00:00")
        assert panel["has_cleared"]
        assert panel["url"] == ""

    def test_before_and_after_there_is_none(self, notice, chain):
        assert self.panel(notice.application, "2020-12-05 00:00") is None
        assert self.panel(chain.draft(), "2020-11-20 09:00") is None
