import pytest
from django.test import Client
from django.urls import reverse

from applications import filing, panels
from applications.workflow import Action, Phase
from organisations.models import Role
from organisations.services import grant_membership
from payments.models import CounterReceipt, OrderStatus
from tests.factories.chain import instant
from tests.factories.people import UserFactory, officer
from tests.html_forms import form_data

TYPED = {
    "amount": "420.00",
    "receipt_number": "A0001",
    "copies_evaluation_form": "2",
    "copies_notice_form": "15",
}


def accept(chain, **options):
    """Return an application that the committee has accepted."""
    application = chain.submit(chain.draft(**options), "2020-11-18 09:00")
    chain.approve(application, "2020-11-26 09:00")
    chain.report(application, "2020-12-04 09:00")
    for moment in ("2020-12-05 09:00", "2020-12-06 09:00", "2020-12-07 09:00"):
        application = chain.approve(application, moment)
    return application


@pytest.fixture
def accepted(chain, at):
    """Return an accepted application on the first day of payment (C35)."""
    application = accept(chain, applicant=UserFactory(name="林知远"))
    at("2020-12-23 09:00")
    return application


@pytest.fixture
def clerk(chain) -> Client:
    client = Client()
    client.force_login(chain.clerk)
    return client


def text_of(response) -> str:
    return response.content.decode()


def counter(chain) -> str:
    return reverse("payments:counter", args=[chain.committee.public_id])


def url_of(chain, application) -> str:
    return reverse("payments:payment", args=[chain.committee.public_id, application.public_id])


def ask(client, chain, application, **typed):
    """Fill in the clerk's form; return the confirm page, or the form again."""
    url = url_of(chain, application)
    form = {**form_data(client.get(url), "payment"), **TYPED, **typed}
    return client.post(url, form)


def confirm(client, chain, application, asked):
    """Press 确认登记."""
    data = {**form_data(asked, "payment"), "confirmed": "1"}
    return client.post(url_of(chain, application), data)


class TestFinding:
    @pytest.mark.parametrize("what", ["number", "name", "part of the name", "identity number"])
    def test_one_match_leads_straight_to_it(self, accepted, chain, clerk, what):
        query = {
            "number": accepted.number,
            "name": "林知远",
            "part of the name": "知远",
            "identity number": f" {accepted.applicant.identity_number.lower()} ",
        }[what]
        answer = clerk.post(counter(chain), {"q": query})
        assert answer.url == url_of(chain, accepted)

    def test_several_matches_are_listed_with_masked_numbers(self, accepted, chain, clerk, at):
        other = accept(chain, applicant=UserFactory(name="林知微"))
        at("2020-12-23 09:00")
        page = clerk.post(counter(chain), {"q": "林知"})
        assert [row["name"] for row in page.context["rows"]] == ["林知远", "林知微"]
        for application in (accepted, other):
            assert application.applicant.identity_number not in text_of(page)

    @pytest.mark.parametrize("query", ["别人", "20209999999", "509900200001010019"])
    def test_nothing_found_says_so_and_keeps_what_was_typed(self, accepted, chain, clerk, query):
        page = text_of(clerk.post(counter(chain), {"q": query}))
        assert "没有找到" in page
        assert query in page

    def test_one_character_is_too_little(self, accepted, chain, clerk):
        assert "至少输入两个字" in text_of(clerk.post(counter(chain), {"q": "林"}))

    def test_what_is_not_accepted_yet_is_not_found(self, chain, clerk, at):
        application = chain.submit(chain.draft(applicant=UserFactory(name="还没有受理")))
        at("2020-12-23 09:00")
        assert "没有找到" in text_of(clerk.post(counter(chain), {"q": application.number}))
        assert clerk.get(url_of(chain, application)).status_code == 404

    def test_who_keeps_no_counter_finds_no_page(self, accepted, chain):
        client = Client()
        for user in (chain.officer_of(chain.committee), UserFactory()):
            client.force_login(user)
            assert client.get(counter(chain)).status_code == 404
            assert client.get(url_of(chain, accepted)).status_code == 404
            assert client.post(url_of(chain, accepted), TYPED).status_code == 404

    def test_a_clerk_of_another_counter_finds_nothing(self, accepted, chain):
        client = Client()
        client.force_login(officer(chain.agency, Role.COUNTER_CLERK))
        assert client.get(url_of(chain, accepted)).status_code == 404
        own = reverse("payments:counter", args=[chain.agency.public_id])
        assert "没有找到" in text_of(client.post(own, {"q": accepted.number}))

    def test_the_list_of_counters(self, chain, clerk):
        assert clerk.get(reverse("payments:index")).url == counter(chain)
        grant_membership(user=chain.clerk, organisation=chain.agency, role=Role.COUNTER_CLERK)
        assert chain.agency.name in text_of(clerk.get(reverse("payments:index")))


