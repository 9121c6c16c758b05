"""``manage.py load_schedule FILE``: load a year's notice from a YAML file."""

from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from schedules import loader
from schedules.services import publish_schedule


class Command(BaseCommand):
    """Load or update a schedule; see docs/schedules.md for the format."""

    help = "Load a schedule from a YAML file (docs/schedules.md); again to bring it up to date."

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--publish", action="store_true", help="check it and show it to applicants"
        )

    def handle(self, *, file: Path, publish: bool, **options) -> None:
        try:
            schedule = loader.load_schedule(file)
            if publish:
                publish_schedule(schedule=schedule)
        except loader.ScheduleFileError as error:
            raise CommandError("\n".join([str(file), *error.faults])) from error
        except ValidationError as error:
            raise CommandError("\n".join([str(file), *error.messages])) from error
        steps = sum(track.steps.count() for track in schedule.tracks.all())
        self.stdout.write(f"{schedule.name}（{schedule.code}）：{steps} 个环节")
        if schedule.assumptions:
            self.stdout.write("通知未载明、由文件设定的事项：")
            for item in schedule.assumptions:
                self.stdout.write(f"  {item['path']} = {item['value']}　{item['note']}")
