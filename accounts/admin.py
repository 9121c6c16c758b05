"""Accounts in Django's admin: masked numbers, no passwords."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.forms import MobileField
from accounts.models import User
from accounts.services import change_phone
from core.admin import HistoryAdmin
from core.fields import blind_index
from core.text import mask_identity_number, mask_mobile

# What opens the admin, and what may be done there: a superuser's to give.
RIGHTS = ["is_staff", "is_superuser", "groups"]


class NewUserForm(forms.ModelForm):
    """A person without a password, who sets one by SMS at the first sign-in."""

    class Meta:
        model = User
        fields = ["name", "phone", "identity_number", *RIGHTS]

    def clean(self) -> dict[str, Any]:
        """Refuse numbers that have an account; the encrypted columns cannot say so."""
        cleaned = super().clean()
        for field, purpose, index in (
            ("phone", "phone", "phone_index"),
            ("identity_number", "identity", "identity_index"),
        ):
            number = cleaned.get(field)
            if number and User.objects.filter(**{index: blind_index(number, purpose=purpose)}):
                self.add_error(field, ValidationError(_("这个号码已经有账号。")))
        return cleaned


class ChangedUserForm(forms.ModelForm):
    """A person whose old mobile number is gone gets a new one here, by identity card."""

    new_phone = MobileField(
        label=_("换成新的手机号码"),
        required=False,
        help_text=_("原号码已停用、本人持身份证申请时填写；换后本人凭短信验证码重设密码。"),
    )

    class Meta:
        model = User
        fields = ["name", "is_active", *RIGHTS]

    def clean_new_phone(self) -> str:
        """Refuse a number that has an account, this one's own included."""
        phone = self.cleaned_data["new_phone"]
        if phone and User.objects.with_phone(phone).exists():
            raise ValidationError(_("这个号码已经有账号。"))
        return phone


@admin.register(User)
class UserAdmin(HistoryAdmin):
    """People: found by name, or by a whole mobile number.

    What is searched for stands in the address, and so in the logs: never an identity number.
    """

    list_display = ["name", "masked_phone", "is_staff", "is_active", "date_joined"]
    list_filter = ["is_staff", "is_active", "groups"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["name"]
    search_help_text = _("姓名的一部分，或完整的手机号码。不能按身份证号码查找，请勿输入。")
    filter_horizontal = ["groups"]
    date_hierarchy = "date_joined"
    readonly_fields = [
        *("masked_phone", "masked_identity_number", "phone_verified_at", "identity_verified_at"),
        *("date_joined", "last_login"),
    ]
    add_fieldsets = [
        (
            None,
            {
                "fields": ["name", "phone", "identity_number"],
                "description": _("不设初始密码：本人在登录页用“忘记密码”，凭短信验证码设置。"),
            },
        )
    ]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> list:
        if obj is None:
            rights = [(_("权限"), {"fields": RIGHTS})] if request.user.is_superuser else []
            return [*self.add_fieldsets, *rights]
        numbers = [("masked_phone", "phone_verified_at")]
        if self.has_change_permission(request, obj):
            numbers.append("new_phone")
        numbers.append(("masked_identity_number", "identity_verified_at"))
        return [
            (None, {"fields": ["name", *numbers]}),
            (_("权限"), {"fields": ["is_active", *RIGHTS]}),
            (_("时间"), {"fields": [("date_joined", "last_login")]}),
        ]

    def get_form(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> type:
        kwargs["form"] = NewUserForm if obj is None else ChangedUserForm
        return super().get_form(request, obj, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list:
        if obj is None:
            return []
        return [*self.readonly_fields, *([] if request.user.is_superuser else RIGHTS)]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Let only a superuser change the staff's accounts, superusers' among them."""
        is_above = obj is not None and (obj.is_staff or obj.is_superuser)
        may_change = request.user.is_superuser or not is_above
        return super().has_change_permission(request, obj) and may_change

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False  # an account is switched off; what it did stays on record

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if change and form.cleaned_data.get("new_phone"):
            change_phone(user=obj, phone=form.cleaned_data["new_phone"], is_proved=False)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Search by name, or by a whole mobile number through its blind index."""
        term = search_term.strip()
        if not term.strip("-"):
            return queryset, False
        found = Q(name__icontains=term)
        found |= Q(phone_index=blind_index(term, purpose="phone"))
        return queryset.filter(found), False

    @admin.display(description=_("手机号码"))
    def masked_phone(self, user: User) -> str:
        return mask_mobile(user.phone)

    @admin.display(description=_("身份证号码"))
    def masked_identity_number(self, user: User) -> str:
        return mask_identity_number(user.identity_number) if user.identity_number else "—"
