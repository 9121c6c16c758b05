"""One's own messages, and the demo's telephone."""

import datetime as dt
import re
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from core import clock
from core.validators import validate_mobile
from notifications import selectors, texts
from notifications.models import SandboxDelivery

PAGE_SIZE = 20
ON_THE_PHONE = 30


@require_safe
@login_required
@never_cache
def inbox(request):
    """List the person's messages; those that are shown count as read from now on."""
    page_obj = Paginator(selectors.inbox(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    unread = [message.pk for message in page_obj if message.read_at is None]
    if unread:
        selectors.inbox(request.user).filter(pk__in=unread).update(read_at=clock.now())
    return render(
        request,
        "notifications/inbox.html",
        {"page_obj": page_obj, "signature": texts.SIGNATURE, "unread": len(unread)},
    )


@dataclass(frozen=True)
class Bubble:
    """A delivered message as the demo's telephone shows it."""

    owner: str
    phone: str
    text: str
    code: str
    received_at: dt.datetime


@require_safe
@never_cache
def phone(request):
    """Show what every telephone has received; in the demo only."""
    if not settings.DEMO:
        raise Http404
    number = _mobile_or_none(request.GET.get("phone", ""))
    deliveries = list(selectors.delivered_to(number)[:ON_THE_PHONE])
    names = dict(
        User.objects.filter(phone_index__in={each.phone_index for each in deliveries}).values_list(
            "phone_index", "name"
        )
    )
    context = {
        "number": number,
        "owner": names.get(deliveries[0].phone_index, "") if number and deliveries else "",
        "bubbles": [_bubble(each, names) for each in deliveries],
        "query": request.GET.get("phone", ""),
    }
    template = "notifications/_bubbles.html" if request.htmx else "notifications/phone.html"
    return render(request, template, context)


def _mobile_or_none(text: str) -> str | None:
    try:
        return validate_mobile(text)
    except ValidationError:
        return None


def _bubble(delivery: SandboxDelivery, names: dict[str, str]) -> Bubble:
    code = re.search(r"验证码(\d{6})", delivery.text)
    return Bubble(
        owner=names.get(delivery.phone_index, ""),
        phone=delivery.phone,
        text=delivery.text,
        code=code[1] if code else "",
        received_at=delivery.received_at,
    )
