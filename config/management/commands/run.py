"""``manage.py run``: the whole site in one command."""

import os

from django.core.management.base import BaseCommand, CommandError

from config.supervisor import CannotRun, Supervisor


class Command(BaseCommand):
    """Start PostgreSQL, Redis, web, worker and beat; stop them together."""

    help = "Start the whole site on 127.0.0.1; the environment variable PORT chooses the port."
    # The children check; a check here would only cost their time once more.
    requires_system_checks = ()

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--empty", action="store_true", help="load no demo data into an empty database"
        )

    def handle(self, *, empty: bool, **options) -> None:
        port = os.environ.get("PORT", "8000")
        if not (port.isdecimal() and 0 < int(port) < 65536):
            raise CommandError(f"PORT is a number from 1 to 65535, not {port!r}.")
        try:
            Supervisor(port=int(port), say=self._say, load_demo=not empty).run()
        except CannotRun as error:
            raise CommandError(str(error)) from error

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
