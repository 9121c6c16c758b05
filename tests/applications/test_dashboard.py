"""A person's own page: their applications and the desks they act at."""

import re

import pytest
from django.urls import reverse

from applications.workflow import Phase
from organisations.models import OrganisationKind, Role
from organisations.services import grant_membership
from tests.factories.chain import Chain, instant
from tests.factories.people import OrganisationFactory, UserFactory, officer

URL = reverse("portal:dashboard")


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_dashboard_asks_who_is_there(client, db):
    assert client.get(URL).status_code == 302


def test_dashboard_of_a_newcomer_says_where_to_begin(client, db):
    client.force_login(UserFactory())
    text = text_of(client.get(URL))
    assert "您还没有申报" in text
    assert reverse("applications:start") in text


def test_dashboard_shows_own_applications_only(client, chain: Chain, at):
    at("2020-11-18 10:00")
    mine, other = chain.submit(chain.draft()), chain.submit(chain.draft())
    client.force_login(mine.applicant)
    text = text_of(client.get(URL))
    assert mine.number in text
    assert other.number not in text
    assert "江北第一机械厂办理" in text
    assert "12月4日 24:00" in text


@pytest.mark.parametrize(
    ("day", "phase"),
    [
        ("2020-11-18 10:00", "单位审核中"),
        ("2020-12-05 00:00", "逾期失效"),  # whether the worker has recorded it or not
    ],
)
def test_dashboard_shows_where_a_file_stands_at_that_instant(client, chain: Chain, at, day, phase):
    application = chain.submit(chain.draft())
    at(day)
    client.force_login(application.applicant)
    assert phase in text_of(client.get(URL))
    application.refresh_from_db()
    assert application.phase == Phase.SUBMITTED


def test_dashboard_says_that_a_draft_was_not_submitted(client, chain: Chain, at):
    application = chain.draft()
    client.force_login(application.applicant)
    at("2020-11-23 23:59")
    assert "继续填写" in text_of(client.get(URL))
    at("2020-11-24 00:00")
    text = text_of(client.get(URL))
    assert "未提交" in text
    assert "继续填写" not in text


def test_dashboard_leads_officers_to_their_desks(client, chain: Chain, at):
    at("2020-11-18 10:00")
    for _number in range(2):
        chain.submit(chain.draft())
    client.force_login(chain.officer_of(chain.employer))
    desk = client.get(URL).context["desks"][0]
    assert (desk.name, desk.waiting, desk.due) == ("江北第一机械厂", 2, "12月4日 24:00")
    assert desk.queue_url == reverse("reviews:queue", args=[chain.employer.public_id])
    assert desk.counter_url == ""


def test_dashboard_counts_no_file_that_lapsed_or_that_cannot_be_acted_on_yet(
    client, chain: Chain, at
):
    chain.submit(chain.draft())
    early = chain.submit(chain.draft())
    chain.approve(early, "2020-11-18 10:00")
    at("2020-12-05 00:00")
    client.force_login(chain.officer_of(chain.employer))
    assert client.get(URL).context["desks"][0].waiting == 0


def test_dashboard_shows_a_clerk_the_counter(client, chain: Chain, at):
    at("2020-12-23 10:00")
    client.force_login(chain.clerk)
    desk = client.get(URL).context["desks"][0]
    assert desk.counter_url == reverse("payments:counter", args=[chain.committee.public_id])


def test_dashboard_forgets_a_role_that_has_ended(client, chain: Chain, at):
    at("2020-11-18 10:00")
    person = officer(chain.employer)
    person.memberships.update(ends_on=instant("2020-11-17").date())
    client.force_login(person)
    assert client.get(URL).context["desks"] == []


def test_dashboard_costs_the_same_for_one_desk_and_thirty(
    client, chain: Chain, at, django_assert_max_num_queries
):
    at("2020-11-18 10:00")
    person = chain.officer_of(chain.employer)
    client.force_login(person)

    def queries() -> int:
        client.get(URL)
        with django_assert_max_num_queries(12) as captured:
            client.get(URL)
        return len(captured)

    first = queries()
    for _number in range(29):
        office = OrganisationFactory(kind=OrganisationKind.DISTRICT_AUTHORITY)
        grant_membership(user=person, organisation=office, role=Role.APPROVER)
    assert queries() == first
    assert len(client.get(URL).context["desks"]) == 30
