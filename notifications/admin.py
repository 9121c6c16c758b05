"""Messages in Django's admin: how far their delivery is, not what they say."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications import services
from notifications.models import Message


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    """For whoever looks after the sending of SMS; nothing can be written or read here."""

    list_display = ["happened_at", "recipient", "template", "status", "attempts", "sent_at"]
    list_filter = ["status", "template"]
    list_select_related = ["recipient"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["event"]
    ordering = ["-id"]
    fields = [
        *("event", "template", "status", "attempts", "due_at", "expires_at", "provider_id"),
        *("happened_at", "sent_at", "read_at"),
    ]
    actions = ["try_again"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    @admin.action(description=gettext_lazy("重新发送没有送达的消息"), permissions=["view"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Try again what was refused or given up."""
        count = services.try_again(queryset.values_list("pk", flat=True))
        self.message_user(request, _("已重新安排发送 %d 条消息。") % count, messages.SUCCESS)
