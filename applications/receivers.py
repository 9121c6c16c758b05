"""What applications do when something they depend on changes."""

from typing import Any

from core.dispatch import dispatch
from schedules.models import Schedule


def follow_schedule(*, schedule: Schedule, **kwargs: Any) -> None:
    """Let the deadlines of a schedule's applications follow its dates, after the commit."""
    dispatch("applications.follow_schedule", schedule_id=schedule.pk)
