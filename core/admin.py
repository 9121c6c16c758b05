"""What the admins of all apps share."""

from typing import Any

from django.contrib.admin import helpers
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class HistoryAdmin(SimpleHistoryAdmin):
    """An admin whose past versions are for reading only.

    The library's page of a past version saves what is posted to it after a check of the
    right to view. It knows neither who may change the object, nor what else a change
    sets off (deadlines, grants), nor which fields are fixed by now.
    """

    def history_form_view(
        self,
        request: HttpRequest,
        object_id: str,
        version_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a past version; refuse whatever is posted to it."""
        if request.method not in SAFE_METHODS:
            raise PermissionDenied
        return super().history_form_view(request, object_id, version_id, extra_context)

    def render_history_view(
        self, request: HttpRequest, template: str, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        """Show the fields of a past version as text, not as inputs."""
        if "adminform" in context:
            fieldsets = self.get_fieldsets(request, context["original"])
            context["adminform"] = helpers.AdminForm(
                context["adminform"].form,
                fieldsets,
                {},
                flatten_fieldsets(fieldsets),
                model_admin=self,
            )
        return super().render_history_view(request, template, context, **kwargs)

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        """Say that no version can be put back."""
        return True
