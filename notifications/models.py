"""The outbox, which is also the inbox; and the sandbox's own memory."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import EncryptedCharField, EncryptedTextField
from core.identifiers import public_id


class MessageStatus(models.TextChoices):
    """How far the delivery of a message is."""

    WAITING = "waiting", _("待发送")
    SENDING = "sending", _("发送中")
    SENT = "sent", _("已发送")
    FAILED = "failed", _("被拒收")
    GIVEN_UP = "given_up", _("已放弃")


UNDELIVERED = (MessageStatus.WAITING, MessageStatus.SENDING)


class Message(models.Model):
    """One message to one person about one event (消息): outbox and inbox in one row.

    ``event`` names what happened and to whom, and is there once; ``public_id`` is the key
    under which the provider sends it, and sends it once. ``due_at`` is when the row wants
    attention: the next try, or, while it is being sent, the end of the lease. After
    ``expires_at`` it is not sent any more. ``happened_at`` and ``read_at`` are on the
    site's clock; the times of delivery are the machine's, so that a demo clock that jumps
    neither ends a lease nor skips a pause.
    """

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    event = models.CharField(max_length=160, unique=True)
    recipient = models.ForeignKey(
        "accounts.User", related_name="messages", null=True, on_delete=models.CASCADE
    )
    # Only where the number is not (yet) an account's; otherwise the account's current one.
    phone = EncryptedCharField(blank=True)
    template = models.CharField(max_length=60)
    body = EncryptedTextField()
    link = models.CharField(max_length=200, blank=True)
    is_listed = models.BooleanField(default=True)
    status = models.CharField(max_length=10, choices=MessageStatus, default=MessageStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=80, blank=True)
    sent_at = models.DateTimeField(null=True)
    happened_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("消息")
        verbose_name_plural = _("消息")
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                name="message_undelivered",
                condition=Q(status__in=["waiting", "sending"]),
            ),
            models.Index(
                fields=["recipient", "-happened_at", "-id"],
                name="message_inbox",
                condition=Q(is_listed=True),
            ),
            models.Index(
                fields=["recipient"],
                name="message_unread",
                condition=Q(is_listed=True, read_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.event


class ReminderRun(models.Model):
    """How far the reminders of one deadline have been put into the outbox.

    ``key`` names the deadline and the reminder; ``last_id`` is the last row that was gone
    through, so that a run that was cut short goes on where it stopped.
    """

    key = models.CharField(max_length=160, unique=True)
    last_id = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.key


class SandboxDelivery(models.Model):
    """What the sandbox, which stands for a provider of SMS, has delivered.

    Written outside the sender's transaction, as the books of a remote provider are.
    """

    key = models.CharField(max_length=12, unique=True)
    phone = EncryptedCharField()
    phone_index = models.CharField(max_length=64)
    text = EncryptedTextField()
    received_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["phone_index", "-id"])]

    def __str__(self) -> str:
        return self.key
