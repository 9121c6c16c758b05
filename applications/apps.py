from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApplicationsConfig(AppConfig):
    name = "applications"
    verbose_name = _("申报")

    def ready(self) -> None:
        from applications import (  # noqa: F401 - registers its kinds, forms and tasks
            document_tasks,
            printed_forms,
            receivers,
            step_kinds,
        )
        from schedules.signals import schedule_changed

        schedule_changed.connect(receivers.follow_schedule)
