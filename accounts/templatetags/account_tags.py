"""How a session is named, so that its owner recognises it."""

import datetime as dt

from django import template
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock

register = template.Library()

# What a browser says of itself, the telling part first: Edge also says Chrome and Safari.
BROWSERS = {
    "MicroMessenger": gettext_lazy("微信"),
    "Edg": "Edge",
    "OPR": "Opera",
    "QQBrowser": gettext_lazy("QQ浏览器"),
    "UCBrowser": gettext_lazy("UC浏览器"),
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "HarmonyOS": "HarmonyOS",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}


@register.filter
def device(user_agent: str) -> str:
    """Return system and browser: Windows · Edge."""
    known = [
        next((name for mark, name in names.items() if mark in user_agent), "")
        for names in (SYSTEMS, BROWSERS)
    ]
    return " · ".join(str(name) for name in known if name) or _("其他设备")


@register.filter
def how_long_ago(instant: dt.datetime) -> str:
    """Return how long ago it was, by the machine's clock, as sessions count."""
    now = clock.system_now()
    if now - instant < dt.timedelta(minutes=1):
        return _("刚刚")
    return _("%s前") % timesince(instant, now)
