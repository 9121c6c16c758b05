"""What django-allauth asks of this project: signing in by mobile number, in our words."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import ratelimit
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import User


def display_name(user: User) -> str:
    """Return how allauth calls a person."""
    return user.name


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are found by their mobile number, which is stored encrypted.

    Codes by SMS are not allauth's: see ``accounts.codes``.
    """

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "phone_password_mismatch": _("手机号码或密码不正确。"),
        "too_many_login_attempts": _(
            "输错次数过多，为保护账号已暂停登录 15 分钟。请稍后再试，或用短信验证码重设密码，"
            "重设后可以立即登录。"
        ),
        "enter_current_password": _("当前密码不正确。"),
        "incorrect_password": _("密码不正确。"),
        "account_inactive": _("这个账号已停用。"),
    }

    def phone_form_field(self, **kwargs):
        """Return the field in which a person who signs in types the mobile number."""
        from accounts.forms import MobileField

        kwargs.pop("label", None)
        return MobileField(autocomplete="username", **kwargs)

    def get_user_by_phone(self, phone: str) -> User | None:
        """Return the account with this mobile number."""
        return User.objects.with_phone(phone).first()

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        """Return the account's mobile number, and whether its owner proved it."""
        return user.phone, user.phone_verified_at is not None

    def _get_login_attempts_cache_key(self, request, **credentials) -> str:
        # Without this all numbers would share one count of failures: allauth's own key
        # is made of e-mail address and user name only.
        return f"phone:{credentials.get('phone', '')}"

    def forget_failed_logins(self, request, phone: str) -> None:
        """Open the lock after failures: the owner has proved the number."""
        ratelimit.clear(
            request,
            action="login_failed",
            key=self._get_login_attempts_cache_key(request, phone=phone),
        )

    def post_login(self, request, user, **kwargs):
        """Return the way on, in the language that the person chose last."""
        response = super().post_login(request, user, **kwargs)
        if user.language in dict(settings.LANGUAGES):
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                user.language,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        return response
