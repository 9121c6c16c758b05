"""Addresses of the site, by app."""

from django.contrib import admin
from django.urls import include, path

from accounts.views import set_language
from core.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("i18n/setlang/", set_language, name="set_language"),
    path("accounts/", include("accounts.urls")),
    path("applications/", include("applications.urls")),
    path("desk/", include("reviews.urls")),
    path("notices/", include("publicity.urls")),
    path("counter/", include("payments.urls")),
    path("messages/", include("notifications.urls")),
    path("", include("applications.document_urls")),
    path("", include("portal.urls")),
]
