"""Pages of accounts: our own, and those of allauth that the site uses, by allauth's names."""

from allauth.account import views as allauth_views
from allauth.usersessions import views as sessions_views
from django.urls import path

from accounts import views

urlpatterns = [
    path("", views.AccountView.as_view(), name="account_overview"),
    path("signup/", views.RegisterView.as_view(), name="account_signup"),
    path("signup/code/", views.RegisterCodeView.as_view(), name="account_signup_code"),
    path("privacy/", views.PrivacyView.as_view(), name="account_privacy"),
    path("login/", allauth_views.login, name="account_login"),
    path("logout/", allauth_views.logout, name="account_logout"),
    path("inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("reauthenticate/", allauth_views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", allauth_views.password_change, name="account_change_password"),
    path("password/reset/", views.ResetPasswordView.as_view(), name="account_reset_password"),
    path(
        "password/reset/code/",
        views.ResetPasswordCodeView.as_view(),
        name="account_reset_password_code",
    ),
    path("password/reset/new/", views.NewPasswordView.as_view(), name="account_reset_password_new"),
    path("phone/change/", views.ChangePhoneView.as_view(), name="account_change_phone"),
    path(
        "phone/change/code/", views.ChangePhoneCodeView.as_view(), name="account_change_phone_code"
    ),
    path("sessions/", sessions_views.list_usersessions, name="usersessions_list"),
]
