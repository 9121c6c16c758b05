"""The inbox, and the demo's telephone."""

import pytest
from django.db import connection
from django.urls import reverse

from core import invented
from notifications import selectors, services
from notifications.models import Message
from notifications.services import Draft, enqueue_all
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(client):
    """Return somebody who is signed in."""
    user = UserFactory(name="林知远")
    client.force_login(user)
    return user


def tell(person, count=1, start=0):
    enqueue_all(
        Draft(f"event:{person.pk}:{n}", "account.password_changed", person, {"link": f"/x/{n}/"})
        for n in range(start, start + count)
    )


def page_of(client, **query):
    return client.get(reverse("notifications:inbox", query=query)).content.decode()


# --- The inbox -------------------------------------------------------------------------------


def test_inbox_wants_a_sign_in(client):
    answer = client.get(reverse("notifications:inbox"))
    assert answer.headers["Location"].startswith(reverse("account_login"))


def test_inbox_shows_ones_own_messages_only(client, person):
    tell(person)
    tell(UserFactory(), start=7)
    page = page_of(client)
    assert "/x/0/" in page
    assert "/x/7/" not in page
    assert "【职程】" not in page


def test_empty_inbox_says_what_will_be_there(client, person):
    assert "还没有消息" in page_of(client)


def test_messages_are_unread_until_they_have_been_shown(client, person):
    tell(person, 2)
    assert selectors.unread_count(person) == 2
    assert page_of(client).count("未读") == 2
    assert selectors.unread_count(person) == 0
    assert "未读" not in page_of(client)


def test_messages_on_another_page_stay_unread(client, person):
    tell(person, 25)
    page_of(client)
    assert selectors.unread_count(person) == 5
    page_of(client, page=2)
    assert selectors.unread_count(person) == 0


def test_verification_codes_are_not_in_the_inbox(client, person):
    services.enqueue(
        event="code:1",
        template="account.code.reset_password",
        recipient=person,
        context={"code": "123456", "minutes": 10},
    )
    assert "123456" not in page_of(client)
    assert selectors.unread_count(person) == 0


def test_inbox_costs_the_same_for_one_message_and_for_thirty(
    client, person, django_assert_num_queries
):
    tell(person)
    with connection.execute_wrapper(counter := Counter()):
        page_of(client)
    tell(person, 29, start=1)
    with django_assert_num_queries(counter.count):
        page_of(client)


class Counter:
    """Count queries."""

    count = 0

    def __call__(self, execute, *args):
        self.count += 1
        return execute(*args)


def test_inbox_refuses_post(client, person):
    assert client.post(reverse("notifications:inbox")).status_code == 405


@pytest.mark.parametrize("page", ["0", "99", "x"])
def test_inbox_survives_any_page_number(client, person, page):
    tell(person)
    assert "/x/0/" in page_of(client, page=page)


# --- The demo's telephone ------------------------------------------------------------------


@pytest.fixture
def demo(settings):
    settings.DEMO = True


def test_telephone_is_not_there_outside_the_demo(client):
    assert client.get(reverse("notifications:phone")).status_code == 404


def telephone(client, **query):
    return client.get(
        reverse("notifications:phone", query=query), headers={"HX-Request": "true"}
    ).content.decode()


def test_telephone_shows_what_everybody_received_newest_first(client, demo):
    tell(UserFactory(name="林知远"))
    services.deliver_due()
    tell(UserFactory(name="欧阳若兰"))
    services.deliver_due()
    page = telephone(client)
    assert page.index("欧阳若兰") < page.index("林知远")


def test_telephone_can_be_limited_to_one_number(client, demo):
    one, other = UserFactory(), UserFactory()
    tell(one)
    tell(other)
    services.deliver_due()
    page = telephone(client, phone=one.phone)
    assert one.phone in page
    assert other.phone not in page


def test_telephone_makes_the_code_stand_out_and_escapes_the_rest(client, demo):
    services.enqueue(
        event="code:1",
        template="account.code.register",
        recipient=UserFactory.build(phone=invented.mobile(9077)),
        context={"code": "012345", "minutes": "<b>"},
    )
    services.deliver_due()
    page = telephone(client, phone=invented.mobile(9077))
    assert '<strong class="stat num">012345</strong>' in page
    assert "&lt;b&gt;" in page


def test_telephone_with_a_number_that_is_none_shows_all(client, demo):
    tell(person := UserFactory())
    services.deliver_due()
    assert person.phone in telephone(client, phone="<script>")


def test_telephone_without_messages_says_so(client, demo):
    assert "还没有发出过短信" in telephone(client)
    assert "还没有收到短信" in telephone(client, phone=invented.mobile(9078))
    assert not Message.objects.exists()


# --- The admin -------------------------------------------------------------------------------


def test_admin_shows_the_delivery_but_not_the_text(bureau):
    tell(UserFactory())
    row = Message.objects.get()
    url = reverse("admin:notifications_message_changelist")
    assert (
        row.event.split(":")[0]
        in bureau.get(reverse("admin:notifications_message_change", args=[row.pk])).content.decode()
    )
    answer = bureau.get(url)
    assert answer.status_code == 200
    assert "密码已修改" not in answer.content.decode()


def test_admin_tries_again(bureau):
    tell(UserFactory())
    Message.objects.update(status="given_up")
    row = Message.objects.get()
    bureau.post(
        reverse("admin:notifications_message_changelist"),
        {"action": "try_again", "_selected_action": [row.pk]},
    )
    row.refresh_from_db()
    assert row.status == "waiting"


@pytest.fixture
def bureau(client):
    """Return a client signed in as the system administrator."""
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client
