"""The outbox: one row for each event, delivered once, whatever fails on the way."""

import datetime as dt
import logging
import threading

import pytest
from django.db import connection, transaction

from core import clock, messages
from notifications import services
from notifications.models import Message, MessageStatus, SandboxDelivery
from notifications.services import Draft, deliver, deliver_due, enqueue_all, pause_after
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


def put(event="password_changed:1", person=None, **changes) -> Message:
    """Put one message into the outbox and return its row, changed as told."""
    messages.enqueue(
        event=event,
        template="account.password_changed",
        recipient=person or UserFactory(),
        context={},
    )
    Message.objects.filter(event=event).update(**changes)
    return Message.objects.get(event=event)


def a_while_ago(seconds: float = 1) -> dt.datetime:
    return clock.system_now() - dt.timedelta(seconds=seconds)


@pytest.fixture
def provider(settings):
    """Change the provider: ``provider("Unreachable")``."""

    def use(name: str) -> None:
        settings.SMS_BACKEND = f"tests.notifications.providers.{name}"

    return use


@pytest.fixture
def quiet(caplog):
    """Keep the failures that a test wants out of its output."""
    caplog.set_level(logging.CRITICAL, logger="notifications.services")


# --- Writing -----------------------------------------------------------------------------


def test_same_event_twice_is_one_row():
    person = UserFactory()
    first = put("event:1", person)
    assert put("event:1", person) == first
    assert Message.objects.count() == 1


def test_events_of_several_people_are_a_row_each():
    drafts = [Draft(f"event:{n}", "account.password_changed", UserFactory()) for n in range(3)]
    assert enqueue_all([*drafts, *drafts]) == 3
    assert enqueue_all(drafts) == 0


def test_body_is_encrypted_at_rest():
    row = put()
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM notifications_message WHERE id = %s", [row.pk])
        stored = cursor.fetchone()[0]
    assert "密码" in row.body
    assert "密码" not in stored


