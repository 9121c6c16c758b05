"""Payment as a kind of step."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applications.errors import ActionNotAvailable
from applications.workflow import Action, Effect, Phase, Rule, Who, applicants_withdrawal
from payments import services
from schedules import kinds


@kinds.register
class CounterPayment(kinds.StepKind):
    """The applicant pays and hands in papers on site, within days of the notice (C35–C39).

    It is the applicant's turn; the step's holder is the organisation that keeps the counter.
    """

    code = "counter_payment"
    name = gettext_lazy("现场缴费")
    phase = Phase.FEE_DUE
    holder_acts = False
    setting_types = {
        "place": (str, gettext_lazy("缴费和提交材料的地点，申报人可见")),
        "paper_copies": (dict, gettext_lazy("纸质材料份数：表格代码 → 份数")),
    }
    rules = {
        (Phase.FEE_DUE, Action.PAY): Rule(Effect.ADVANCE, Who.HOLDER, permission="take_payments"),
        (Phase.FEE_DUE, Action.WITHDRAW): applicants_withdrawal(),
    }

    def check(self, *, application, action, at):
        """Refuse to go on without a paid order."""
        if action == Action.PAY and not services.is_paid(application):
            raise ActionNotAvailable(_("还没有缴费记录。"))

    def enter(self, *, application, at):
        """Make out the order."""
        services.make_out_order(application=application)
        return self.phase

    def leave(self, *, application, action, at):
        """Cancel an order that was not paid."""
        if action != Action.PAY:
            services.cancel_order(application=application)
