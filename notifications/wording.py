"""Facts about an application in the words of the texts: always Chinese."""

import datetime as dt
from typing import Any

from applications.models import Application, DocumentKind
from applications.workflow import Phase
from core import clock
from core.templatetags import zhicheng
from notifications import texts
from payments.models import FeeOrder, OrderStatus


def until(closes_at: dt.datetime) -> str:
    """Return the end of a half-open window as people say it: 12月4日24:00."""
    return zhicheng.until_short(closes_at).replace(" ", "")


def since(opens_at: dt.datetime) -> str:
    """Return a beginning: 12月4日, or with its time of day when that is not midnight."""
    if opens_at == clock.start_of(opens_at.astimezone(clock.SHANGHAI).date()):
        return zhicheng.day_cn(opens_at)
    return zhicheng.instant_cn(opens_at).replace(" ", "")


def day(date: dt.date) -> str:
    """Return a date: 12月4日."""
    return zhicheng.day_cn(date)


def last_day(closes_at: dt.datetime) -> dt.date:
    """Return the last day of a half-open window."""
    return (closes_at - dt.timedelta(microseconds=1)).astimezone(clock.SHANGHAI).date()


def left(closes_at: dt.datetime, at: dt.datetime) -> str:
    """Return how much time is left, in days."""
    days = (last_day(closes_at) - at.astimezone(clock.SHANGHAI).date()).days
    return f"还剩{days}天" if days > 0 else "今天是最后一天"


def facts(application: Application) -> dict[str, Any]:
    """Return what nearly every text says of an application."""
    return {
        "title": application.open_title.title.name,
        "number": application.number,
        "applicant": application.applicant.name,
        "step": application.step.name,
        "until": until(application.due_at) if application.due_at else "",
    }


def what_is_next(application: Application) -> str:
    """Return the sentence that tells the applicant what comes next; empty when nothing does."""
    sentence = texts.NEXT.get(application.phase, "")
    values = facts(application) | {"holder": application.holder}
    if application.phase == Phase.ON_NOTICE:
        values["notice_until"] = until(application.clears_at)
    if application.phase == Phase.FEE_DUE:
        values |= _fee(application)
    return sentence.format_map(values)


def _fee(application: Application) -> dict[str, str]:
    """Return amount, place and papers of a fee that is due (C35–C39)."""
    settings = application.step.settings
    order = FeeOrder.objects.filter(application=application, status=OrderStatus.DUE).first()
    amount = order.amount if order is not None else application.open_title.fee
    copies = settings.get("paper_copies", {})
    papers = "、".join(f"{DocumentKind(kind).label}{number}份" for kind, number in copies.items())
    place = settings.get("place", "")
    return {
        "from": since(application.step.opens_at),
        "amount": f"{amount.normalize():f}",
        "papers": f"并交{papers}" if papers else "",
        "place": f"，地点：{place}" if place else "",
    }