def test_rollback_leaves_no_row():
    with transaction.atomic():
        put("event:1")
        transaction.set_rollback(True)
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_connections_at_once_write_one_row_for_each_event():
    person = UserFactory()
    drafts = [Draft(f"event:{n}", "account.password_changed", person) for n in range(20)]
    start = threading.Barrier(2)
    written = []

    def write(mine):
        start.wait()
        with transaction.atomic():
            written.append(enqueue_all(mine, at_once=False))
        connection.close()

    # In opposite orders: without a common order this deadlocks.
    threads = [threading.Thread(target=write, args=[mine]) for mine in (drafts, drafts[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(written) == 20
    assert Message.objects.count() == 20


@pytest.mark.django_db(transaction=True)
def test_second_writer_waits_and_writes_nothing():
    person = UserFactory()
    draft = Draft("event:1", "account.password_changed", person)
    done = threading.Event()

    def write():
        enqueue_all([draft], at_once=False)
        connection.close()
        done.set()

    thread = threading.Thread(target=write)
    with transaction.atomic():
        enqueue_all([draft], at_once=False)
        thread.start()
        assert not done.wait(0.3)  # the row is not committed yet: it may still go away
    thread.join()
    assert Message.objects.count() == 1


# --- Delivering --------------------------------------------------------------------------


def test_delivery_sends_once_under_the_rows_own_key():
    row = put()
    deliver(row.pk)
    deliver(row.pk)
    row.refresh_from_db()
    assert (row.status, row.attempts) == (MessageStatus.SENT, 1)
    assert row.provider_id == f"sandbox-{row.public_id}"
    assert row.sent_at is not None
    received = SandboxDelivery.objects.get()
    assert (received.key, received.text) == (row.public_id, row.body)
    assert received.phone == row.recipient.phone


def test_delivery_of_a_row_that_is_gone_is_logged(caplog):
    deliver(4711)
    assert "4711 does not exist" in caplog.text


def test_pauses_double_up_to_an_hour():
    seconds = [pause_after(n).total_seconds() for n in range(1, 10)]
    assert seconds == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_failed_try_waits_for_its_pause_then_is_tried_again(provider, quiet, settings):
    row = put()
    backend = settings.SMS_BACKEND
    provider("Unreachable")
    deliver(row.pk)
    row.refresh_from_db()
    assert (row.status, row.attempts) == (MessageStatus.WAITING, 1)
    wait = (row.due_at - clock.system_now()).total_seconds()
    assert 28 < wait <= 30

    settings.SMS_BACKEND = backend
    deliver(row.pk)
    assert not SandboxDelivery.objects.exists()  # not before its pause is over
    Message.objects.update(due_at=a_while_ago())
    deliver_due()
    assert SandboxDelivery.objects.count() == 1


def test_twelfth_failure_gives_up(provider, quiet):
    row = put(attempts=services.MAX_ATTEMPTS - 1)
    provider("Unreachable")
    deliver(row.pk)
    row.refresh_from_db()
    assert row.status == MessageStatus.GIVEN_UP


def test_refusal_for_good_is_not_tried_again(provider):
    row = put()
    provider("Refusing")
    deliver(row.pk)
    row.refresh_from_db()
    assert row.status == MessageStatus.FAILED
    assert deliver_due() == 0


def test_lost_answer_is_asked_for_before_sending_again(provider, quiet):
    row = put()
    provider("SilentAfterSending")
    deliver(row.pk)
    Message.objects.update(due_at=a_while_ago())
    deliver(row.pk)
    row.refresh_from_db()
    assert (row.status, row.attempts) == (MessageStatus.SENT, 2)
    assert SandboxDelivery.objects.count() == 1


def test_sandbox_refuses_a_repeated_key_and_the_row_counts_as_sent(provider, quiet):
    row = put()
    deliver(row.pk)
    provider("Forgetful")
    Message.objects.update(status=MessageStatus.SENDING, due_at=a_while_ago())
    deliver(row.pk)
    row.refresh_from_db()
    assert row.status == MessageStatus.SENT
    assert SandboxDelivery.objects.count() == 1


def test_running_lease_keeps_others_away():
    row = put(
        status=MessageStatus.SENDING,
        attempts=1,
        due_at=clock.system_now() + dt.timedelta(seconds=5),
    )
    deliver(row.pk)
    assert deliver_due() == 0
    assert not SandboxDelivery.objects.exists()


def test_lease_that_ran_out_before_anything_was_sent_is_taken_over():
    row = put(status=MessageStatus.SENDING, attempts=1, due_at=a_while_ago())
    deliver_due()
    row.refresh_from_db()
    assert (row.status, row.attempts) == (MessageStatus.SENT, 2)
    assert SandboxDelivery.objects.count() == 1


def test_late_worker_does_not_overwrite_what_its_successor_wrote(quiet):
    row = put()
    leased = services._lease(row.pk)
    Message.objects.update(due_at=a_while_ago())
    deliver(row.pk)  # somebody else takes over and is done
    services._put_back(leased)  # the first one comes back and says that it failed
    row.refresh_from_db()
    assert row.status == MessageStatus.SENT


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_deliver_once():
    row = put()
    start = threading.Barrier(4)

    def work():
        start.wait()
        deliver(row.pk)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row.refresh_from_db()
    assert (row.status, row.attempts) == (MessageStatus.SENT, 1)
    assert SandboxDelivery.objects.count() == 1


def test_message_after_its_time_is_not_sent():
    row = put(expires_at=a_while_ago())
    deliver_due()
    row.refresh_from_db()
    assert row.status == MessageStatus.GIVEN_UP
    assert not SandboxDelivery.objects.exists()


def test_what_was_given_up_can_be_tried_again_and_is_asked_for_first(provider, quiet, settings):
    row = put(attempts=services.MAX_ATTEMPTS - 1)
    backend = settings.SMS_BACKEND
    provider("SilentAfterSending")
    deliver(row.pk)
    settings.SMS_BACKEND = backend
    assert services.try_again([row.pk]) == 1
    deliver_due()
    row.refresh_from_db()
    assert row.status == MessageStatus.SENT
    assert SandboxDelivery.objects.count() == 1


def test_what_is_sent_or_too_late_is_not_tried_again():
    sent = put("event:1", status=MessageStatus.SENT)
    late = put("event:2", status=MessageStatus.GIVEN_UP, expires_at=a_while_ago())
    assert services.try_again([sent.pk, late.pk]) == 0


def test_codes_are_delivered_before_everything_else():
    late = clock.system_now() + dt.timedelta(minutes=10)
    first = put("event:1", due_at=a_while_ago(60))
    code = put("event:2", due_at=a_while_ago(1), expires_at=late)
    deliver_due()
    keys = list(SandboxDelivery.objects.order_by("id").values_list("key", flat=True))
    assert keys == [code.public_id, first.public_id]


def test_sweep_goes_through_more_than_a_batch():
    person = UserFactory()
    drafts = [
        Draft(f"event:{n}", "account.password_changed", person)
        for n in range(services.SWEEP_BATCH + 5)
    ]
    enqueue_all(drafts)
    assert deliver_due() == services.SWEEP_BATCH + 5
    assert SandboxDelivery.objects.count() == services.SWEEP_BATCH + 5


def test_sweep_uses_the_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM notifications_message WHERE status IN ('waiting', 'sending')"
            " AND due_at <= now() ORDER BY due_at, id LIMIT 100"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "message_undelivered" in plan
