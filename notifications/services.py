"""Put messages into the outbox, and get them delivered."""

import datetime as dt
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import User
from core import clock
from core.dispatch import dispatch
from notifications import channels, texts
from notifications.models import UNDELIVERED, Message, MessageStatus

logger = logging.getLogger(__name__)

# 30 s, 1 min, 2 min … at most an hour apart: twelve tries take about six hours.
FIRST_PAUSE = dt.timedelta(seconds=30)
LONGEST_PAUSE = dt.timedelta(hours=1)
MAX_ATTEMPTS = 12
# A sweep ends before the next one begins.
SWEEP_SECONDS = 12
SWEEP_BATCH = 100


@dataclass(frozen=True)
class Draft:
    """A message to be put into the outbox; see :func:`core.messages.enqueue`.

    ``happened_at`` is when that happened of which it tells (default: now).
    """

    event: str
    template: str
    recipient: User
    context: dict[str, Any] = field(default_factory=dict)
    happened_at: dt.datetime | None = None


def enqueue(*, event: str, template: str, recipient: User, context: dict[str, Any]) -> None:
    """Write one outbox row in the current transaction, unless ``event`` has one already.

    ``recipient`` may be an unsaved user that has nothing but a mobile number. The context
    may hold a ``link`` to the page that the message is about.
    """
    enqueue_all([Draft(event, template, recipient, context)])


@transaction.atomic
def enqueue_all(drafts: Iterable[Draft], *, at_once: bool = True) -> int:
    """Write a row for each draft whose event has none; return how many were written.

    ``at_once`` asks the workers to deliver them after the commit; thousands of reminders
    wait for the sweep instead, so that no verification code queues behind them.
    """
    # In one order everywhere: two transactions that write the same events wait for each
    # other once, and not in a circle.
    rows = [_row(draft) for draft in sorted(drafts, key=lambda draft: draft.event)]
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    written = Message.objects.filter(public_id__in=[row.public_id for row in rows])
    ids = list(written.values_list("pk", flat=True))
    if at_once:
        for pk in ids:
            dispatch("notifications.deliver", message_id=pk)
    return len(ids)


def _row(draft: Draft) -> Message:
    text = texts.TEXTS[draft.template]
    now = clock.system_now()
    is_account = draft.recipient.pk is not None
    return Message(
        event=draft.event,
        recipient=draft.recipient if is_account else None,
        phone="" if is_account else draft.recipient.phone,
        template=draft.template,
        body=texts.render(draft.template, draft.context),
        link=draft.context.get("link", ""),
        is_listed=text.is_listed,
        due_at=now,
        expires_at=now + text.lifetime if text.lifetime else None,
        happened_at=draft.happened_at or clock.now(),
    )


# --- Delivery ------------------------------------------------------------------------


def pause_after(attempts: int) -> dt.timedelta:
    """Return how long to wait after the ``attempts``-th try has failed."""
    return min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)


def deliver(message_id: int) -> None:
    """Send one message that is due, once.

    The row is leased by a compare-and-set, so that one worker tries at a time. A try that
    may have reached the provider is never repeated blindly: the provider is asked first.
    Must run outside a transaction: what the provider did cannot be rolled back.
    """
    message = _lease(message_id)
    if message is None:
        return
    channel = channels.current()
    key = message.public_id
    try:
        provider_id = channel.find(key) if message.attempts > 1 else None
        if provider_id is None:
            if _is_pointless(message):
                _finish(message, status=MessageStatus.GIVEN_UP)
                return
            phone = message.phone or message.recipient.phone
            provider_id = channel.send(key, phone, message.body)
    except channels.Refused:
        logger.warning("Message %s was refused for good", message_id)
        _finish(message, status=MessageStatus.FAILED)
    except channels.AlreadySent:
        _finish(message, status=MessageStatus.SENT, sent_at=clock.system_now())
    except Exception:  # any failure of the provider or of the way to it
        logger.exception("Message %s: try %s failed", message_id, message.attempts)
        _put_back(message)
    else:
        _finish(
            message,
            status=MessageStatus.SENT,
            provider_id=provider_id,
            sent_at=clock.system_now(),
        )


def deliver_due(seconds: float = SWEEP_SECONDS) -> int:
    """Deliver what is due, codes first, for at most ``seconds``; return how many were tried.

    It picks up what the broker lost, tries that failed, and leases that ran out.
    """
    stop_at = time.monotonic() + seconds
    tried = 0
    while time.monotonic() < stop_at:
        batch = _due_ids()
        for message_id in batch:
            deliver(message_id)
            tried += 1
            if time.monotonic() >= stop_at:
                break
        if len(batch) < SWEEP_BATCH:
            break
    return tried


def try_again(ids: Iterable[int]) -> int:
    """Wait anew for what was refused or given up, unless its time is over; return how many.

    The count of tries stays above none, so that the provider is asked first.
    """
    now = clock.system_now()
    lost = Message.objects.filter(
        pk__in=list(ids), status__in=[MessageStatus.FAILED, MessageStatus.GIVEN_UP]
    ).exclude(expires_at__lte=now)
    return lost.update(status=MessageStatus.WAITING, attempts=1, due_at=now)


def _due_ids() -> list[int]:
    due = Message.objects.filter(status__in=UNDELIVERED, due_at__lte=clock.system_now())
    due = due.order_by("due_at", "id").values_list("pk", flat=True)
    codes = list(due.filter(expires_at__isnull=False)[:SWEEP_BATCH])
    others = due.filter(expires_at__isnull=True)[: SWEEP_BATCH - len(codes)]
    return [*codes, *others]


def _lease(message_id: int) -> Message | None:
    """Take a message that is due for one try; ``None`` when there is nothing to do."""
    now = clock.system_now()
    message = Message.objects.select_related("recipient").filter(pk=message_id).first()
    if message is None:
        logger.warning("Message %s does not exist", message_id)
        return None
    if message.status not in UNDELIVERED or message.due_at > now:
        return None
    as_seen = Message.objects.filter(
        pk=message_id, status=message.status, due_at=message.due_at, attempts=message.attempts
    )
    message.status = MessageStatus.SENDING
    message.due_at = now + dt.timedelta(seconds=settings.MESSAGE_LEASE_SECONDS)
    message.attempts += 1
    taken = as_seen.update(status=message.status, due_at=message.due_at, attempts=message.attempts)
    return message if taken else None


def _is_pointless(message: Message) -> bool:
    """Say whether a message comes too late, or has been tried too often."""
    is_late = message.expires_at is not None and message.expires_at <= clock.system_now()
    return is_late or message.attempts > MAX_ATTEMPTS


def _put_back(message: Message) -> None:
    """Wait for the next try, or give up."""
    next_at = clock.system_now() + pause_after(message.attempts)
    is_over = message.expires_at is not None and message.expires_at <= next_at
    if is_over or message.attempts >= MAX_ATTEMPTS:
        logger.error("Message %s is given up", message.pk)
        _finish(message, status=MessageStatus.GIVEN_UP)
    else:
        _finish(message, status=MessageStatus.WAITING, due_at=next_at)


def _finish(message: Message, **changes: Any) -> None:
    """Write the outcome, if the lease is still ours."""
    Message.objects.filter(
        pk=message.pk, status=MessageStatus.SENDING, attempts=message.attempts
    ).update(**changes)
