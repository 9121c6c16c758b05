"""The one page of the bare project: session, user, one query, 50 rows in a plain template."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import path

from bench.bare.models import Row


@login_required
def rows(request):
    """List the first fifty rows of the signed-in user."""
    found = Row.objects.filter(owner=request.user).order_by("due_at")[:50]
    return render(request, "bare/rows.html", {"rows": found})


urlpatterns = [path("rows/", rows)]
