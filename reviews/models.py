"""Administrative review (审核): item checks, opinions, and what must be corrected."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from applications.models import Application, RouteStop, Snapshot, Transition
from core.models import AppendOnlyModel, BaseModel
from organisations.models import Organisation


class Verdict(models.TextChoices):
    """What an officer found at one item."""

    CORRECT = "correct", _("属实")
    DEFICIENT = "deficient", _("有问题")


class ItemCheck(BaseModel):
    """An office's finding on one item of a submitted form (逐项审核).

    ``entry_id`` is the public id of the entry within the snapshot; empty: the section as a
    whole. Findings are working notes of the office until it decides.
    """

    application = models.ForeignKey(Application, related_name="checks", on_delete=models.CASCADE)
    stop = models.ForeignKey(RouteStop, related_name="checks", on_delete=models.CASCADE)
    snapshot = models.ForeignKey(Snapshot, related_name="+", on_delete=models.PROTECT)
    section = models.CharField(max_length=40)
    entry_id = models.CharField(max_length=12, blank=True)
    verdict = models.CharField(max_length=12, choices=Verdict)
    comment = models.TextField(_("说明"), blank=True)
    checked_by = models.ForeignKey("accounts.User", related_name="+", on_delete=models.PROTECT)
    checked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stop", "snapshot", "section", "entry_id"], name="item_checked_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.section} {self.verdict}"


class Opinion(AppendOnlyModel):
    """An office's written opinion (推荐意见), given with a decision; printed on the forms."""

    application = models.ForeignKey(Application, related_name="opinions", on_delete=models.PROTECT)
    transition = models.OneToOneField(Transition, related_name="opinion", on_delete=models.PROTECT)
    step_name = models.CharField(max_length=80)
    organisation = models.ForeignKey(Organisation, related_name="+", on_delete=models.PROTECT)
    author = models.ForeignKey("accounts.User", related_name="+", on_delete=models.PROTECT)
    text = models.TextField()
    given_at = models.DateTimeField()

    class Meta:
        ordering = ["given_at", "id"]

    def __str__(self) -> str:
        return f"{self.step_name}: {self.organisation}"


class CorrectionNotice(BaseModel):
    """A return for correction: everything that must be corrected, told at once (C33, B21)."""

    application = models.ForeignKey(
        Application, related_name="correction_notices", on_delete=models.PROTECT
    )
    transition = models.OneToOneField(
        Transition, related_name="correction_notice", on_delete=models.PROTECT
    )
    snapshot = models.ForeignKey(Snapshot, related_name="+", on_delete=models.PROTECT)
    organisation = models.ForeignKey(Organisation, related_name="+", on_delete=models.PROTECT)
    text = models.TextField(_("总体说明"), blank=True)
    due_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.application}: {self.organisation}"


class Deficiency(models.Model):
    """One thing to correct, in one section or one entry of it."""

    notice = models.ForeignKey(
        CorrectionNotice, related_name="deficiencies", on_delete=models.CASCADE
    )
    section = models.CharField(max_length=40)
    entry_id = models.CharField(max_length=12, blank=True)
    text = models.TextField(_("须补正的内容"))
    is_material = models.BooleanField(_("属重大变化"), default=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text
