"""The bureau's staff: what their group may do in the admin, and what not."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from portal.staff import STAFF_GROUP
from tests.factories.chain import build_chain
from tests.factories.people import OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    user = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name=STAFF_GROUP))
    client.force_login(user)
    return client


def test_staff_keep_schedules_and_organisations(staff):
    chain = build_chain()
    application = chain.submit(chain.draft())

    for name, *args in (
        ("schedules_schedule_add",),
        ("schedules_schedule_change", chain.schedule.pk),
        ("schedules_track_change", chain.open_title.track_id),
        ("schedules_calendarday_add",),
        ("organisations_organisation_add",),
        ("organisations_organisation_change", chain.employer.pk),
        ("accounts_user_add",),
        ("applications_application_changelist",),
        ("applications_application_change", application.pk),
    ):
        assert staff.get(reverse(f"admin:{name}", args=args)).status_code == 200, name


def test_staff_change_neither_rights_nor_applications(staff):
    chain = build_chain()
    application = chain.submit(chain.draft())
    person = UserFactory()

    for name, *args in (
        ("auth_group_changelist",),
        ("organisations_organisation_delete", OrganisationFactory().pk),
        ("accounts_user_delete", person.pk),
        ("applications_application_delete", application.pk),
    ):
        assert staff.get(reverse(f"admin:{name}", args=args)).status_code == 403, name
    url = reverse("admin:accounts_user_change", args=[person.pk])
    staff.post(url, {"name": "改名", "is_superuser": "on", "is_staff": "on"})
    person.refresh_from_db()
    assert (person.is_staff, person.is_superuser) == (False, False)
    url = reverse("admin:applications_application_change", args=[application.pk])
    assert staff.post(url, {"phase": "registered"}).status_code == 403


def test_staff_cannot_make_themselves_superusers_by_adding_an_account(staff):
    page = staff.get(reverse("admin:accounts_user_add")).content.decode()

    assert "is_superuser" not in page


def test_application_page_shows_route_and_history_and_no_numbers(staff):
    chain = build_chain()
    application = chain.submit(chain.draft())

    url = reverse("admin:applications_application_change", args=[application.pk])
    page = staff.get(url).content.decode()

    assert "江北第一机械厂" in page
    assert application.applicant.identity_number not in page
    assert application.applicant.phone not in page
