"""``manage.py demo_clock``: read or move the demo's clock from the terminal."""

import datetime as dt

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core import clock
from portal.demo.clock import ClockRunsForward, move_clock, resume_clock
from portal.models import DemoClock


class Command(BaseCommand):
    """Show, move or resume the demo's clock."""

    help = "Show the demo's clock, move it forward, or let it go on after a stop."

    def add_arguments(self, parser) -> None:
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--to", help='move forward to an instant: "2020-12-04 00:00"')
        group.add_argument(
            "--resume", action="store_true", help="go on from where it stood at the last stop"
        )

    def handle(self, *, to: str | None, resume: bool, **options) -> None:
        if not settings.DEMO:
            raise CommandError("The clock can be set in the demo only (DEMO=1).")
        if not DemoClock.objects.exists():
            raise CommandError("There is no demo yet: manage.py demo loads it.")
        try:
            if resume:
                resume_clock()
            elif to is not None:
                move_clock(to=dt.datetime.fromisoformat(to).replace(tzinfo=clock.SHANGHAI))
        except (ValueError, ClockRunsForward) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{clock.now():%Y-%m-%d %H:%M:%S}")
