from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("账号")

    def ready(self) -> None:
        from allauth.account.signals import password_changed
        from django.contrib import admin

        from accounts import services, views

        admin.site.login = views.admin_login
        password_changed.connect(
            lambda user, **kwargs: services.tell_password_changed(user=user),
            dispatch_uid="tell_password_changed",
            weak=False,
        )
