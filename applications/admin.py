"""Applications in Django's admin: to look at, never to change."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from applications.models import Application, RouteStop, Transition
from schedules.models import Schedule


class ReadOnly:
    """Nobody adds, changes or deletes here: state changes through its services only."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RouteStopInline(ReadOnly, admin.TabularInline):
    """The route, with who holds each step and when it was there."""

    model = RouteStop
    fields = ["position", "step", "holder", "reached_at", "opened_at", "left_at"]
    verbose_name_plural = _("流转路线")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RouteStop]:
        return super().get_queryset(request).select_related("step", "holder")


class TransitionInline(ReadOnly, admin.TabularInline):
    """What was done, by whom, when."""

    model = Transition
    fields = ["sequence", "at", "action", "from_step", "to_step", "to_phase", "actor"]
    fields += ["organisation", "reason"]
    verbose_name_plural = _("流转记录")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transition]:
        related = ("from_step", "to_step", "actor", "organisation")
        return super().get_queryset(request).select_related(*related)


class ScheduleFilter(admin.SimpleListFilter):
    """By schedule, without looking at every application."""

    title = _("年度安排")
    parameter_name = "schedule"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(schedule.pk), str(schedule)) for schedule in Schedule.objects.all()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(schedule=self.value()) if self.value() else queryset


@admin.register(Application)
class ApplicationAdmin(ReadOnly, admin.ModelAdmin):
    """One application: where it stands, its route, its history."""

    list_display = ["number", "applicant_name", "open_title", "phase", "step", "holder", "due_at"]
    list_filter = [ScheduleFilter, "phase"]
    list_select_related = ["applicant", "open_title__title", "step", "holder"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["number__startswith"]
    search_help_text = _("申报编号")
    inlines = [RouteStopInline, TransitionInline]
    fields = [
        *("number", "applicant_name", "schedule", "track", "open_title", "employer"),
        *("personnel_agency", "phase", "step", "holder", "due_at", "clears_at"),
        *("correction_due_at", "extended_until", "submissions", "submitted_at"),
        *("accepted_at", "registered_at", "ended_at"),
    ]
    readonly_fields = ["applicant_name"]

    @admin.display(description=_("申报人"))
    def applicant_name(self, application: Application) -> str:
        return application.applicant.name
