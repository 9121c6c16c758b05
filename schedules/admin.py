"""The year's notices and the calendar in Django's admin."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Max, Min
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from core.admin import HistoryAdmin
from core.templatetags.zhicheng import instant_cn, until_cn, until_short
from schedules import forms
from schedules.models import (
    CalendarDay,
    CalendarYear,
    OpenTitle,
    Schedule,
    ScheduleLink,
    Step,
    Title,
    Track,
)
from schedules.services import (
    announce_change,
    publish_schedule,
    retract_schedule,
    sets_deadlines,
)


def _used(schedule: Schedule | None) -> bool:
    return bool(schedule and schedule.pk and schedule.applications.exists())


def _for_use(form: type, *, is_used: bool) -> type:
    """Return the form class for one request: with fixed fields where people have applied."""
    return type(form.__name__, (form,), {"is_used": is_used})


def _changed_fields(formset: Any, model: type) -> list[list[str]]:
    """Return the names of changed fields of each changed row of this model."""
    return [names for _row, names in formset.changed_objects] if formset.model is model else []


class ScheduleLinkInline(admin.StackedInline):
    """Manuals, forwarding notices, documents it is based on."""

    model = ScheduleLink
    extra = 0
    classes = ["collapse"]
    fields = [("kind", "order"), "title", ("issuing_body", "document_number"), "contact", "url"]
    fields += ["body"]


class TrackInline(admin.TabularInline):
    """The tracks, each with a page of its own."""

    model = Track
    extra = 0
    fields = ["order", "code", "name"]
    show_change_link = True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _used(obj)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> type:
        kwargs["form"] = _for_use(forms.TrackForm, is_used=_used(obj))
        return super().get_formset(request, obj, **kwargs)


@admin.register(Schedule)
class ScheduleAdmin(HistoryAdmin):
    """A year's notice: its facts, its whole chain at a glance, its tracks."""

    list_display = ["name", "year", "document_number", "status", "period"]
    list_filter = ["status", "year"]
    search_fields = ["name", "code", "document_number", "issuing_body"]
    list_per_page = 50
    actions = ["publish", "retract"]
    inlines = [TrackInline, ScheduleLinkInline]
    readonly_fields = ["status", "chain", "assumed"]
    change_form_template = "admin/schedules/schedule/change_form.html"
    fieldsets = [
        (None, {"fields": ["name", ("code", "year", "status"), "chain"]}),
        (
            _("通知"),
            {
                "fields": [
                    ("issuing_body", "document_number"),
                    "legal_basis",
                    "scope",
                    "is_public",
                    ("registration_opens_on", "registration_closes_on"),
                    "support_contact",
                    "notes",
                ]
            },
        ),
        (_("规则"), {"fields": [("publicity_working_days", "one_live_application"), "assumed"]}),
    ]

    class Media:
        css = {"all": ["css/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super()
            .get_queryset(request)
            .annotate(
                first_opens_at=Min("tracks__steps__opens_at"),
                last_closes_at=Max("tracks__steps__closes_at"),
            )
        )

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> type:
        kwargs["form"] = _for_use(forms.ScheduleForm, is_used=_used(obj))
        return super().get_form(request, obj, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _used(obj)

    @admin.display(description=_("起止"), ordering="first_opens_at")
    def period(self, schedule: Schedule) -> str:
        if schedule.first_opens_at is None:
            return "—"
        return f"{instant_cn(schedule.first_opens_at)} – {until_cn(schedule.last_closes_at)}"

    @admin.display(description=_("环节一览"))
    def chain(self, schedule: Schedule) -> str:
        """Show every step of every track; a step's name leads to where it is edited."""
        if schedule.pk is None:
            return _("保存之后，在下方“申报通道”中逐个填写环节和职称。")
        tracks = schedule.tracks.prefetch_related("steps", "open_titles__title")
        return format_html_join("", "{}", ((_chain_table(track),) for track in tracks)) or "—"

    @admin.display(description=_("通知未载明的事项"))
    def assumed(self, schedule: Schedule) -> str:
        items = ((item.get("note", ""), item.get("path", "")) for item in schedule.assumptions)
        line = '<li>{} <code class="help">{}</code></li>'
        return format_html('<ul class="plain">{}</ul>', format_html_join("", line, items)) or "—"

    @admin.action(description=_("发布所选的年度安排"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: Any) -> None:
        for schedule in queryset:
            self._attempt(request, schedule, publish_schedule, _("已发布“%s”。"))

    @admin.action(description=_("撤回发布"), permissions=["change"])
    def retract(self, request: HttpRequest, queryset: Any) -> None:
        for schedule in queryset:
            self._attempt(request, schedule, retract_schedule, _("已撤回“%s”。"))

    def _attempt(self, request: HttpRequest, schedule: Schedule, service, done: Any) -> None:
        try:
            service(schedule=schedule)
        except ValidationError as error:
            for fault in error.messages:
                self.message_user(request, f"{schedule}：{fault}", messages.ERROR)
        else:
            self.message_user(request, done % schedule, messages.SUCCESS)

    def response_change(self, request: HttpRequest, obj: Schedule) -> HttpResponse:
        if "_publish" in request.POST:
            request.POST = request.POST | {"_continue": "1"}
            self._attempt(request, obj, publish_schedule, _("已发布“%s”。"))
        return super().response_change(request, obj)

    def save_related(self, request: HttpRequest, form, formsets, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if sets_deadlines(Schedule, form.changed_data):
            announce_change(form.instance)


def _chain_table(track: Track) -> str:
    titles = "、".join(str(open_title) for open_title in track.open_titles.all())
    url = reverse("admin:schedules_track_change", args=[track.pk])
    rows = format_html_join(
        "",
        '<tr><th scope="row"><a href="{}#steps-heading">{}</a></th>'
        "<td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        (
            (
                url,
                str(step),
                step.stage if step.stage != step.name else "",
                instant_cn(step.opens_at),
                until_short(step.closes_at),
                _correction_text(step),
            )
            for step in track.steps.all()
        ),
    )
    return format_html(
        '<table class="chain"><caption><a href="{}">{}</a> {}</caption><thead><tr><th>{}</th>'
        "<th>{}</th><th>{}</th><th>{}</th><th>{}</th></tr></thead><tbody>{}</tbody></table>",
        url,
        track.name,
        titles,
        _("环节"),
        _("阶段"),
        _("开始"),
        _("截止"),
        _("补正期限"),
        rows,
    )


def _correction_text(step: Step) -> str:
    if step.correction_closes_at:
        return until_short(step.correction_closes_at)
    return step.get_correction_until_display()


class StepInline(admin.StackedInline):
    """The chain of steps, one below the other on the track's page."""

    model = Step
    formset = forms.StepFormSet
    extra = 0
    ordering = ["order"]
    show_change_link = True
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("order", "code", "kind"),
                    ("name", "stage"),
                    ("opens_at", "closes_at"),
                    ("advisory_on", "advisory_note"),
                    "holders",
                    "is_optional",
                    "action_labels",
                ]
            },
        ),
        (
            _("退回补正"),
            {
                "fields": [
                    ("correction_until", "correction_days"),
                    ("correction_closes_at", "correction_review_closes_at"),
                    ("is_notified_once", "needs_new_notice_when_material"),
                ],
                "classes": ["collapse"],
            },
        ),
        (_("其他"), {"fields": ["ranks", "settings"], "classes": ["collapse"]}),
    ]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and not _used(obj and obj.schedule)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _used(obj and obj.schedule)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> type:
        kwargs["form"] = _for_use(forms.StepForm, is_used=_used(obj and obj.schedule))
        return super().get_formset(request, obj, **kwargs)


