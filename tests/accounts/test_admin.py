"""Accounts in the admin: who may change whose."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from accounts.models import User
from core import invented
from core.fields import blind_index
from tests.factories.people import UserFactory
from tests.html_forms import form_data

pytestmark = pytest.mark.django_db

NEW_PHONE = invented.mobile(9100)
LIST = reverse("admin:accounts_user_changelist")


@pytest.fixture
def superuser():
    return UserFactory(is_staff=True, is_superuser=True)


@pytest.fixture
def staff(client):
    """Sign in somebody of the staff who may add and change accounts."""
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__endswith="_user"))
    client.force_login(user)
    return user


def url_of(user: User) -> str:
    return reverse("admin:accounts_user_change", args=[user.pk])


def test_staff_change_a_persons_name_and_number_but_no_rights(client, staff):
    person = UserFactory()
    group = Group.objects.create(name="组")
    data = form_data(client.get(url_of(person)), "user_form")
    assert not {"is_staff", "is_superuser", "groups"} & data.keys()
    forged = {"is_staff": "on", "is_superuser": "on", "groups": [group.pk]}

    response = client.post(url_of(person), data | forged | {"name": "改名", "new_phone": NEW_PHONE})

    assert response.status_code == 302
    person = User.objects.get(pk=person.pk)
    assert (person.name, person.phone) == ("改名", NEW_PHONE)
    assert (person.is_staff, person.is_superuser) == (False, False)
    assert not person.groups.exists()


@pytest.mark.parametrize("rights", [{"is_staff": True}, {"is_superuser": True}])
def test_staff_change_nothing_of_other_staff(client, staff, rights):
    above = UserFactory(**rights)
    page = client.get(url_of(above))
    assert page.status_code == 200
    assert "new_phone" not in page.content.decode()

    response = client.post(url_of(above), {"name": "改名", "new_phone": NEW_PHONE})

    assert response.status_code == 403
    stored = User.objects.get(pk=above.pk)
    assert (stored.name, stored.phone, stored.is_active) == (above.name, above.phone, True)


def test_staff_change_nothing_of_their_own_rights(client, staff):
    assert client.post(url_of(staff), {"name": "改名", "is_superuser": "on"}).status_code == 403
    assert not User.objects.get(pk=staff.pk).is_superuser


def test_account_that_staff_add_has_no_rights(client, staff):
    group = Group.objects.create(name="组")
    posted = {"name": "新人", "phone": NEW_PHONE, "identity_number": ""}
    posted |= {"is_staff": "on", "is_superuser": "on", "groups": [group.pk]}

    response = client.post(reverse("admin:accounts_user_add"), posted)

    assert response.status_code == 302
    person = User.objects.get(name="新人")
    assert (person.is_staff, person.is_superuser) == (False, False)
    assert not person.groups.exists()
    assert not person.has_usable_password()


def test_superuser_gives_rights(client, superuser):
    client.force_login(superuser)
    group = Group.objects.create(name="组")
    posted = {"name": "新人", "phone": NEW_PHONE, "is_staff": "on", "groups": [group.pk]}

    client.post(reverse("admin:accounts_user_add"), posted)

    person = User.objects.get(name="新人")
    assert (person.is_staff, person.groups.get()) == (True, group)
    data = form_data(client.get(url_of(person)), "user_form")
    client.post(url_of(person), data | {"is_superuser": "on"})
    assert User.objects.get(pk=person.pk).is_superuser


def test_search_finds_by_name_and_by_the_whole_mobile_number(client, superuser):
    client.force_login(superuser)
    person = UserFactory(name="欧阳试")
    UserFactory(name="司马试")
    for term in ("欧阳", person.phone):
        found = client.get(LIST, {"q": term}).context["cl"].queryset
        assert [user.pk for user in found] == [person.pk]
    assert client.get(LIST, {"q": " - "}).status_code == 200


def test_search_knows_no_identity_numbers(client, superuser):
    """What is searched for stands in the address, and so in the logs."""
    client.force_login(superuser)
    person = UserFactory()
    assert person.identity_index == blind_index(person.identity_number, purpose="identity")

    page = client.get(LIST, {"q": person.identity_number})

    assert not page.context["cl"].queryset.exists()
    assert "不能按身份证号码查找" in page.content.decode()
