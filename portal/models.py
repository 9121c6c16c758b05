"""What only the demo stores: its clock, and who can be played in it."""

import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _


class DemoClock(models.Model):
    """The demo's clock (演示时间): one row.

    It showed ``demo_at`` at the machine's ``real_at`` and runs at the machine's pace since.
    ``seen_at`` is when the running site last noted the machine's time: what lies between
    it and the next start does not count, so that the clock stands while the site does.
    """

    demo_at = models.DateTimeField()
    real_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="demo_clock_is_one_row")
        ]

    def __str__(self) -> str:
        return f"{self.demo_at:%Y-%m-%d %H:%M}"

    @property
    def offset(self) -> dt.timedelta:
        """Return what is to be added to the machine's time."""
        return self.demo_at - self.real_at


class DemoPerson(models.Model):
    """Somebody a visitor of the demo can sign in as, without typing a password."""

    user = models.OneToOneField("accounts.User", on_delete=models.CASCADE, related_name="+")
    group = models.CharField(_("身份"), max_length=60)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["order"]

    def __str__(self) -> str:
        return f"{self.group} {self.user.name}"
