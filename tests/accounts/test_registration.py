"""Registration: the number is proved first, then there is an account (B5)."""

import datetime as dt

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.hashers import identify_hasher
from django.core.cache import cache
from django.urls import reverse

from accounts.models import PhoneCode, User
from core import invented
from core.validators import Sex
from notifications.models import Message
from tests.accounts.conftest import PASSWORD, PHONE
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db

NUMBER = invented.identity_number(dt.date(1985, 3, 14), 7, Sex.FEMALE)
FORM = {
    "name": "林知远",
    "identity_number": NUMBER,
    "phone": PHONE,
    "password1": PASSWORD,
    "password2": PASSWORD,
    "consent": "on",
}


def start(client, **changes):
    return client.post(reverse("account_signup"), FORM | changes)


def enter(client, code):
    return client.post(reverse("account_signup_code"), {"code": code})


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06d}"


def test_registration_with_the_code_makes_the_account_and_signs_in(client, read_code):
    answer = start(client, identity_number=f" {NUMBER.lower()} ", phone="+86 " + PHONE)
    assert answer.headers["Location"] == reverse("account_signup_code")
    assert not User.objects.exists()

    answer = enter(client, read_code())

    assert answer.headers["Location"] == reverse("portal:dashboard")
    user = User.objects.get()
    assert (user.name, user.identity_number, user.phone) == ("林知远", NUMBER, PHONE)
    assert user.phone_verified_at is not None
    assert user.consented_at is not None
    assert user.identity_verified_at is None  # an SMS proves no identity
    assert identify_hasher(user.password).algorithm == "argon2"
    assert get_user(client) == user
    assert client.session.get_expire_at_browser_close()


def test_registration_goes_on_to_the_page_that_was_wanted(client, read_code):
    start(client, next="/applications/")
    assert enter(client, read_code()).headers["Location"] == "/applications/"


def test_registration_never_goes_on_to_another_site(client, read_code):
    start(client, next="https://example.org/")
    assert enter(client, read_code()).headers["Location"] == reverse("portal:dashboard")


def test_code_page_without_registration_leads_to_its_start(client):
    assert client.get(reverse("account_signup_code")).headers["Location"] == reverse(
        "account_signup"
    )


def test_session_while_registering_holds_nothing_in_clear(client):
    start(client)
    stored = str(dict(client.session))
    for secret in (NUMBER, PHONE, PASSWORD, "林知远"):
        assert secret not in stored


def test_outbox_row_of_a_code_is_encrypted_and_in_no_inbox(client, read_code):
    start(client)
    code = read_code()
    row = Message.objects.extra(select={"raw": "body"}).get()
    assert code in row.body
    assert code not in row.raw
    assert row.recipient is None
    assert not row.is_listed


def test_wrong_code_is_refused_and_counted(client, read_code):
    start(client)
    answer = enter(client, wrong(read_code()))
    assert answer.status_code == 422
    assert "还可以输入 4 次" in answer.content.decode()
    assert not User.objects.exists()
    assert enter(client, read_code()).status_code == 302


def test_sixth_try_is_refused_even_with_the_right_code(client, read_code):
    start(client)
    code = read_code()
    for _ in range(5):
        enter(client, wrong(code))
    answer = enter(client, code)
    assert answer.status_code == 422
    assert "已失效" in answer.content.decode()
    assert not User.objects.exists()


def test_expired_code_is_refused(client, read_code, a_minute_later):
    start(client)
    code = read_code()
    a_minute_later(11)
    assert "已失效" in enter(client, code).content.decode()
    assert not User.objects.exists()


def test_replayed_code_is_refused(client, read_code):
    start(client)
    code = read_code()
    session = dict(client.session)
    enter(client, code)
    user = User.objects.get()
    client.logout()
    client.get(reverse("portal:home"))
    # The same session contents once more, as somebody who copied them would have them.
    restored = client.session
    restored.update(session)
    restored.save()
    answer = enter(client, code)
    assert answer.status_code == 422
    assert "已失效" in answer.content.decode()
    assert list(User.objects.all()) == [user]


def test_code_of_another_registration_is_refused(client, client_factory, read_code):
    other = client_factory()
    start(other, phone=invented.mobile(9002))
    start(client)
    answer = enter(client, read_code(invented.mobile(9002)))
    assert answer.status_code == 422


