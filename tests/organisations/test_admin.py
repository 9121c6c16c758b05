"""Organisations and their people in the admin."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from organisations.models import Membership, Organisation, OrganisationKind, Role
from organisations.selectors import live_grants
from organisations.services import grant_membership
from tests.factories.people import OrganisationFactory, UserFactory
from tests.html_forms import form_data

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def employer():
    return OrganisationFactory(name="云溪精密机械有限公司")


def save(staff, organisation, **changes):
    url = reverse("admin:organisations_organisation_change", args=[organisation.pk])
    data = form_data(staff.get(url), "organisation_form") | changes
    response = staff.post(url, data)
    assert response.status_code == 302, response.context["errors"]


def grants_of(user, organisation) -> set[str]:
    fresh = type(user).objects.get(pk=user.pk)
    return set(live_grants(fresh).by_organisation.get(organisation.pk, ()))


def test_membership_added_in_the_admin_grants_at_once(staff, employer):
    user = UserFactory()

    save(
        staff,
        employer,
        **{
            "memberships-TOTAL_FORMS": "1",
            "memberships-0-user": user.pk,
            "memberships-0-role": Role.APPROVER,
        },
    )

    assert "decide_applications" in grants_of(user, employer)


def test_membership_changed_or_deleted_in_the_admin_takes_the_grants_along(staff, employer):
    demoted, removed = UserFactory(), UserFactory()
    for user in (demoted, removed):
        grant_membership(user=user, organisation=employer, role=Role.APPROVER)
    rows = list(Membership.objects.order_by("pk"))
    assert [row.user for row in rows] == [demoted, removed]

    save(
        staff,
        employer,
        **{"memberships-0-role": Role.READER, "memberships-1-DELETE": "on"},
    )

    assert grants_of(demoted, employer) == {"view_applications"}
    assert grants_of(removed, employer) == set()
    assert not removed.organisationuserobjectpermission_set.exists()


def test_organisation_list_finds_by_part_of_the_name_or_the_whole_code(staff, employer):
    Organisation.objects.filter(pk=employer.pk).update(credit_code="91509900000000012X")
    OrganisationFactory(name="示范市港务集团有限公司")
    url = reverse("admin:organisations_organisation_changelist")

    for query, found in (("精密", 1), ("云 溪", 1), ("9150990000000001", 0), ("有限公司", 2)):
        response = staff.get(url, {"q": query})
        assert len(response.context["cl"].result_list) == found, query
    response = staff.get(url, {"q": "91509900000000012x"})
    assert list(response.context["cl"].result_list) == [employer]


def test_organisation_list_runs_as_many_queries_with_more_rows(staff, employer):
    url = reverse("admin:organisations_organisation_changelist")
    counts = []
    for _more in range(2):
        above = OrganisationFactory(kind=OrganisationKind.DISTRICT_AUTHORITY)
        OrganisationFactory(supervisor=above)
        with CaptureQueriesContext(connection) as captured:
            assert staff.get(url).status_code == 200
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_line_of_supervision_that_leads_back_is_refused(staff, employer):
    above = OrganisationFactory(supervisor=employer)
    url = reverse("admin:organisations_organisation_change", args=[employer.pk])
    data = form_data(staff.get(url), "organisation_form") | {"supervisor": above.pk}

    response = staff.post(url, data)

    assert "隶属关系不能形成循环。" in str(response.context["errors"])
