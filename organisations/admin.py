"""Organisations and their people in Django's admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin import HistoryAdmin
from organisations.models import Membership, Organisation, ngrams
from organisations.services import sync_grants


class MembershipForm(forms.ModelForm):
    """A person's role; the person of a role that was given stays."""

    class Meta:
        model = Membership
        fields = ["user", "role", "starts_on", "ends_on"]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "user" in self.fields:
            self.fields["user"].disabled = True


class MembershipInline(admin.TabularInline):
    """Who acts for the organisation, from when until when."""

    model = Membership
    form = MembershipForm
    extra = 0
    autocomplete_fields = ["user"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user", "organisation")


@admin.register(Organisation)
class OrganisationAdmin(HistoryAdmin):
    """Employers and offices: kind, supervisor, contact, people."""

    list_display = ["name", "kind", "supervisor", "credit_code", "contact_name", "is_active"]
    list_filter = ["kind", "is_active"]
    list_select_related = ["supervisor"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["name"]
    search_help_text = _("名称的一部分，或完整的统一社会信用代码")
    autocomplete_fields = ["supervisor"]
    inlines = [MembershipInline]
    fieldsets = [
        (None, {"fields": ["name", ("kind", "credit_code"), "supervisor", "is_active"]}),
        (
            _("联系方式（申报人可见）"),
            {"fields": [("contact_name", "contact_telephone"), "address"]},
        ),
    ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Organisation], search_term: str
    ) -> tuple[QuerySet[Organisation], bool]:
        """Search by pairs of characters, which an index answers, or by the whole code."""
        term = "".join(search_term.split())
        if not term:
            return queryset, False
        by_name = Q(name_ngrams__contains=ngrams(term), name__icontains=term)
        return queryset.filter(by_name | Q(credit_code=term.upper())), False

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the memberships; the grants follow them."""
        super().save_formset(request, form, formset, change)
        changed = [membership for membership, _names in formset.changed_objects]
        for membership in [*formset.new_objects, *changed, *formset.deleted_objects]:
            sync_grants(user=membership.user, organisation=form.instance)
