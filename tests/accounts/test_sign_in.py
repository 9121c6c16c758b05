"""Signing in and out, the lock after failures, the way back, one's own account."""

import pytest
from django.contrib.auth import get_user
from django.urls import reverse

from accounts.models import User
from core import invented
from tests.accounts.conftest import PASSWORD, PHONE
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "jiang-bei-1126-xin"
NEW_PHONE = invented.mobile(9050)


def sign_in(client, password=PASSWORD, phone=PHONE, **query):
    return client.post(
        reverse("account_login", query=query), {"login": phone, "password": password}
    )


# --- In and out ------------------------------------------------------------------------


def test_sign_in_with_phone_and_password_succeeds(client, person):
    answer = sign_in(client, phone="160 0000 9001")
    assert answer.headers["Location"] == reverse("portal:dashboard")
    assert get_user(client) == person
    assert client.session.get_expire_at_browser_close()


def test_sign_in_goes_on_to_the_page_that_was_wanted(client, person):
    assert sign_in(client, next="/messages/").headers["Location"] == "/messages/"


def test_sign_in_never_goes_on_to_another_site(client, person):
    answer = sign_in(client, next="https://example.org/")
    assert answer.headers["Location"] == reverse("portal:dashboard")


def test_sign_in_says_the_same_of_a_wrong_password_and_an_unknown_phone(client, person):
    wrong = sign_in(client, password="not-this-one")
    unknown = sign_in(client, phone=invented.mobile(9999))
    assert "手机号码或密码不正确" in wrong.content.decode()
    assert "手机号码或密码不正确" in unknown.content.decode()
    assert not get_user(client).is_authenticated


def test_user_name_is_not_a_way_to_sign_in(client, person):
    assert "11 位" in sign_in(client, phone=person.username).content.decode()


def test_disabled_account_cannot_sign_in(client, person):
    person.is_active = False
    person.save()
    assert sign_in(client).headers["Location"] == reverse("account_inactive")
    assert not get_user(client).is_authenticated


def test_sign_out_needs_post(client, person):
    client.force_login(person)
    assert client.get(reverse("account_logout")).status_code == 200
    assert get_user(client).is_authenticated
    answer = client.post(reverse("account_logout"))
    assert answer.headers["Location"] == reverse("portal:home")
    assert not get_user(client).is_authenticated


# --- The lock and the way back ---------------------------------------------------------------


def test_five_failures_lock_the_account_even_for_the_right_password(client, person):
    for _ in range(5):
        sign_in(client, password="not-this-one")
    answer = sign_in(client)
    assert "暂停登录 15 分钟" in answer.content.decode()
    assert not get_user(client).is_authenticated


def test_failures_of_one_account_do_not_lock_another(client, person):
    other = UserFactory(password=PASSWORD)
    for _ in range(6):
        sign_in(client, password="not-this-one")
    sign_in(client, phone=other.phone)
    assert get_user(client) == other


def reset(client, read_code, phone=PHONE, password=NEW_PASSWORD):
    client.post(reverse("account_reset_password"), {"phone": phone})
    client.post(reverse("account_reset_password_code"), {"code": read_code(phone)})
    return client.post(
        reverse("account_reset_password_new"), {"password1": password, "password2": password}
    )


def test_reset_by_code_opens_the_lock(client, person, read_code):
    for _ in range(5):
        sign_in(client, password="not-this-one")
    assert reset(client, read_code).headers["Location"] == reverse("account_login")
    assert sign_in(client).status_code == 200  # the old password is no longer good
    assert sign_in(client, password=NEW_PASSWORD).status_code == 302
    assert get_user(client) == person


def test_reset_ends_every_session_and_tells_the_owner(
    client, client_factory, person, read_code, received
):
    elsewhere = client_factory()
    sign_in(elsewhere)
    reset(client, read_code)
    assert not get_user(elsewhere).is_authenticated
    assert "密码已修改" in received()[0]


def test_reset_proves_the_phone_of_an_account_made_by_an_administrator(client, read_code):
    made = UserFactory(phone=PHONE)
    made.set_unusable_password()
    made.save()
    reset(client, read_code)
    made.refresh_from_db()
    assert made.phone_verified_at is not None
    assert made.check_password(NEW_PASSWORD)


def test_reset_of_an_unknown_phone_looks_the_same_and_tells_only_its_owner(client, received):
    answer = client.post(reverse("account_reset_password"), {"phone": PHONE})
    assert answer.headers["Location"] == reverse("account_reset_password_code")
    assert client.get(answer.headers["Location"]).status_code == 200
    assert "没有可用的账号" in received()[0]
    answer = client.post(reverse("account_reset_password_code"), {"code": "000000"})
    assert answer.status_code == 422


