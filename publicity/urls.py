"""Pages of the publicity app."""

from django.urls import path

from publicity import views

app_name = "publicity"

urlpatterns = [path("<slug:token>/", views.notice, name="notice")]
