"""The demo's bar: move the clock, play another person. Outside the demo all is 404."""

import datetime as dt
from functools import wraps
from itertools import groupby

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core import clock
from core.templatetags.zhicheng import instant_cn
from portal.demo.clock import ClockRunsForward, move_clock, next_morning
from portal.models import DemoPerson

STEPS = {"hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1)}


def demo_only(view):
    """Answer 404 unless this is the demo."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@demo_only
def people(request):
    """Show everybody who can be played, by role, and how to play the chain."""
    everybody = DemoPerson.objects.select_related("user")
    groups = [(name, list(members)) for name, members in groupby(everybody, lambda p: p.group)]
    return render(request, "portal/demo_people.html", {"groups": groups})


@demo_only
@require_POST
def move(request):
    """Move the clock forward by a step, to the next morning, or to an instant."""
    now = clock.now()
    try:
        move_clock(to=_wanted(request.POST, now))
    except ClockRunsForward as error:
        messages.error(request, str(error))
    except (ValueError, OverflowError):
        messages.error(request, _("请选择一个时间。"))
    return redirect(_back(request))


def _wanted(data, now: dt.datetime) -> dt.datetime:
    if data.get("by") in STEPS:
        return now + STEPS[data["by"]]
    if data.get("by") == "morning":
        return next_morning(now)
    instant = dt.datetime.fromisoformat(data.get("to", ""))
    return instant if instant.tzinfo else instant.replace(tzinfo=clock.SHANGHAI)


@demo_only
@require_POST
def play(request, person_id: int):
    """Sign in as one of the demo's people."""
    person = get_object_or_404(DemoPerson.objects.select_related("user"), pk=person_id)
    login(request, person.user, backend="django.contrib.auth.backends.ModelBackend")
    messages.success(
        request,
        _("您现在是%(name)s（%(group)s），演示时间%(at)s。")
        % {"name": person.user.name, "group": person.group, "at": instant_cn(clock.now())},
    )
    return redirect("portal:dashboard")


def _back(request) -> str:
    """Return the page that the bar stood on, if it is ours."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return wanted
    return reverse("portal:home")
