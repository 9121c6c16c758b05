"""The one table of the bare project."""

from django.conf import settings
from django.db import models


class Row(models.Model):
    """A row of the list."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
    number = models.CharField(max_length=20)
    title = models.CharField(max_length=60)
    due_at = models.DateTimeField()

    class Meta:
        app_label = "bare"
        indexes = [models.Index(fields=["owner", "due_at"])]

    def __str__(self) -> str:
        return self.number
