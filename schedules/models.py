"""The year as data: schedules, tracks, steps, titles, and the calendar.

Nothing about any one notice is in code: a notice is a :class:`Schedule` with its
:class:`Track`, :class:`Step` and :class:`OpenTitle` rows, loaded from a file
(``schedules/presets``) or typed in by the bureau's staff in the admin.
"""

import datetime as dt
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from core.models import BaseModel
from organisations.models import Organisation, OrganisationKind
from schedules import kinds


class CalendarYear(models.Model):
    """A year whose public holidays the administrator confirms to be entered.

    Needed only for years that the public-holiday library does not know yet: a year that
    is not announced is never guessed.
    """

    year = models.PositiveSmallIntegerField(_("年份"), unique=True)
    source = models.CharField(
        _("依据"), max_length=200, help_text=_("如：国务院办公厅放假通知文号")
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("放假安排年份")
        verbose_name_plural = _("放假安排年份")
        ordering = ["-year"]

    def __str__(self) -> str:
        return str(self.year)


class CalendarDay(models.Model):
    """A day that the administrator declares working or not, over any other source."""

    date = models.DateField(_("日期"), unique=True)
    is_working = models.BooleanField(_("工作日"))
    note = models.CharField(_("说明"), max_length=100, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("日历调整")
        verbose_name_plural = _("日历调整")
        ordering = ["date"]

    def __str__(self) -> str:
        return f"{self.date}: {_('工作日') if self.is_working else _('非工作日')}"


class Rank(models.TextChoices):
    """Rank of a title (级别). 高级 spans the two senior ones."""

    FULL_SENIOR = "full_senior", _("正高级")
    ASSOCIATE_SENIOR = "associate_senior", _("副高级")
    INTERMEDIATE = "intermediate", _("中级")
    JUNIOR = "junior", _("初级")


class Title(models.Model):
    """A professional title (职称): series × specialty × rank, e.g. 正高级工程师."""

    code = models.SlugField(_("代码"), max_length=60, unique=True)
    name = models.CharField(_("名称"), max_length=60)
    series = models.CharField(_("系列"), max_length=60)
    specialty = models.CharField(_("专业"), max_length=60, blank=True)
    rank = models.CharField(_("级别"), max_length=20, choices=Rank)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("职称")
        verbose_name_plural = _("职称")
        ordering = ["series", "rank", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "specialty", "rank", "name"], name="title_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ScheduleStatus(models.TextChoices):
    """Whether applicants can see a schedule."""

    DRAFT = "draft", _("草稿")
    PUBLISHED = "published", _("已发布")


class Schedule(BaseModel):
    """A year's notice (年度申报通知) as data: B1, C1–C4."""

    code = models.SlugField(_("代码"), max_length=60, unique=True)
    name = models.CharField(_("名称"), max_length=120)
    year = models.PositiveSmallIntegerField(_("年度"))
    issuing_body = models.CharField(_("发文机关"), max_length=120)
    document_number = models.CharField(_("文号"), max_length=60)
    legal_basis = models.TextField(_("依据"), blank=True)
    scope = models.TextField(_("适用范围"), blank=True)
    is_public = models.BooleanField(_("公开发布"), default=True)  # C49
    status = models.CharField(
        _("状态"), max_length=20, choices=ScheduleStatus, default=ScheduleStatus.DRAFT
    )
    publicity_working_days = models.PositiveSmallIntegerField(
        _("公示工作日数"), default=5, validators=[MinValueValidator(5)]
    )  # B11, C23: not fewer than five
    one_live_application = models.BooleanField(_("每人限报一项"), default=True)
    registration_opens_on = models.DateField(_("注册开始（建议）"), null=True, blank=True)  # C8
    registration_closes_on = models.DateField(_("注册截止（建议）"), null=True, blank=True)
    support_contact = models.CharField(_("技术支持"), max_length=120, blank=True)  # C48
    notes = models.TextField(_("给申报人的说明"), blank=True)
    assumptions = models.JSONField(
        _("通知未载明的事项"),
        default=list,
        blank=True,
        help_text=_("通知没有写明、由管理员设定的各项及其取值。"),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("年度安排")
        verbose_name_plural = _("年度安排")
        ordering = ["-year", "code"]

    def __str__(self) -> str:
        return self.name


class ScheduleLink(models.Model):
    """A document beside a schedule: manual (C45) or forwarding note (C1, C4)."""

    class Kind(models.TextChoices):
        MANUAL = "manual", _("操作手册")
        FORWARDING = "forwarding", _("转发通知")
        BASIS = "basis", _("依据文件")

    schedule = models.ForeignKey(Schedule, related_name="links", on_delete=models.CASCADE)
    kind = models.CharField(_("类别"), max_length=20, choices=Kind)
    title = models.CharField(_("标题"), max_length=160)
    document_number = models.CharField(_("文号"), max_length=60, blank=True)
    issuing_body = models.CharField(_("发文机关"), max_length=120, blank=True)
    contact = models.CharField(_("联系方式"), max_length=120, blank=True)
    url = models.CharField(_("链接"), max_length=300, blank=True)
    body = models.TextField(_("内容"), blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("文件")
        verbose_name_plural = _("文件")
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.title


class Track(BaseModel):
    """A way through a schedule (申报通道) for a set of titles, with one chain of steps."""

    schedule = models.ForeignKey(Schedule, related_name="tracks", on_delete=models.CASCADE)
    code = models.SlugField(_("代码"), max_length=60)
    name = models.CharField(_("名称"), max_length=120)
    order = models.PositiveSmallIntegerField(_("顺序"), default=0)
    eligibility_claim = models.TextField(
        _("申报人须声明的资格"), blank=True, help_text=_("留空表示无需声明。")
    )  # B3
    required_sections = models.JSONField(
        _("必填部分"),
        default=list,
        blank=True,
        help_text=_("表单各部分的代码；留空表示按默认。"),
    )
    evidence_rules = models.JSONField(
        _("佐证材料要求"),
        default=dict,
        blank=True,
        help_text=_("部分代码 → {min_files, max_files, max_bytes, max_pages, kinds}。"),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("申报通道")
        verbose_name_plural = _("申报通道")
        ordering = ["order", "id"]
        constraints = [models.UniqueConstraint(fields=["schedule", "code"], name="track_code_once")]

    def __str__(self) -> str:
        return f"{self.schedule} · {self.name}"


class OpenTitle(BaseModel):
    """A title that is open for application in a track, with what belongs to it there.

    Committee office, agency, fee (yuan) and who publishes the results belong to the title.
    """

    track = models.ForeignKey(Track, related_name="open_titles", on_delete=models.CASCADE)
    title = models.ForeignKey(Title, on_delete=models.PROTECT, verbose_name=_("职称"))
    committee_office = models.ForeignKey(
        Organisation,
        verbose_name=_("评委会办公室"),
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
    )
    agency = models.ForeignKey(
        Organisation,
        verbose_name=_("评审服务机构"),
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
    )
    results_publisher = models.ForeignKey(
        Organisation,
        verbose_name=_("结果公示单位"),
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
    )
    fee = models.DecimalField(
        _("评审费（元）"),
        max_digits=8,
        decimal_places=2,
        default=Decimal("0"),
        validators=[MinValueValidator(0)],
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("开放的职称")
        verbose_name_plural = _("开放的职称")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["track", "title"], name="open_title_once_per_track")
        ]

    def __str__(self) -> str:
        return self.title.name


class HolderRule(models.TextChoices):
    """How the organisation that holds a step is found for one application."""

    EMPLOYER = "employer", _("用人单位（无单位者为其人事代理机构）")
    PERSONNEL_AGENCY = "personnel_agency", _("申报人的人事代理机构")
    SUPERVISOR = "supervisor", _("隶属关系上的某类主管")
    TITLE_AGENCY = "title_agency", _("该职称的评审服务机构")
    COMMITTEE_OFFICE = "committee_office", _("该职称的评委会办公室")


class CorrectionUntil(models.TextChoices):
    """When a file that a step returned must be resubmitted by."""

    NEXT_STAGE_CLOSE = "next_stage_close", _("下一环节截止前，并重新办理各环节")  # C33
    FIXED = "fixed", _("固定时间前，直接交回本环节")  # C34
    DAYS = "days", _("退回后若干日内，直接交回本环节")  # B21


class Step(BaseModel):
    """One step (环节) of a track's chain: who has the turn, from when until when.

    Windows are half-open: a step "by 26 July" has ``closes_at`` 27 July 00:00. Steps that
    share ``stage`` are one stage of the notice (C19–C26: the employer verifies and posts in
    one window): a correction's "next stage" is the next one with another ``stage``.
    """

    track = models.ForeignKey(Track, related_name="steps", on_delete=models.CASCADE)
    order = models.PositiveSmallIntegerField(_("顺序"))
    code = models.SlugField(_("代码"), max_length=60)
    kind = models.CharField(_("类型"), max_length=40)
    name = models.CharField(_("名称"), max_length=80)
    stage = models.CharField(_("阶段"), max_length=80)
    opens_at = models.DateTimeField(_("开始"))
    closes_at = models.DateTimeField(_("截止"), help_text=_("不含该时刻：“26日前”填27日00:00。"))
    advisory_on = models.DateField(
        _("建议完成日期"), null=True, blank=True, help_text=_("只提醒，不强制。")
    )  # B12, B17, C22, C23
    advisory_note = models.CharField(_("建议说明"), max_length=200, blank=True)
    holders = models.JSONField(
        _("办理机构"),
        default=list,
        blank=True,
        help_text=_("依次尝试的规则：[{rule, kind?}]；第一个找到的机构办理。"),
    )
    is_optional = models.BooleanField(
        _("可跳过"), default=False, help_text=_("没有办理机构时跳过；否则拒绝提交。")
    )
    ranks = models.JSONField(_("限于级别"), default=list, blank=True)
    correction_until = models.CharField(
        _("补正期限"), max_length=20, choices=CorrectionUntil, blank=True
    )
    correction_closes_at = models.DateTimeField(_("补正截止"), null=True, blank=True)
    correction_days = models.PositiveSmallIntegerField(_("补正天数"), null=True, blank=True)
    correction_review_closes_at = models.DateTimeField(
        _("补正件审核截止"), null=True, blank=True
    )  # C34
    is_notified_once = models.BooleanField(_("一次性告知"), default=False)  # B21
    needs_new_notice_when_material = models.BooleanField(_("重大变化须重新公示"), default=False)
    action_labels = models.JSONField(
        _("操作名称"), default=dict, blank=True, help_text=_("操作代码 → 通知中的名称。")
    )
    settings = models.JSONField(_("类型设置"), default=dict, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("环节")
        verbose_name_plural = _("环节")
        ordering = ["track", "order"]
        constraints = [
            models.UniqueConstraint(fields=["track", "order"], name="step_order_once"),
            models.UniqueConstraint(fields=["track", "code"], name="step_code_once"),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")), name="step_closes_after_opening"
            ),
            models.CheckConstraint(
                condition=~Q(correction_until="fixed") | Q(correction_closes_at__isnull=False),
                name="step_fixed_correction_has_its_instant",
            ),
            models.CheckConstraint(
                condition=~Q(correction_until="days") | Q(correction_days__isnull=False),
                name="step_correction_days_has_its_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order}. {self.name}"

    @property
    def behaviour(self) -> kinds.StepKind:
        """Return the registered kind of this step."""
        return kinds.get(self.kind)

    def is_open(self, at: dt.datetime) -> bool:
        """Say whether the step's own window contains the instant."""
        return self.opens_at <= at < self.closes_at

    def applies_to(self, rank: str) -> bool:
        """Say whether applications for this rank pass the step."""
        return not self.ranks or rank in self.ranks

    def clean(self) -> None:
        """Refuse what means nothing: unknown kinds, rules, ranks, settings; an empty window."""
        errors: dict[str, list] = {}
        if self.kind not in kinds.codes():
            errors.setdefault("kind", []).append(_("没有这种环节类型。"))
        else:
            errors |= self._faults_of_settings()
        for holder in self.holders:
            rule = holder.get("rule") if isinstance(holder, dict) else None
            if rule not in HolderRule.values:
                errors.setdefault("holders", []).append(_("办理机构规则无效。"))
            elif rule == HolderRule.SUPERVISOR and holder.get("kind") not in OrganisationKind:
                errors.setdefault("holders", []).append(_("“隶属关系”规则须写明机构类别。"))
        if any(rank not in Rank for rank in self.ranks):
            errors.setdefault("ranks", []).append(_("级别无效。"))
        if self.opens_at and self.closes_at and self.closes_at <= self.opens_at:
            errors["closes_at"] = [_("截止时间应当晚于开始时间。")]
        if self.correction_until == CorrectionUntil.FIXED and not self.correction_closes_at:
            errors["correction_closes_at"] = [_("补正期限为固定时间时，须填写补正截止时间。")]
        if self.correction_until == CorrectionUntil.DAYS and not self.correction_days:
            errors["correction_days"] = [_("补正期限按天数时，须填写天数。")]
        if errors:
            raise ValidationError(errors)

    def _faults_of_settings(self) -> dict[str, list]:
        """Return what is wrong with ``settings`` and ``action_labels``, by field."""
        errors: dict[str, list] = {}
        known = self.behaviour.setting_types
        for key, value in self.settings.items():
            if key not in known:
                fault = _("这种类型的环节没有“%s”这项设置。") % key
                errors.setdefault("settings", []).append(fault)
            elif not isinstance(value, known[key][0]):
                errors.setdefault("settings", []).append(_("“%s”的取值类型不对。") % key)
        if not all(isinstance(label, str) and label for label in self.action_labels.values()):
            errors["action_labels"] = [_("操作名称应当是文字。")]
        return errors