class TestPaying:
    def test_form_confirm_receipt(self, accepted, chain, clerk):
        shown = text_of(clerk.get(url_of(chain, accepted)))
        for text in ("420.00", "应交2份", "应交15份", "正高级工程师"):
            assert text in shown
        asked = ask(clerk, chain, accepted)
        assert "确认收到以下款项和材料" in text_of(asked)
        assert accepted.orders.get().status == OrderStatus.DUE
        made = confirm(clerk, chain, accepted, asked)
        page = text_of(clerk.get(made.url))
        for text in ("缴费登记完成", "A0001", "420.00", "15 份", chain.clerk.name):
            assert text in page
        accepted.refresh_from_db()
        assert accepted.phase == Phase.REGISTERED
        receipt = CounterReceipt.objects.get()
        assert receipt.paper_copies == {"evaluation_form": 2, "notice_form": 15}

    def test_the_confirm_page_leads_back_with_everything_typed(self, accepted, chain, clerk):
        asked = ask(clerk, chain, accepted)
        back = clerk.post(url_of(chain, accepted), {**form_data(asked, "payment"), "edit": "1"})
        assert form_data(back, "payment")["receipt_number"] == ["A0001"]

    def test_a_double_click_is_one_payment_and_one_receipt(self, accepted, chain, clerk):
        asked = ask(clerk, chain, accepted)
        first, second = (confirm(clerk, chain, accepted, asked) for _ in range(2))
        assert first.url == second.url
        assert CounterReceipt.objects.count() == 1
        assert accepted.transitions.filter(action=Action.PAY).count() == 1

    def test_twice_is_refused(self, accepted, chain, clerk):
        other = Client()
        other.force_login(officer(chain.committee, Role.COUNTER_CLERK))
        asked = ask(other, chain, accepted, receipt_number="B0001")
        confirm(clerk, chain, accepted, ask(clerk, chain, accepted))
        refused = confirm(other, chain, accepted, asked)
        assert refused.status_code == 409
        assert "B0001" in text_of(refused)
        assert CounterReceipt.objects.count() == 1
        again = other.get(url_of(chain, accepted))
        assert again.status_code == 302  # to the receipt

    @pytest.mark.parametrize(
        ("typed", "message"),
        [
            ({"amount": "42"}, "应收420.00元"),
            ({"copies_notice_form": "14"}, "纸质材料份数不足"),
        ],
    )
    def test_wrong_money_or_too_few_papers_are_refused_and_kept(
        self, accepted, chain, clerk, typed, message
    ):
        asked = ask(clerk, chain, accepted, **typed)
        refused = confirm(clerk, chain, accepted, asked)
        assert refused.status_code == 409
        assert message in text_of(refused)
        assert form_data(refused, "payment")["receipt_number"] == ["A0001"]
        assert not CounterReceipt.objects.exists()

    @pytest.mark.parametrize(
        "typed",
        [
            {"amount": ""},
            {"amount": "四百二十"},
            {"amount": "-420"},
            {"receipt_number": " "},
            {"copies_notice_form": ""},
            {"copies_notice_form": "-1"},
        ],
    )
    def test_what_is_missing_or_wrong_is_told(self, accepted, chain, clerk, typed):
        answer = ask(clerk, chain, accepted, **typed)
        assert answer.status_code == 422
        assert "error-summary" in text_of(answer)

    def test_a_used_receipt_number_is_refused(self, accepted, chain, clerk, at):
        other = accept(chain)
        chain.pay(other, number="A0001")
        at("2020-12-23 11:00")
        refused = confirm(clerk, chain, accepted, ask(clerk, chain, accepted))
        assert refused.status_code == 409
        assert "票据号已经用过" in text_of(refused)
        accepted.refresh_from_db()
        assert accepted.phase == Phase.FEE_DUE

    @pytest.mark.parametrize("moment", ["2020-12-22 23:59:59", "2020-12-26 00:00"])
    def test_outside_the_window_it_is_refused_with_the_dates(
        self, accepted, chain, clerk, at, moment
    ):
        asked = ask(clerk, chain, accepted)
        at(moment)
        shown = text_of(clerk.get(url_of(chain, accepted)))
        assert "2020-12-25 24:00截止" in shown
        assert 'name="receipt_number"' not in shown
        refused = confirm(clerk, chain, accepted, asked)
        assert refused.status_code == 409
        assert form_data(refused, "payment")["receipt_number"] == ["A0001"]
        assert clerk.post(url_of(chain, accepted), form_data(asked, "payment")).status_code == 409
        assert not CounterReceipt.objects.exists()

    def test_a_withdrawn_application_pays_nothing(self, accepted, chain, clerk):
        asked = ask(clerk, chain, accepted)
        filing.withdraw_application(application=accepted, actor=accepted.applicant)
        assert confirm(clerk, chain, accepted, asked).status_code == 409
        assert "已撤回申报" in text_of(clerk.get(url_of(chain, accepted)))

    def test_who_applies_does_not_register_the_own_payment(self, chain, at):
        me = UserFactory()
        own = accept(chain, applicant=me)
        grant_membership(user=me, organisation=chain.committee, role=Role.COUNTER_CLERK)
        at("2020-12-23 09:00")
        client = Client()
        client.force_login(me)
        assert "须回避" in text_of(client.get(url_of(chain, own)))
        data = {**TYPED, "version": own.version, "confirmed": "1"}
        assert client.post(url_of(chain, own), data).status_code == 403

    def test_other_methods_are_refused(self, accepted, chain, clerk):
        assert clerk.delete(url_of(chain, accepted)).status_code == 405


