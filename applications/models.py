"""The application: its sections, evidence, route, snapshots, transitions and documents."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from applications.workflow import EDITABLE, ENDED, SETTLED, Action, Phase
from core.fields import EncryptedTextField
from core.identifiers import secret_token
from core.models import AppendOnlyModel, BaseModel
from organisations.models import Organisation
from schedules.models import OpenTitle, Schedule, Step, Track


class Application(BaseModel):
    """One person's application for one title in one year's schedule (申报).

    ``step``, ``phase``, ``holder``, ``due_at`` and the other columns under "state" are
    written only by ``applications.services.apply_transition``. ``holder`` is the
    organisation whose turn it is, none when it is the applicant's; ``due_at`` is until
    when; ``next_due_at`` is the instant of the next automatic transition.
    """

    applicant = models.ForeignKey(
        "accounts.User", related_name="applications", on_delete=models.PROTECT
    )
    schedule = models.ForeignKey(Schedule, related_name="applications", on_delete=models.PROTECT)
    track = models.ForeignKey(Track, related_name="+", on_delete=models.PROTECT)
    open_title = models.ForeignKey(
        OpenTitle, related_name="+", on_delete=models.PROTECT, verbose_name=_("申报职称")
    )
    employer = models.ForeignKey(
        Organisation,
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        verbose_name=_("工作单位"),
    )
    personnel_agency = models.ForeignKey(
        Organisation,
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        verbose_name=_("人事代理机构"),
    )
    claims_eligibility = models.BooleanField(_("声明符合通道资格"), default=False)
    number = models.CharField(  # noqa: DJ001 - unique where there is one
        _("申报编号"), max_length=20, unique=True, null=True, editable=False
    )
    content_version = models.PositiveIntegerField(default=0, editable=False)

    # State: see the class docstring.
    step = models.ForeignKey(Step, related_name="+", on_delete=models.PROTECT, editable=False)
    phase = models.CharField(max_length=30, choices=Phase, default=Phase.DRAFT, editable=False)
    holder = models.ForeignKey(
        Organisation, related_name="held", null=True, on_delete=models.PROTECT, editable=False
    )
    version = models.PositiveIntegerField(default=0, editable=False)
    entered_at = models.DateTimeField(null=True, editable=False)
    due_at = models.DateTimeField(null=True, editable=False)
    clears_at = models.DateTimeField(null=True, editable=False)
    next_due_at = models.DateTimeField(null=True, editable=False)
    # A correction: until when the applicant resubmits, and until when and up to which
    # stop of the route the reviews stay open to this file (C33, C34).
    correction_due_at = models.DateTimeField(null=True, editable=False)
    extended_until = models.DateTimeField(null=True, editable=False)
    extended_through = models.PositiveSmallIntegerField(null=True, editable=False)
    new_notice_ordered = models.BooleanField(default=False, editable=False)
    submissions = models.PositiveSmallIntegerField(default=0, editable=False)
    submitted_at = models.DateTimeField(null=True, editable=False)
    accepted_at = models.DateTimeField(null=True, editable=False)
    registered_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("申报")
        verbose_name_plural = _("申报")
        constraints = [
            models.CheckConstraint(
                condition=Q(employer__isnull=False)
                | Q(personnel_agency__isnull=False)
                | Q(phase__in=[Phase.DRAFT, Phase.WITHDRAWN]),
                name="application_submitted_has_employer_or_agency",
            ),
            models.CheckConstraint(
                condition=~Q(
                    phase__in=sorted([*SETTLED, Phase.DRAFT, Phase.RETURNED, Phase.FEE_DUE])
                )
                | Q(holder__isnull=True),
                name="application_no_holder_when_not_an_offices_turn",
            ),
        ]
        indexes = [
            models.Index(fields=["holder", "due_at", "id"], name="application_queue"),
            models.Index(
                fields=["next_due_at"],
                name="application_sweep",
                condition=Q(next_due_at__isnull=False),
            ),
            models.Index(fields=["schedule", "phase", "due_at"], name="application_reminders"),
        ]

    def __str__(self) -> str:
        return self.number or f"draft {self.public_id}"

    @property
    def is_editable(self) -> bool:
        """Say whether the applicant's working copy is open (draft or correction)."""
        return self.phase in EDITABLE

    @property
    def has_ended(self) -> bool:
        """Say whether the application came to an end short of registration."""
        return self.phase in ENDED