class OpenTitleInline(admin.TabularInline):
    """The titles open in a track, with fee and offices."""

    model = OpenTitle
    extra = 0
    autocomplete_fields = ["title", "committee_office", "agency", "results_publisher"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Leave out the buttons beside each choice: five columns stand in one row."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        for button in ("add", "change", "delete", "view"):
            if hasattr(field, "widget") and hasattr(field.widget, f"can_{button}_related"):
                setattr(field.widget, f"can_{button}_related", False)
        return field

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _used(obj and obj.schedule)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> type:
        kwargs["form"] = _for_use(forms.OpenTitleForm, is_used=_used(obj and obj.schedule))
        return super().get_formset(request, obj, **kwargs)


@admin.register(Track)
class TrackAdmin(HistoryAdmin):
    """A track: its titles and its whole chain of steps on one page."""

    list_display = ["name", "schedule", "order"]
    list_filter = ["schedule"]
    list_select_related = ["schedule"]
    search_fields = ["name", "code", "schedule__name"]
    autocomplete_fields = ["schedule"]
    inlines = [OpenTitleInline, StepInline]
    fieldsets = [
        (None, {"fields": ["schedule", ("name", "code", "order"), "eligibility_claim"]}),
        (
            _("表单要求"),
            {"fields": ["required_sections", "evidence_rules"], "classes": ["collapse"]},
        ),
    ]

    class Media:
        css = {"all": ["css/admin.css"]}

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> type:
        kwargs["form"] = _for_use(forms.TrackForm, is_used=_used(obj and obj.schedule))
        kwargs["labels"] = {"schedule": _("年度安排")}
        return super().get_form(request, obj, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _used(obj and obj.schedule)

    def save_related(self, request: HttpRequest, form, formsets, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        changed = (names for formset in formsets for names in _changed_fields(formset, Step))
        if any(sets_deadlines(Step, names) for names in changed):
            announce_change(form.instance.schedule)


@admin.register(Step)
class StepAdmin(HistoryAdmin):
    """One step by itself, for its history; it is edited on its track's page as well."""

    fieldsets = StepInline.fieldsets

    class Media:
        css = {"all": ["css/admin.css"]}

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False  # reached from the track, not from the index

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        used = _used(obj and obj.track.schedule)
        return super().has_delete_permission(request, obj) and not used

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> type:
        kwargs["form"] = _for_use(forms.StepForm, is_used=_used(obj and obj.track.schedule))
        return super().get_form(request, obj, **kwargs)

    def save_related(self, request: HttpRequest, form, formsets, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if sets_deadlines(Step, form.changed_data):
            announce_change(form.instance.track.schedule)


@admin.register(Title)
class TitleAdmin(HistoryAdmin):
    """Professional titles: series × specialty × rank."""

    list_display = ["name", "series", "specialty", "rank", "code"]
    list_filter = ["rank", "series"]
    search_fields = ["name", "series", "specialty", "code"]
    list_per_page = 50


@admin.register(CalendarYear)
class CalendarYearAdmin(HistoryAdmin):
    """Years whose holidays the administrator has entered."""

    list_display = ["year", "source"]


@admin.register(CalendarDay)
class CalendarDayAdmin(HistoryAdmin):
    """Days that the administrator declares working or not."""

    list_display = ["date", "is_working", "note"]
    list_filter = ["is_working"]
    date_hierarchy = "date"
    search_fields = ["note"]
