"""The front page, and the demo's guide to the components."""

from django.shortcuts import render

from core import clock
from portal import examples, selectors


def home(request):
    """Show what is open now and how the whole procedure goes."""
    schedules = selectors.open_schedules(at=clock.now())
    return render(request, "portal/home.html", {"open_schedules": schedules})


def styleguide(request):
    """Show every component with invented content; only in the demo."""
    return render(request, "portal/styleguide.html", examples.context(request))
