"""What the applicant sees of the employer's notice. Never who objected, nor to what."""

import datetime as dt

from django.urls import reverse

from accounts.models import User
from applications import deadlines, panels
from applications.models import Application
from applications.panels import Panel
from applications.workflow import Phase
from publicity import selectors, services


def notice_panel(application: Application, viewer: User, at: dt.datetime) -> Panel | None:
    """Return the notice while it runs or waits to be reported."""
    phase = deadlines.standing(application, at).phase
    if phase not in (Phase.ON_NOTICE, Phase.NOTICE_CLEARED):
        return None
    notice = services.latest_notice(application)
    if notice is None:
        return None
    is_public = selectors.is_public(notice, at=at)
    context = {
        "notice": notice,
        "has_cleared": phase == Phase.NOTICE_CLEARED,
        "url": reverse("publicity:notice", args=[notice.token]) if is_public else "",
        "days_left": selectors.working_days_left(notice, on=at.date()) if is_public else 0,
        "is_investigated": phase == Phase.ON_NOTICE and notice.has_blocking_objection,
    }
    return {"template": "publicity/_panel.html", "context": context}


panels.register("publicity.notice", notice_panel)
