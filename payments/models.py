"""Fees: what an application owes, and how it was paid."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from applications.models import Application
from core.models import AppendOnlyModel, BaseModel
from organisations.models import Organisation


class OrderStatus(models.TextChoices):
    """Whether a fee is paid."""

    DUE = "due", _("待缴费")
    PAID = "paid", _("已缴费")
    CANCELLED = "cancelled", _("已取消")


class FeeOrder(BaseModel):
    """The fee (评审费) that an application owes, in yuan; a snapshot of the title's fee."""

    application = models.ForeignKey(Application, related_name="orders", on_delete=models.PROTECT)
    amount = models.DecimalField(max_digits=8, decimal_places=2, validators=[MinValueValidator(0)])
    status = models.CharField(max_length=10, choices=OrderStatus, default=OrderStatus.DUE)
    due_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("缴费单")
        verbose_name_plural = _("缴费单")
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=~Q(status="cancelled"),
                name="order_one_live_per_application",
            ),
            models.CheckConstraint(
                condition=~Q(status="paid") | Q(paid_at__isnull=False),
                name="order_paid_has_its_instant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application}: {self.amount}"


class CounterReceipt(AppendOnlyModel):
    """What a clerk recorded at the counter (C35–C39): money, receipt, paper copies."""

    order = models.OneToOneField(FeeOrder, related_name="receipt", on_delete=models.PROTECT)
    organisation = models.ForeignKey(Organisation, related_name="+", on_delete=models.PROTECT)
    clerk = models.ForeignKey("accounts.User", related_name="+", on_delete=models.PROTECT)
    amount = models.DecimalField(_("金额（元）"), max_digits=8, decimal_places=2)
    receipt_number = models.CharField(_("票据号"), max_length=40)
    paper_copies = models.JSONField(
        _("收到的纸质材料"), help_text="{document kind: number of copies}"
    )
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "receipt_number"], name="receipt_number_once_per_counter"
            )
        ]

    def __str__(self) -> str:
        return self.receipt_number