class RouteStop(models.Model):
    """A step of one application's route (流转路线) with the organisation that holds it there.

    Fixed at submit; a later change of supervisor leaves it.
    """

    application = models.ForeignKey(Application, related_name="stops", on_delete=models.CASCADE)
    position = models.PositiveSmallIntegerField()
    step = models.ForeignKey(Step, related_name="+", on_delete=models.PROTECT)
    holder = models.ForeignKey(
        Organisation, related_name="stops", null=True, on_delete=models.PROTECT
    )
    reached_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["application", "position"], name="stop_position_once"),
            models.UniqueConstraint(fields=["application", "step"], name="stop_step_once"),
        ]
        indexes = [
            models.Index(
                fields=["holder", "application"],
                name="stop_reached_by_holder",
                condition=Q(reached_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.step.name}"


class SectionEntry(BaseModel):
    """One item of one section of the form (表单条目): a single section has one entry.

    ``data`` holds what was typed, as the section's form names it, even while it is
    incomplete or wrong, so that nothing typed is ever lost; ``is_complete`` says whether
    the section's form accepts it. A removed entry (``removed_at``) can be brought back.
    """

    application = models.ForeignKey(Application, related_name="entries", on_delete=models.CASCADE)
    section = models.CharField(max_length=40)
    position = models.PositiveIntegerField(default=0)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    is_complete = models.BooleanField(default=False)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["section", "position", "id"]
        indexes = [models.Index(fields=["application", "section", "position"])]

    def __str__(self) -> str:
        return f"{self.section} {self.public_id}"


class EvidenceStatus(models.TextChoices):
    """What has been done with an uploaded file."""

    READY = "ready", _("已上传")
    REMOVED = "removed", _("已移除")


class Evidence(BaseModel):
    """A file that proves an item of the form (佐证材料).

    The stored bytes are already upright, shrunk and stripped of metadata. A removed file
    keeps its row and bytes while a snapshot names it.
    """

    application = models.ForeignKey(Application, related_name="evidence", on_delete=models.CASCADE)
    entry = models.ForeignKey(
        SectionEntry, related_name="evidence", null=True, on_delete=models.SET_NULL
    )
    section = models.CharField(max_length=40)
    position = models.PositiveIntegerField(default=0)
    file = models.FileField(upload_to="evidence")
    thumbnail = models.FileField(upload_to="thumbnails", blank=True)
    original_name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField(help_text="bytes")
    pages = models.PositiveSmallIntegerField(default=1)
    sha256 = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=EvidenceStatus, default=EvidenceStatus.READY)

    class Meta:
        ordering = ["section", "position", "id"]
        constraints = [
            # A double click or a replayed upload of the same file to the same item is one file.
            models.UniqueConstraint(
                fields=["application", "section", "entry", "sha256"],
                condition=Q(status="ready"),
                nulls_distinct=False,
                name="evidence_once_per_item",
            )
        ]

    def __str__(self) -> str:
        return self.original_name


class Snapshot(AppendOnlyModel):
    """What was submitted, frozen (申报内容快照).

    ``data`` is ``{"schema": 1, "applied_for": {...}, "sections": {code: [entry, ...]}}``
    with each entry ``{"id", "data", "evidence": [{"id", "name", "sha256", "pages"}]}``;
    ``personal`` is the encrypted JSON of name, identity number and telephone at that time;
    ``sha256`` is over both, canonically serialised.
    """

    application = models.ForeignKey(Application, related_name="snapshots", on_delete=models.PROTECT)
    number = models.PositiveSmallIntegerField()
    data = models.JSONField(encoder=DjangoJSONEncoder)
    personal = EncryptedTextField()
    sha256 = models.CharField(max_length=64)
    taken_at = models.DateTimeField()

    class Meta:
        ordering = ["application", "number"]
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="snapshot_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.application} #{self.number}"


class Transition(AppendOnlyModel):
    """One change of state, written once (流转记录). Holds no personal data.

    ``at`` is the instant that counts (for an automatic one, when it fell due);
    ``recorded_at`` is when the row was written. ``organisation`` is for whom the actor
    acted; on a lapse, in whose hands it lapsed (C44; none: the applicant's).
    """

    application = models.ForeignKey(
        Application, related_name="transitions", on_delete=models.PROTECT
    )
    sequence = models.PositiveIntegerField()
    action = models.CharField(max_length=20, choices=Action)
    from_step = models.ForeignKey(Step, related_name="+", on_delete=models.PROTECT)
    from_phase = models.CharField(max_length=30, choices=Phase)
    to_step = models.ForeignKey(Step, related_name="+", on_delete=models.PROTECT)
    to_phase = models.CharField(max_length=30, choices=Phase)
    actor = models.ForeignKey(
        "accounts.User", related_name="+", null=True, on_delete=models.PROTECT
    )
    organisation = models.ForeignKey(
        Organisation, related_name="+", null=True, on_delete=models.PROTECT
    )
    snapshot = models.ForeignKey(Snapshot, related_name="+", null=True, on_delete=models.PROTECT)
    receipt_number = models.CharField(max_length=30, blank=True)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["application", "sequence"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "sequence"], name="transition_sequence_once"
            )
        ]
        indexes = [models.Index(fields=["organisation", "action", "at"])]

    def __str__(self) -> str:
        return f"{self.application} {self.sequence}: {self.action}"


