"""Pages of the notifications app."""

from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("phone/", views.phone, name="phone"),
]
