"""What the applicant sees of the fee: how much, where, when, what to bring, and the receipt."""

import datetime as dt

from accounts.models import User
from applications import deadlines, panels
from applications.models import Application
from applications.panels import Panel
from applications.workflow import Phase
from payments.models import CounterReceipt, FeeOrder, OrderStatus
from payments.selectors import COUNTER_KIND, papers_of


def payment_panel(application: Application, viewer: User, at: dt.datetime) -> Panel | None:
    """Return what is due at the counter, or what was received there."""
    phase = deadlines.standing(application, at).phase
    if phase == Phase.FEE_DUE:
        return _due_panel(application)
    if phase == Phase.REGISTERED:
        return _receipt_panel(application)
    return None


def _due_panel(application: Application) -> Panel | None:
    stop = application.stops.select_related("step").get(step__kind=COUNTER_KIND)
    order = FeeOrder.objects.filter(application=application, status=OrderStatus.DUE).first()
    if order is None:
        return None
    context = {
        "order": order,
        "place": stop.step.settings.get("place", ""),
        "opens_at": stop.step.opens_at,
        "closes_at": deadlines.closes_at(application, stop),
        "papers": papers_of(stop.step),
    }
    return {"template": "payments/_due_panel.html", "context": context}


def _receipt_panel(application: Application) -> Panel | None:
    receipt = CounterReceipt.objects.filter(order__application=application).first()
    if receipt is None:
        return None
    return {"template": "payments/_receipt_panel.html", "context": {"receipt": receipt}}


panels.register("payments.payment", payment_panel)