class Urge(models.Model):
    """The applicant urged whoever holds the file (催办, C43), once a day."""

    application = models.ForeignKey(Application, related_name="urges", on_delete=models.CASCADE)
    organisation = models.ForeignKey(Organisation, related_name="+", on_delete=models.CASCADE)
    urged_on = models.DateField()
    urged_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "urged_on"], name="urge_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.application} {self.urged_on}"


class DocumentKind(models.TextChoices):
    """The printed forms."""

    APPLICATION_FORM = "application_form", _("职称申报信息表")
    COMMITMENT = "commitment", _("诚信承诺书")
    NOTICE_FORM = "notice_form", _("公示表")
    EVALUATION_FORM = "evaluation_form", _("职称评审表")


class DocumentStatus(models.TextChoices):
    """Where the making of a document stands."""

    WAITING = "waiting", _("生成中")
    READY = "ready", _("可下载")
    FAILED = "failed", _("生成失败")


class Document(BaseModel):
    """A PDF of one snapshot and the opinions written on it, rendered once.

    ``basis`` is the digest of what it is made from; asking for the same again gives the
    same row. ``code`` is printed on every page and leads to a page that confirms it.
    """

    application = models.ForeignKey(Application, related_name="documents", on_delete=models.PROTECT)
    kind = models.CharField(max_length=30, choices=DocumentKind)
    snapshot = models.ForeignKey(Snapshot, related_name="+", on_delete=models.PROTECT)
    basis = models.CharField(max_length=64)
    content = EncryptedTextField(blank=True, help_text="JSON of what is printed, frozen")
    code = models.CharField(max_length=24, unique=True, default=secret_token)
    status = models.CharField(max_length=10, choices=DocumentStatus, default=DocumentStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    file = models.FileField(upload_to="documents", blank=True)
    pages = models.PositiveSmallIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    requested_at = models.DateTimeField()
    rendered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "kind", "basis"], name="document_once_per_basis"
            )
        ]
        indexes = [
            models.Index(
                fields=["requested_at"],
                name="document_waiting",
                condition=Q(status="waiting"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.application}"
