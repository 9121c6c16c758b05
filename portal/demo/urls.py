"""Addresses of the demo's bar, below /demo/."""

from django.urls import path

from portal.demo import views

urlpatterns = [
    path("", views.people, name="demo_people"),
    path("clock/", views.move, name="demo_clock"),
    path("people/<int:person_id>/", views.play, name="demo_play"),
]