@pytest.mark.parametrize("step", ["account_reset_password_code", "account_reset_password_new"])
def test_reset_steps_without_the_one_before_lead_to_the_start(client, person, step):
    answer = client.post(reverse(step), {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    assert answer.headers["Location"] == reverse("account_reset_password")


def test_new_password_before_the_code_is_refused(client, person):
    client.post(reverse("account_reset_password"), {"phone": PHONE})
    client.post(
        reverse("account_reset_password_new"),
        {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_code_for_registration_does_not_reset_a_password(client, person, read_code):
    # A proof is good for what it was asked for, and for nothing else.
    client.post(reverse("account_reset_password"), {"phone": PHONE})
    assert client.get(reverse("account_signup_code")).status_code == 302
    client.force_login(person)
    assert client.get(reverse("account_change_phone_code")).status_code == 302


# --- One's own account ------------------------------------------------------------------


def test_account_page_masks_the_numbers(client, person):
    client.force_login(person)
    page = client.get(reverse("account_overview")).content.decode()
    assert person.name in page
    assert person.identity_number not in page
    assert person.phone not in page
    assert "160****9001" in page


@pytest.mark.parametrize(
    "name",
    [
        *("account_overview", "account_change_password", "account_change_phone"),
        *("account_change_phone_code", "usersessions_list", "account_reauthenticate"),
    ],
)
def test_account_pages_want_a_sign_in(client, name):
    assert client.get(reverse(name)).headers["Location"].startswith(reverse("account_login"))


def test_change_of_password_keeps_this_session_and_ends_the_others(
    client, client_factory, person, received
):
    elsewhere = client_factory()
    sign_in(elsewhere)
    sign_in(client)
    answer = client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )
    assert answer.status_code == 302
    assert get_user(client) == person
    assert not get_user(elsewhere).is_authenticated
    assert "密码已修改" in received()[0]


def test_change_of_password_with_a_wrong_one_is_refused(client, person):
    client.force_login(person)
    answer = client.post(
        reverse("account_change_password"),
        {"oldpassword": "not-this-one", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )
    assert "当前密码不正确" in answer.content.decode()


def test_change_of_phone_with_the_code_tells_the_old_number(client, person, read_code, received):
    client.force_login(person)
    client.post(reverse("account_change_phone"), {"phone": NEW_PHONE, "password": PASSWORD})
    answer = client.post(reverse("account_change_phone_code"), {"code": read_code(NEW_PHONE)})
    assert answer.headers["Location"] == reverse("account_overview")
    person.refresh_from_db()
    assert person.phone == NEW_PHONE
    assert list(User.objects.with_phone(PHONE)) == []
    assert "160****9050" in received(PHONE)[0]


def test_change_of_phone_to_that_of_another_account_is_refused(client, person, received):
    UserFactory(phone=NEW_PHONE)
    client.force_login(person)
    answer = client.post(
        reverse("account_change_phone"), {"phone": NEW_PHONE, "password": PASSWORD}
    )
    assert answer.status_code == 302  # says nothing; the owner of the number is told
    assert "已注册过账号" in received(NEW_PHONE)[0]


def test_change_of_phone_without_the_password_is_refused(client, person):
    client.force_login(person)
    answer = client.post(
        reverse("account_change_phone"), {"phone": NEW_PHONE, "password": "not-this-one"}
    )
    assert answer.status_code == 422


def test_sessions_page_lists_them_and_ends_the_others(client, client_factory, person):
    elsewhere = client_factory()
    sign_in(elsewhere)
    sign_in(client)
    page = client.get(reverse("usersessions_list")).content.decode()
    assert page.count("127.0.0.1") == 2
    client.post(reverse("usersessions_list"))
    assert get_user(client) == person
    assert not get_user(elsewhere).is_authenticated


def test_language_is_kept_on_the_account_and_comes_back_at_sign_in(client, client_factory, person):
    client.force_login(person)
    client.post(reverse("set_language"), {"language": "en"})
    person.refresh_from_db()
    assert person.language == "en"
    elsewhere = client_factory()
    sign_in(elsewhere)
    assert elsewhere.cookies["django_language"].value == "en"


def test_unknown_language_is_not_kept(client, person):
    client.force_login(person)
    client.post(reverse("set_language"), {"language": "xx"})
    person.refresh_from_db()
    assert person.language == ""


# --- The admin --------------------------------------------------------------------------


def test_admin_of_somebody_not_signed_in_leads_to_the_one_login_page(client):
    answer = client.get(reverse("admin:index"), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("account_login") + "?next=%2Fadmin%2F"


def test_staff_come_from_the_login_page_into_the_admin(client):
    UserFactory(phone=PHONE, password=PASSWORD, is_staff=True)
    answer = sign_in(client, next="/admin/")
    assert answer.headers["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_admin_is_not_there_for_people_who_are_not_staff(client, person):
    client.force_login(person)
    assert client.get(reverse("admin:index"), follow=True).status_code == 404


def test_staff_change_a_lost_number_and_its_owner_comes_back_by_reset(
    client, client_factory, person, read_code, received
):
    staff = client_factory()
    staff.force_login(UserFactory(is_staff=True, is_superuser=True))
    url = reverse("admin:accounts_user_change", args=[person.pk])
    assert staff.get(url).status_code == 200
    answer = staff.post(url, {"name": person.name, "is_active": "on", "new_phone": NEW_PHONE})
    assert answer.status_code == 302
    person.refresh_from_db()
    assert (person.phone, person.phone_verified_at) == (NEW_PHONE, None)
    assert "160****9050" in received(PHONE)[0]
    reset(client, read_code, phone=NEW_PHONE)
    sign_in(client, phone=NEW_PHONE, password=NEW_PASSWORD)
    assert get_user(client) == person


def test_staff_cannot_give_a_number_that_is_taken(client, person):
    other = UserFactory(phone=NEW_PHONE)
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    url = reverse("admin:accounts_user_change", args=[person.pk])
    answer = client.post(url, {"name": person.name, "is_active": "on", "new_phone": other.phone})
    assert "已经有账号" in answer.content.decode()
