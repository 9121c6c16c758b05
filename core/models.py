"""Base models. No domain models live in ``core``."""

from django.db import models

from core.identifiers import public_id


class BaseModel(models.Model):
    """A row with an identifier that may stand in a URL, and its times of writing."""

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class AppendOnlyModel(models.Model):
    """A row that is written once.

    Its table refuses UPDATE and DELETE: a row trigger (``core.triggers``) for every
    role, and the grants given after a migration for the site's own.
    """

    class Meta:
        abstract = True
