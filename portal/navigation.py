"""The site's navigation: who sees which entry, and where it leads.

Pages that do not exist yet are simply not listed here.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _


def everyone(request) -> bool:
    return True


def signed_in(request) -> bool:
    return request.user.is_authenticated


@dataclass(frozen=True)
class Entry:
    """One line of a menu; ``count`` (of things that wait) is called with the request.

    ``leads_to`` names pages that one reaches through it and that lie elsewhere.
    """

    label: str
    url_name: str
    is_shown: Callable = everyone
    count: Callable | None = None
    leads_to: tuple[str, ...] = ()


@dataclass
class Item:
    """An entry as one request shows it."""

    label: str
    url: str
    is_current: bool
    count: int | None = None


MAIN = [
    Entry(_("首页"), "portal:home"),
    Entry(_("工作台"), "portal:dashboard", signed_in, leads_to=("reviews:index", "payments:index")),
    Entry(_("我的申报"), "applications:index", signed_in),
    Entry(_("我的消息"), "notifications:inbox", signed_in),
]
ACCOUNT = [
    Entry(_("账号与安全"), "account_overview"),
]


def main_items(request) -> list[Item]:
    """Return the main navigation for this request, the current page marked."""
    return _items(MAIN, request)


def account_items(request) -> list[Item]:
    """Return the entries of the account menu for this request."""
    return _items(ACCOUNT, request)


def _items(entries: list[Entry], request) -> list[Item]:
    home = reverse("portal:home")
    items = []
    for entry in entries:
        if not entry.is_shown(request):
            continue
        url = reverse(entry.url_name)
        below = tuple(map(reverse, entry.leads_to)) + ((url,) if url != home else ())
        is_current = request.path == url or request.path.startswith(below)
        count = entry.count(request) if entry.count else None
        items.append(Item(entry.label, url, is_current, count))
    return items
