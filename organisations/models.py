"""Organisations, who supervises them, and who acts for them."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase
from simple_history.models import HistoricalRecords

from core.models import BaseModel
from core.validators import validate_credit_code


class OrganisationKind(models.TextChoices):
    """What an organisation is in the chain (C7)."""

    EMPLOYER = "employer", _("用人单位")
    DISTRICT_AUTHORITY = "district_authority", _("区县主管部门")
    MUNICIPAL_AUTHORITY = "municipal_authority", _("市级主管部门")
    PERSONNEL_AGENCY = "personnel_agency", _("人事代理机构")
    DISTRICT_TITLE_OFFICE = "district_title_office", _("区县职改办")
    MUNICIPAL_BUREAU = "municipal_bureau", _("市级人力社保局（职改办）")
    SERVICE_AGENCY = "service_agency", _("评审服务机构")
    COMMITTEE_OFFICE = "committee_office", _("评委会办公室")


class Organisation(BaseModel):
    """An employer or an office (单位、机构): whoever can hold a file.

    ``supervisor`` is the next organisation up the line of supervision (隶属关系), from
    which the route of an application follows.
    """

    name = models.CharField(_("名称"), max_length=120)
    name_ngrams = ArrayField(models.CharField(max_length=2), editable=False, default=list)
    kind = models.CharField(_("类别"), max_length=30, choices=OrganisationKind)
    credit_code = models.CharField(
        _("统一社会信用代码"),
        max_length=18,
        unique=True,
        null=True,
        blank=True,
        validators=[validate_credit_code],
    )
    supervisor = models.ForeignKey(
        "self",
        verbose_name=_("主管部门"),
        related_name="supervised",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
    )
    contact_name = models.CharField(_("联系人"), max_length=80, blank=True)
    contact_telephone = models.CharField(_("联系电话"), max_length=40, blank=True)
    address = models.CharField(_("地址"), max_length=200, blank=True)
    is_active = models.BooleanField(_("启用"), default=True)

    history = HistoricalRecords(excluded_fields=["name_ngrams"])

    class Meta:
        verbose_name = _("单位或机构")
        verbose_name_plural = _("单位与机构")
        permissions = [
            ("view_applications", _("查看申报")),
            ("review_applications", _("逐项审核")),
            ("decide_applications", _("审核通过、退回或不予推荐")),
            ("take_payments", _("现场收费")),
            ("administer_organisation", _("管理单位人员")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(supervisor=F("id")), name="organisation_not_its_own_supervisor"
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "name"]),
            GinIndex(fields=["name_ngrams"], name="organisation_name_ngrams"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs) -> None:
        """Save, with the pairs of characters by which the name is searched."""
        self.credit_code = self.credit_code or None
        self.name_ngrams = ngrams(self.name)
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Refuse a line of supervision that leads back to itself."""
        seen = {self.pk}
        above = self.supervisor
        while above is not None:
            if above.pk in seen:
                raise ValidationError({"supervisor": _("隶属关系不能形成循环。")})
            seen.add(above.pk)
            above = above.supervisor

    def line_of_supervision(self) -> list["Organisation"]:
        """Return the organisations above this one, nearest first."""
        line: list[Organisation] = []
        above = self.supervisor
        while above is not None and above not in line:
            line.append(above)
            above = above.supervisor
        return line


def ngrams(text: str) -> list[str]:
    """Return the sorted distinct characters and pairs of characters of ``text``."""
    text = "".join(text.split()).lower()
    return sorted(set(text) | {text[i : i + 2] for i in range(len(text) - 1)})


class Role(models.TextChoices):
    """What a person may do for an organisation."""

    READER = "reader", _("查看人员")
    REVIEWER = "reviewer", _("审核人员")
    APPROVER = "approver", _("审批人员")
    ADMINISTRATOR = "administrator", _("单位管理员")
    COUNTER_CLERK = "counter_clerk", _("收费窗口人员")


class Membership(BaseModel):
    """A person's role in an organisation, from a day to a day.

    The truth about who may act; the grants of django-guardian follow it
    (``organisations.services``).
    """

    user = models.ForeignKey(
        "accounts.User",
        related_name="memberships",
        on_delete=models.CASCADE,
        verbose_name=_("用户"),
    )
    organisation = models.ForeignKey(
        Organisation, related_name="memberships", on_delete=models.CASCADE, verbose_name=_("单位")
    )
    role = models.CharField(_("角色"), max_length=20, choices=Role)
    starts_on = models.DateField(_("起始日期"), null=True, blank=True)
    ends_on = models.DateField(_("截止日期"), null=True, blank=True, help_text=_("含当日"))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("人员")
        verbose_name_plural = _("人员")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role"], name="membership_once_per_role"
            ),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                name="membership_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user.name} · {self.organisation} · {self.get_role_display()}"


class OrganisationUserObjectPermission(UserObjectPermissionBase):
    """A grant of django-guardian on an organisation, by a direct foreign key."""

    content_object = models.ForeignKey(Organisation, on_delete=models.CASCADE)


class OrganisationGroupObjectPermission(GroupObjectPermissionBase):
    """Required by django-guardian beside the one for users; holds no rows."""

    content_object = models.ForeignKey(Organisation, on_delete=models.CASCADE)
