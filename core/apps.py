"""Configuration of the core app."""

from django.apps import AppConfig
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    """Base models, fields, files and documents; no domain models."""

    name = "core"

    def ready(self) -> None:
        from core.grants import grant_to_site

        checks.register(check_encryption_keys)
        post_migrate.connect(grant_to_site, sender=self)


def check_encryption_keys(app_configs, **kwargs) -> list[checks.CheckMessage]:
    """Report malformed keys at start, not at the first person who registers."""
    from core.fields import decrypt, encrypt

    try:
        decrypt(encrypt("key"))
    except ImproperlyConfigured as error:
        return [checks.Critical(str(error), id="core.E002")]
    return []
