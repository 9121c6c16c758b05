from django.conf import settings
from django.urls import include, path

from portal import views
from portal.dashboard import dashboard

app_name = "portal"

urlpatterns = [
    path("", views.home, name="home"),
    path("dashboard/", dashboard, name="dashboard"),
    path("demo/", include("portal.demo.urls")),
]

if settings.DEMO:
    urlpatterns += [path("styleguide/", views.styleguide, name="styleguide")]
