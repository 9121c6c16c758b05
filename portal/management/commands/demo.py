"""``manage.py demo``: load the demo's data, or say who can be played in it."""

import os
import subprocess
import sys
import time

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from portal.demo.clock import resume_clock
from portal.demo.load import load_demo
from portal.demo.people import PASSWORD
from portal.models import DemoClock, DemoPerson


class Command(BaseCommand):
    """Load invented people, organisations and applications at every stage."""

    help = "Load the demo's data (DEMO=1 only), or list its accounts."

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="load only into an empty database; otherwise let the demo's clock go on",
        )
        parser.add_argument("--accounts", action="store_true", help="list who can be played")
        parser.add_argument("--reset", action="store_true", help="throw everything away first")

    def handle(self, *, if_empty: bool, accounts: bool, reset: bool, **options) -> None:
        if not settings.DEMO:
            raise CommandError("The demo is loaded in the demo only (DEMO=1).")
        if accounts:
            self._list_accounts()
        elif reset or self._was_interrupted():
            self._reset()
        elif not User.objects.exists():
            self._load()
        elif not if_empty:
            raise CommandError("There are people in the database already; see --reset.")
        elif DemoClock.objects.exists():
            resume_clock()

    def _was_interrupted(self) -> bool:
        """Say whether a loading was broken off: the clock is set last."""
        return DemoPerson.objects.exists() and not DemoClock.objects.exists()

    def _reset(self) -> None:
        if settings.DATABASE_ROLE == "owner":
            call_command("flush", interactive=False, verbosity=0)
            self._load()
            return
        # Only the owner of the tables may empty them.
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo", "--reset"]
        result = subprocess.run(command, env=os.environ | {"DATABASE_ROLE": "owner"})
        if result.returncode:
            raise CommandError("The demo could not be loaded.")

    def _load(self) -> None:
        started = time.monotonic()
        load_demo()
        self.stdout.write(f"Demo loaded in {time.monotonic() - started:.0f} s")

    def _list_accounts(self) -> None:
        group = None
        for person in DemoPerson.objects.select_related("user"):
            if person.group != group:
                group = person.group
                self.stdout.write(f"\n{group}")
            self.stdout.write(f"  {person.user.phone}  {person.user.name}  {person.note}")
        self.stdout.write(f"\n所有演示账号的密码：{PASSWORD}")
