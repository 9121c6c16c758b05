"""Public notices of an application and the objections to them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from applications.models import Application, Snapshot
from core.fields import EncryptedCharField, EncryptedTextField
from core.identifiers import secret_token
from core.models import BaseModel
from organisations.models import Organisation


class NoticeStatus(models.TextChoices):
    """Whether a notice is posted, and how it ended."""

    POSTED = "posted", _("公示中")
    ENDED = "ended", _("公示期满")
    TAKEN_DOWN = "taken_down", _("已撤下")


class Notice(BaseModel):
    """The employer's public notice (公示) of one application, and its lock (B11, C23–C25).

    The day of posting is not counted. ``clears_at`` is 00:00 of the day after the last
    working day; it is fixed when the notice is posted and nothing shortens it. ``content``
    is exactly what the notice shows; ``content_digest`` tells whether a resubmitted form
    needs a new notice. ``token`` is the address of its unlisted page.
    """

    application = models.ForeignKey(Application, related_name="notices", on_delete=models.PROTECT)
    organisation = models.ForeignKey(Organisation, related_name="+", on_delete=models.PROTECT)
    snapshot = models.ForeignKey(Snapshot, related_name="+", on_delete=models.PROTECT)
    content = models.JSONField()
    content_digest = models.CharField(max_length=64)
    token = models.CharField(max_length=24, unique=True, default=secret_token)
    status = models.CharField(max_length=12, choices=NoticeStatus, default=NoticeStatus.POSTED)
    posted_at = models.DateTimeField()
    working_days = models.PositiveSmallIntegerField()
    last_day_on = models.DateField()
    clears_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("公示")
        verbose_name_plural = _("公示")
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=Q(status="posted"), name="notice_posted_once"
            ),
            models.CheckConstraint(
                condition=Q(working_days__gte=5), name="notice_runs_at_least_five_days"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} {self.posted_at:%Y-%m-%d}"

    @property
    def has_blocking_objection(self) -> bool:
        """Say whether an objection is open or upheld."""
        return self.objections.exclude(status=ObjectionStatus.UNFOUNDED).exists()


class ObjectionStatus(models.TextChoices):
    """Where the investigation of an objection stands."""

    OPEN = "open", _("调查中")
    UNFOUNDED = "unfounded", _("核查无问题")
    UPHELD = "upheld", _("异议成立")


class Objection(BaseModel):
    """An objection (异议) to a notice. Its author is hidden from the applicant."""

    notice = models.ForeignKey(Notice, related_name="objections", on_delete=models.PROTECT)
    author_name = EncryptedCharField(_("您的姓名"), blank=True)
    author_telephone = EncryptedCharField(_("联系电话"), blank=True)
    text = EncryptedTextField(_("异议内容"))
    status = models.CharField(max_length=12, choices=ObjectionStatus, default=ObjectionStatus.OPEN)
    raised_at = models.DateTimeField()
    finding = models.TextField(_("调查结论"), blank=True)
    decided_by = models.ForeignKey(
        "accounts.User", related_name="+", null=True, on_delete=models.PROTECT
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("异议")
        verbose_name_plural = _("异议")
        ordering = ["raised_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open") | Q(decided_at__isnull=False),
                name="objection_decided_has_its_instant",
            )
        ]

    def __str__(self) -> str:
        return f"{self.notice}: {self.get_status_display()}"
