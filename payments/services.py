"""Make out orders and record payments."""

import datetime as dt
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from applications.errors import ActionRefused
from applications.models import Application
from applications.services import Result, apply_transition
from applications.workflow import Action
from core import clock
from organisations.models import Organisation
from payments.models import CounterReceipt, FeeOrder, OrderStatus


def make_out_order(*, application: Application) -> FeeOrder:
    """Return the application's order, made out for the title's fee unless there is one."""
    order, _created = FeeOrder.objects.exclude(status=OrderStatus.CANCELLED).get_or_create(
        application=application,
        defaults={"amount": application.open_title.fee, "due_at": application.step.closes_at},
    )
    return order


def is_paid(application: Application) -> bool:
    """Say whether the application's fee is paid."""
    return application.orders.filter(status=OrderStatus.PAID).exists()


def cancel_order(*, application: Application) -> None:
    """Cancel what was not paid: the application ended."""
    application.orders.filter(status=OrderStatus.DUE).update(status=OrderStatus.CANCELLED)


@transaction.atomic
def record_counter_payment(
    *,
    application: Application,
    actor: User,
    organisation: Organisation,
    amount: Decimal,
    receipt_number: str,
    paper_copies: dict[str, int],
    expected_version: int | None = None,
    at: dt.datetime | None = None,
) -> Result:
    """Record money and papers handed in at the counter; this moves the application on.

    ``amount`` in yuan must be the order's. ``paper_copies`` are {document kind: copies}
    and must reach what the step asks for. Raises ``ActionRefused``; nothing is recorded then.
    """
    at = at or clock.now()

    def take_money(locked: Application) -> None:
        order = FeeOrder.objects.select_for_update().get(application=locked, status=OrderStatus.DUE)
        if amount != order.amount:
            raise ActionRefused(_("应收%(due)s元，与录入的金额不符。") % {"due": order.amount})
        wanted = locked.step.settings.get("paper_copies", {})
        if any(paper_copies.get(kind, 0) < copies for kind, copies in wanted.items()):
            raise ActionRefused(_("纸质材料份数不足，不能登记。"))
        order.status = OrderStatus.PAID
        order.paid_at = at
        order.save()
        try:
            with transaction.atomic():
                CounterReceipt.objects.create(
                    order=order,
                    organisation=organisation,
                    clerk=actor,
                    amount=amount,
                    receipt_number=receipt_number.strip(),
                    paper_copies=paper_copies,
                    received_at=at,
                )
        except IntegrityError:
            raise ActionRefused(_("这个票据号已经用过，请核对。")) from None

    return apply_transition(
        application=application,
        action=Action.PAY,
        actor=actor,
        organisation=organisation,
        expected_version=expected_version,
        prepare=take_money,
        at=at,
    )
