"""Read what is due and what was received at a counter."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.models import User
from applications import deadlines
from applications.errors import instant_text, until_text
from applications.models import Application, DocumentKind, RouteStop
from applications.workflow import Phase
from core import clock
from organisations.models import Organisation
from payments.models import CounterReceipt, FeeOrder, OrderStatus
from schedules.models import Step

COUNTER_KIND = "counter_payment"
MOST_FOUND = 20


def at_counter(organisation: Organisation) -> QuerySet[Application]:
    """Return the applications that have reached this organisation's counter."""
    return Application.objects.filter(
        Exists(
            RouteStop.objects.filter(
                application=OuterRef("pk"),
                holder=organisation,
                step__kind=COUNTER_KIND,
                reached_at__isnull=False,
            )
        )
    ).select_related("applicant", "employer", "personnel_agency", "open_title__title", "step")


def found_at_counter(organisation: Organisation, text: str) -> list[Application]:
    """Return the applications with this number, identity number or name, at most twenty.

    A whole identity number is looked up by its blind index; a name may be a part of it.
    """
    text = "".join(text.split())
    if len(text) < 2:
        return []
    people = User.objects.with_identity_number(text).values("pk")
    matching = at_counter(organisation).filter(
        Q(number=text) | Q(applicant__in=people) | Q(applicant__name__icontains=text)
    )
    return list(matching.order_by("number")[:MOST_FOUND])


@dataclass(frozen=True)
class Due:
    """What one application owes at the counter, and whether it can be taken now."""

    application: Application
    order: FeeOrder | None
    receipt: CounterReceipt | None
    opens_at: dt.datetime
    closes_at: dt.datetime
    papers: list[tuple[str, str, int]]
    refusal: str

    @property
    def is_payable(self) -> bool:
        """Say whether the counter can take the money now."""
        return not self.refusal


def due_at_counter(application: Application, *, at: dt.datetime) -> Due:
    """Return what is due, with the reason if it cannot be taken now."""
    stop = application.stops.select_related("step").get(step__kind=COUNTER_KIND)
    closes_at = deadlines.closes_at(application, stop)
    order = (
        application.orders.exclude(status=OrderStatus.CANCELLED)
        .select_related("receipt__clerk")
        .first()
    )
    return Due(
        application=application,
        order=order,
        receipt=getattr(order, "receipt", None),
        opens_at=stop.step.opens_at,
        closes_at=closes_at,
        papers=papers_of(stop.step),
        refusal=_refusal(application, order, stop.step, closes_at, at),
    )


def papers_of(step: Step) -> list[tuple[str, str, int]]:
    """Return (document kind, its name, copies) that the step asks for on paper."""
    return [
        (kind, str(DocumentKind(kind).label), copies)
        for kind, copies in step.settings.get("paper_copies", {}).items()
    ]


def _refusal(
    application: Application,
    order: FeeOrder | None,
    step: Step,
    closes_at: dt.datetime,
    at: dt.datetime,
) -> str:
    if order is not None and order.status == OrderStatus.PAID:
        return _("已经缴费登记，不能重复缴费。")
    standing = deadlines.standing(application, at)
    if standing.phase == Phase.LAPSED or at >= closes_at:
        return _("现场缴费已于%s截止，不能再登记。") % until_text(closes_at)
    if standing.phase != Phase.FEE_DUE:
        return _("这份申报现在的状态是“%s”，不能缴费。") % Phase(standing.phase).label
    if at < step.opens_at:
        return _("现场缴费%(opens)s开始，%(closes)s截止，现在不能登记。") % {
            "opens": instant_text(step.opens_at),
            "closes": until_text(closes_at),
        }
    return ""


@dataclass(frozen=True)
class Total:
    """How much a counter took."""

    receipts: int
    amount: Decimal


def receipts_on(organisation: Organisation, day: dt.date) -> QuerySet[CounterReceipt]:
    """Return what the counter recorded on a day, latest first."""
    return (
        CounterReceipt.objects.filter(
            organisation=organisation,
            received_at__gte=clock.start_of(day),
            received_at__lt=clock.start_of(day + dt.timedelta(days=1)),
        )
        .select_related("order__application__applicant", "clerk")
        .order_by("-received_at", "-pk")
    )


def total_of(receipts: QuerySet[CounterReceipt]) -> Total:
    """Return number and sum (yuan) of receipts."""
    found = receipts.aggregate(receipts=Count("pk"), amount=Sum("amount"))
    return Total(found["receipts"], found["amount"] or Decimal(0))
