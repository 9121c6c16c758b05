"""Forms of registration, signing in, and one's own account."""

import re
import unicodedata

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.validators import validate_identity_number, validate_mobile

PASSWORD_HELP = _("至少 8 位，不能全是数字，不能是常见密码，也不要包含姓名、手机号码或身份证号码。")


class MobileField(forms.CharField):
    """A mainland mobile number; cleans to 11 digits."""

    def __init__(self, *, autocomplete: str = "tel", **kwargs):
        attrs = {"type": "tel", "inputmode": "tel", "autocomplete": autocomplete, "size": 16}
        kwargs.setdefault("label", _("手机号码"))
        kwargs.setdefault("max_length", 20)
        kwargs.setdefault("error_messages", {"required": _("请填写手机号码。")})
        super().__init__(widget=forms.TextInput(attrs=attrs), **kwargs)

    def clean(self, value):
        value = super().clean(value)
        return validate_mobile(value) if value else value


def password_field(label, *, autocomplete: str, **kwargs) -> forms.CharField:
    """Return a password field; white space in a password is part of it."""
    kwargs.setdefault("error_messages", {"required": _("请填写密码。")})
    attrs = {"autocomplete": autocomplete, "size": 24}
    return forms.CharField(
        label=label, strip=False, widget=forms.PasswordInput(attrs=attrs), **kwargs
    )


class NewPasswordMixin(forms.Form):
    """Two fields for a new password that must agree and be strong enough."""

    password1 = password_field(_("设置密码"), autocomplete="new-password", help_text=PASSWORD_HELP)
    password2 = password_field(
        _("再输入一次密码"),
        autocomplete="new-password",
        error_messages={"required": _("请再输入一次密码。")},
    )

    def check_new_password(self, user: User) -> None:
        """Add the errors of the new password, if it were ``user``'s."""
        password = self.cleaned_data.get("password1")
        if not password:
            return
        try:
            password_validation.validate_password(password, user)
        except ValidationError as error:
            self.add_error("password1", error)
        again = self.cleaned_data.get("password2")
        if again and again != password:
            self.add_error("password2", _("两次输入的密码不一致。"))


def _privacy_link() -> str:
    return format_html(
        '<a href="{}" target="_blank">{}</a>',
        reverse("account_privacy"),
        gettext("打开《个人信息处理说明》"),
    )


class RegistrationForm(NewPasswordMixin):
    """What a person gives to register; the mobile number is proved afterwards."""

    name = forms.CharField(
        label=_("姓名"),
        max_length=80,
        help_text=_("与身份证一致。少数民族姓名中的间隔号“·”请完整填写。"),
        widget=forms.TextInput(attrs={"autocomplete": "name", "size": 16}),
        error_messages={"required": _("请填写姓名。")},
    )
    identity_number = forms.CharField(
        label=_("身份证号码"),
        max_length=30,
        help_text=_("18 位。加密保存，只用于核对身份和打印申报材料。"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "size": 20}
        ),
        error_messages={"required": _("请填写身份证号码。")},
    )
    phone = MobileField(help_text=_("用来登录，并接收申报进度的短信。下一步将向它发送验证码。"))
    consent = forms.BooleanField(
        label=_("我已阅读并同意《个人信息处理说明》"),
        help_text=lazy(_privacy_link, str)(),
        error_messages={
            "required": _("同意的，请勾选“我已阅读并同意《个人信息处理说明》”；不同意则不能注册。")
        },
    )

    field_order = ["name", "identity_number", "phone", "password1", "password2", "consent"]

    def clean_name(self) -> str:
        """Return the name in its normal form; refuse what no name contains."""
        name = unicodedata.normalize("NFC", " ".join(self.cleaned_data["name"].split()))
        name = re.sub("[•・‧∙⋅･]", "·", name)
        if any(unicodedata.category(character) == "Co" for character in name):
            raise ValidationError(
                _(
                    "姓名中有一个字使用了非标准编码，打印时会显示不出来。"
                    "请换用支持生僻字的输入法重新输入；仍有困难的，请联系技术支持。"
                )
            )
        if len(name) < 2 or re.search(r"[\d_/\\<>@#$%^&*=+|\[\]{}?!;:,，。；：？！]", name):
            raise ValidationError(_("请填写真实姓名，不能含有数字或符号。"))
        return name

    def clean_identity_number(self) -> str:
        """Check the identity number's own structure and check digit."""
        return validate_identity_number(self.cleaned_data["identity_number"])

    def clean(self):
        cleaned = super().clean()
        known = {key: cleaned.get(key, "") for key in ("name", "identity_number", "phone")}
        self.check_new_password(User(**known))
        return cleaned


class CodeForm(forms.Form):
    """The six digits of an SMS."""

    code = forms.CharField(
        label=_("短信验证码"),
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "pattern": "[0-9]*",
                "size": 8,
            }
        ),
        error_messages={"required": _("请填写短信验证码。")},
    )


class LoginForm(allauth_forms.LoginForm):
    """Mobile number and password."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["password"] = password_field(_("密码"), autocomplete="current-password")


class PhoneForm(forms.Form):
    """The mobile number of an account whose password is forgotten."""

    phone = MobileField(autocomplete="username", help_text=_("注册时使用的手机号码。"))


class NewPasswordForm(NewPasswordMixin):
    """A new password for an account whose mobile number has been proved."""

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password1"].label = _("新密码")

    def clean(self):
        cleaned = super().clean()
        self.check_new_password(self.user)
        return cleaned


class ChangePasswordForm(NewPasswordForm):
    """A new password for somebody who is signed in (used by allauth's view)."""

    oldpassword = password_field(_("当前密码"), autocomplete="current-password")
    field_order = ["oldpassword", "password1", "password2"]

    def clean_oldpassword(self) -> str:
        """Check the current password; failures count towards the lock."""
        password = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("enter_current_password")
        return password

    def save(self) -> None:
        """Set the password; the view keeps this session and ends the others."""
        self.user.set_password(self.cleaned_data["password1"])
        self.user.save()


class ChangePhoneForm(forms.Form):
    """A new mobile number, and the password against whoever finds an open session."""

    phone = MobileField(label=_("新手机号码"))
    password = password_field(_("当前密码"), autocomplete="current-password")

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_phone(self) -> str:
        """Refuse the number that the account has already."""
        phone = self.cleaned_data["phone"]
        if phone == self.user.phone:
            raise ValidationError(_("这就是您现在的手机号码。"))
        return phone

    def clean_password(self) -> str:
        """Check the password; failures count towards the lock."""
        password = self.cleaned_data["password"]
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("incorrect_password")
        return password


class ReauthenticateForm(allauth_forms.ReauthenticateForm):
    """The password once more before something sensitive."""

    password = password_field(_("密码"), autocomplete="current-password")
