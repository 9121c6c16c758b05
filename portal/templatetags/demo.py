"""What the demo's bar shows; asked for by its own template only."""

from dataclasses import dataclass

from django import template
from django.utils.translation import gettext as _

from core import clock
from core.templatetags.zhicheng import instant_cn
from portal.demo.instants import coming_instants
from schedules.working_days import Calendar, CalendarUnannounced

register = template.Library()


@dataclass(frozen=True)
class Choice:
    """An instant that the bar offers."""

    value: str
    text: str
    name: str


@register.simple_tag(takes_context=True)
def demo_clock(context) -> dict:
    """Return the demo's time, what kind of day it is, and where the clock can jump to."""
    request = context["request"]
    now = clock.now()
    choices = [
        Choice(instant.at.isoformat(), instant_cn(instant.at), instant.name)
        for instant in coming_instants(at=now, user=request.user)
    ]
    return {
        "now": now,
        "day": _day_text(now.date()),
        "choices": choices,
        "back": request.get_full_path() if request.method == "GET" else request.path,
    }


def _day_text(date) -> str:
    try:
        return _("工作日") if Calendar().is_working_day(date) else _("休息日")
    except CalendarUnannounced:
        return _("放假安排未公布")
