"""Read messages."""

from django.db.models import QuerySet

from accounts.models import User
from core.fields import blind_index
from notifications.models import Message, SandboxDelivery


def inbox(user: User) -> QuerySet[Message]:
    """Return the messages of one person, newest first; verification codes are not among them."""
    messages = Message.objects.filter(recipient=user, is_listed=True)
    return messages.order_by("-happened_at", "-id")


def unread_count(user: User) -> int:
    """Return how many messages the person has not seen."""
    return Message.objects.filter(recipient=user, is_listed=True, read_at=None).count()


def delivered_to(phone: str | None = None) -> QuerySet[SandboxDelivery]:
    """Return what the sandbox delivered, newest first: to one number, or to all."""
    deliveries = SandboxDelivery.objects.order_by("-id")
    if phone:
        deliveries = deliveries.filter(phone_index=blind_index(phone, purpose="phone"))
    return deliveries
