"""Configuration of the portal app."""

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_delete, post_migrate, post_save
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    """Pages that must see several apps at once: front page, dashboards, demo."""

    name = "portal"
    verbose_name = _("门户")

    def ready(self) -> None:
        from portal.selectors import forget_support
        from portal.staff import grant_staff_rights
        from schedules.models import Schedule, ScheduleLink

        for model in (Schedule, ScheduleLink):
            post_save.connect(forget_support, sender=model)
            post_delete.connect(forget_support, sender=model)

        post_migrate.connect(grant_staff_rights)
        if settings.DEMO:
            from portal.demo.clock import install

            install()
