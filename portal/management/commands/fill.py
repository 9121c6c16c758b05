"""``manage.py fill --applications 100000``: make very many applications quickly."""

import time
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.fill import CODE, fill
from schedules.models import Schedule

PRESETS = settings.BASE_DIR / "schedules" / "presets"


class Command(BaseCommand):
    """Fill the database, to see how the pages hold up."""

    help = "Make very many invented applications (a test of load; not for a site in use)."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--applications", type=int, default=100_000)
        parser.add_argument(
            "--preset",
            type=Path,
            default=min(PRESETS.glob("*.yaml")),
            help="the schedule whose chain they follow, moved to dates around today",
        )
        parser.add_argument(
            "--yes", action="store_true", help="also on a site that is no demo and no test"
        )

    def handle(self, *, applications: int, preset: Path, yes: bool, **options) -> None:
        if settings.PRODUCTION and not yes:
            raise CommandError("This is no demo and no test. Add --yes to fill it all the same.")
        if applications < 100:
            raise CommandError("At least 100, or not every stage occurs.")
        if Schedule.objects.filter(code=CODE).exists():
            raise CommandError("The database has been filled before.")
        started = time.monotonic()
        filled = fill(applications=applications, preset=preset)
        self.stdout.write(f"{applications} applications in {time.monotonic() - started:.0f} s")
        for kind, desk in filled.desks.items():
            self.stdout.write(f"  {kind}: {desk.organisation} holds {desk.files}")