class TestReceipts:
    def test_the_days_receipts_stand_with_their_total(self, accepted, chain, clerk, at):
        chain.pay(accepted, "2020-12-23 10:00", number="A1")
        chain.pay(accept(chain), "2020-12-23 11:00", number="A2")
        chain.pay(accept(chain), "2020-12-24 00:00", number="A3")
        at("2020-12-24 09:00")
        url = reverse("payments:receipts", args=[chain.committee.public_id])
        first_day = clerk.get(url, {"on": "2020-12-23"})
        assert [row["receipt_number"] for row in first_day.context["rows"]] == ["A2", "A1"]
        assert "840.00 元" in text_of(first_day)
        today = clerk.get(url)
        assert [row["receipt_number"] for row in today.context["rows"]] == ["A3"]
        assert "420.00 元" in text_of(clerk.get(counter(chain)))

    def test_a_day_without_receipts_and_an_unreadable_day(self, chain, clerk, at):
        at("2020-12-23 09:00")
        url = reverse("payments:receipts", args=[chain.committee.public_id])
        assert "没有收费记录" in text_of(clerk.get(url))
        assert clerk.get(url, {"on": "no date"}).status_code == 200

    def test_another_counters_receipt_does_not_exist(self, accepted, chain):
        chain.pay(accepted)
        client = Client()
        client.force_login(officer(chain.agency, Role.COUNTER_CLERK))
        order = accepted.orders.get().public_id
        for organisation in (chain.agency, chain.committee):
            url = reverse("payments:receipt", args=[organisation.public_id, order])
            assert client.get(url).status_code == 404


class TestPanel:
    def panel(self, application, moment: str) -> dict | None:
        application.refresh_from_db()
        found = panels.collect(application, application.applicant, instant(moment))
        return next((each for each in found if each["template"].startswith("payments/")), None)

    def test_what_is_due_where_and_what_to_bring(self, accepted):
        panel = self.panel(accepted, "2020-12-21 09:00")["context"]
        assert str(panel["order"].amount) == "420.00"
        assert "春华大道99号" in panel["place"]
        assert (panel["opens_at"], panel["closes_at"]) == (
            instant("2020-12-23 00:00"),
            instant("2020-12-26 00:00"),
        )
        assert {kind: copies for kind, _name, copies in panel["papers"]} == {
            "evaluation_form": 2,
            "notice_form": 15,
        }

    def test_after_payment_the_receipt(self, accepted, chain):
        chain.pay(accepted)
        panel = self.panel(accepted, "2020-12-24 09:00")
        assert panel["context"]["receipt"].receipt_number == "A0001"

    def test_past_the_window_and_before_acceptance_nothing(self, accepted, chain):
        assert self.panel(accepted, "2020-12-26 00:00") is None
        assert self.panel(chain.draft(), "2020-11-20 09:00") is None

    def test_the_applicants_page_shows_it(self, accepted, chain):
        client = Client()
        client.force_login(accepted.applicant)
        page = client.get(reverse("applications:application", args=[accepted.public_id]))
        assert "费用和要带的材料" in text_of(page)
