from django.conf import settings
from django.urls import path

from portal import views

app_name = "portal"

urlpatterns = [
    path("", views.home, name="home"),
    path("dashboard/", views.dashboard, name="dashboard"),
]

if settings.DEMO:
    urlpatterns += [path("styleguide/", views.styleguide, name="styleguide")]
