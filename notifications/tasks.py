"""Tasks: they load, log what is missing, and delegate."""

from celery import shared_task

from notifications import reminders, services


@shared_task(name="notifications.deliver")
def deliver(message_id: int) -> None:
    """Deliver one message."""
    services.deliver(message_id)


@shared_task(name="notifications.deliver_due")
def deliver_due() -> None:
    """Deliver whatever is due: the sweep."""
    services.deliver_due()


@shared_task(name="notifications.enqueue_reminders")
def enqueue_reminders() -> None:
    """Put the reminders that are due into the outbox."""
    reminders.enqueue_reminders()