def test_resent_code_replaces_the_one_before(client, read_code, a_minute_later):
    start(client)
    first = read_code()
    a_minute_later()
    client.post(reverse("account_signup_code"), {"action": "resend"})
    second = read_code()
    if first != second:  # one in a million
        assert enter(client, first).status_code == 422
    assert enter(client, second).status_code == 302


def test_resend_within_a_minute_is_refused(client, received):
    start(client)
    answer = client.post(reverse("account_signup_code"), {"action": "resend"}, follow=True)
    assert "秒后再获取" in answer.content.decode()
    assert len(received()) == 1


def test_sixth_code_within_an_hour_is_refused(client, received, a_minute_later):
    for _ in range(5):
        start(client)
        a_minute_later()
    answer = start(client)
    assert answer.status_code == 422
    assert "一小时后再试" in answer.content.decode()
    assert len(received()) == 5


def test_eleventh_code_within_a_day_is_refused(client, a_minute_later):
    for _ in range(10):
        start(client)
        a_minute_later(61)
    assert "明天再试" in start(client).content.decode()
    assert PhoneCode.objects.count() == 10


def test_codes_to_many_numbers_from_one_address_are_refused(client, monkeypatch):
    monkeypatch.setattr("accounts.codes.PER_ADDRESS_AND_HOUR", 3)
    answers = [start(client, phone=invented.mobile(9100 + n)).status_code for n in range(4)]
    assert answers == [302, 302, 302, 422]


def test_second_account_with_the_same_phone_gets_no_code_but_a_word(client, person, received):
    answer = start(client)
    # To whoever looks at the pages, nothing is different.
    assert answer.headers["Location"] == reverse("account_signup_code")
    assert "已注册过账号" in received()[0]
    assert "验证码" not in received()[0]
    assert enter(client, "000000").status_code == 422
    assert enter(client, "").status_code == 422
    assert list(User.objects.all()) == [person]


def test_second_account_with_the_same_identity_number_is_refused_after_the_code(
    client, client_factory, read_code
):
    owner = UserFactory(identity_number=NUMBER)
    answer = start(client)
    assert answer.headers["Location"] == reverse("account_signup_code")  # nothing is said yet
    answer = enter(client, read_code())
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "已经注册过账号" in page
    assert owner.phone not in page
    assert owner.name not in page
    assert NUMBER not in page
    assert list(User.objects.all()) == [owner]
    assert not get_user(client).is_authenticated


def test_two_registrations_of_one_number_make_one_account(
    client, client_factory, read_code, a_minute_later
):
    start(client)
    first = read_code()
    other = client_factory()
    a_minute_later()
    start(other, identity_number=invented.identity_number(dt.date(1980, 1, 1), 3, Sex.MALE))
    second = read_code()
    assert enter(client, first).headers["Location"] == reverse("portal:dashboard")
    assert enter(other, second).headers["Location"] == reverse("account_login")
    assert User.objects.get().identity_number == NUMBER


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "请填写姓名"),
        ("name", "林1", "不能含有数字或符号"),
        ("name", "林\ue000", "非标准编码"),
        ("identity_number", NUMBER[:-1] + "0", "校验码"),
        ("identity_number", "123", "18 位"),
        ("phone", "12345", "11 位"),
        ("phone", "", "请填写手机号码"),
        ("password2", "something-else-1", "不一致"),
        ("consent", "", "不同意则不能注册"),
    ],
)
def test_registration_with_a_fault_says_what_and_sends_nothing(client, field, value, message):
    answer = start(client, **{field: value})
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not Message.objects.exists()


@pytest.mark.parametrize("password", ["short1", "12345678901", "password123", PHONE, NUMBER])
def test_registration_with_a_weak_password_is_refused(client, password):
    answer = start(client, password1=password, password2=password)
    assert answer.status_code == 422
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "name", ["欧阳若兰", "阿依古丽•买买提", "𠅤予安", "㛃予安", "Anna-Maria O'Neill"]
)
def test_registration_takes_every_real_name(client, read_code, name):
    start(client, name=name)
    enter(client, read_code())
    assert User.objects.get().name == name.replace("•", "·")


def test_registration_with_the_cache_emptied_still_counts_codes(client, received):
    start(client)
    cache.clear()
    assert "秒后再获取" in start(client).content.decode()


def test_signed_in_person_does_not_register_again(client, person):
    client.force_login(person)
    answer = client.get(reverse("account_signup"))
    assert answer.headers["Location"] == reverse("portal:dashboard")
