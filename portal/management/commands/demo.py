"""``manage.py demo``: load the demo's data, or say who can be played in it."""

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
        parser.add_argument(
            "--reset",
            action="store_true",
            help="throw everything away first (needs DATABASE_ROLE=owner)",
        )

    def handle(self, *, if_empty: bool, accounts: bool, reset: bool, **options) -> None:
        if not settings.DEMO:
            raise CommandError("The demo is loaded in the demo only (DEMO=1).")
        if accounts:
            self._list_accounts()
            return
        if reset:
            if settings.DATABASE_ROLE != "owner":
                raise CommandError("Only the owner may empty the tables: DATABASE_ROLE=owner")
            call_command("flush", interactive=False, verbosity=0)
        elif User.objects.exists():
            if not if_empty:
                raise CommandError("There are people in the database already; see --reset.")
            if DemoClock.objects.exists():
                resume_clock()
            return
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
