"""The workflow as a pure table: phases, actions, and what each action does where.

A kind of step names its rows, (phase, action) → :class:`Rule`; what every kind shares is
built by the helpers at the end. Nothing here reads the clock or the database, and the
order of steps is nowhere in code: *advance* enters the next step of the application's
route, whose kind gives the phase.
"""

from dataclasses import dataclass
from enum import Enum

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from schedules import kinds


class Phase(models.TextChoices):
    """Where an application stands (状态)."""

    DRAFT = "draft", _("填报中")
    SUBMITTED = "submitted", _("单位审核中")
    ON_NOTICE = "on_notice", _("单位公示中")
    NOTICE_CLEARED = "notice_cleared", _("公示期满，待上报")
    AWAITING_CONFIRMATION = "awaiting_confirmation", _("待本人确认")
    UNDER_REVIEW = "under_review", pgettext_lazy("administrative", "审核中")
    FEE_DUE = "fee_due", _("已受理，待缴费")
    RETURNED = "returned", _("已退回，待补正")
    REGISTERED = "registered", _("申报完成")
    REJECTED = "rejected", _("不予通过")
    WITHDRAWN = "withdrawn", _("已撤回申报")
    LAPSED = "lapsed", _("逾期失效")


# Families of phases, named once.
EDITABLE = frozenset({Phase.DRAFT, Phase.RETURNED})
ENDED = frozenset({Phase.REJECTED, Phase.WITHDRAWN, Phase.LAPSED})
# No longer moved by the chain before the defence.
SETTLED = ENDED | {Phase.REGISTERED}
LIVE = frozenset(Phase) - ENDED


class Action(models.TextChoices):
    """What somebody, or the clock, does to an application."""

    SUBMIT = "submit", _("提交")
    RECALL = "recall", _("撤回修改")
    WITHDRAW = "withdraw", _("撤销申报")
    OPEN = "open", pgettext_lazy("administrative", "开始审核")
    APPROVE = "approve", pgettext_lazy("administrative", "审核通过")
    RETURN = "return", _("退回补正")
    REJECT = "reject", _("不予通过")
    RESUBMIT = "resubmit", _("重新提交")
    REPORT = "report", _("上报主管部门")
    CLEAR = "clear", _("公示期满")
    CONFIRM = "confirm", _("确认申报信息")
    PAY = "pay", _("缴费")
    LAPSE = "lapse", _("逾期失效")


class Who(Enum):
    """Whose hand an action needs."""

    APPLICANT = "applicant"
    HOLDER = "holder"
    SYSTEM = "system"


class Effect(Enum):
    """What an action does to the application's place on its route."""

    STAY = "stay"
    ADVANCE = "advance"
    RETURN = "return"
    RESUME = "resume"
    RECALL = "recall"
    END = "end"


@dataclass(frozen=True)
class Rule:
    """What one action does in one phase of one kind of step, and who may take it.

    ``permission`` is a codename on the holding organisation. ``in_window`` ties the
    action to the step's window as it stands for the application.
    """

    effect: Effect
    who: Who
    to_phase: Phase | None = None
    permission: str = ""
    in_window: bool = True
    needs_reason: bool = False


def applicants_withdrawal() -> Rule:
    """Withdraw until registered: possible in every window and outside them."""
    return Rule(Effect.END, Who.APPLICANT, Phase.WITHDRAWN, in_window=False)


def reviewers_exits(phase: Phase) -> dict[tuple[str, str], Rule]:
    """Return and refusal, which every reviewer has (C19–C22), with a reason."""
    return {
        (phase, Action.RETURN): Rule(
            Effect.RETURN,
            Who.HOLDER,
            Phase.RETURNED,
            permission="decide_applications",
            needs_reason=True,
        ),
        (phase, Action.REJECT): Rule(
            Effect.END,
            Who.HOLDER,
            Phase.REJECTED,
            permission="decide_applications",
            needs_reason=True,
        ),
    }


# A correction may stand at any step, whatever its kind.
_RETURNED_RULES: dict[tuple[str, str], Rule] = {
    (Phase.RETURNED, Action.RESUBMIT): Rule(Effect.RESUME, Who.APPLICANT),
    (Phase.RETURNED, Action.WITHDRAW): applicants_withdrawal(),
}
_LAPSE = Rule(Effect.END, Who.SYSTEM, Phase.LAPSED, in_window=False)


def rule_for(kind: str, phase: str, action: str) -> Rule | None:
    """Return the rule for an action at a step of this kind, or ``None`` if there is none."""
    if action == Action.LAPSE:
        return None if phase in SETTLED or phase == Phase.DRAFT else _LAPSE
    if phase == Phase.RETURNED:
        return _RETURNED_RULES.get((phase, action))
    return kinds.get(kind).rules.get((phase, action))


def actions_for(kind: str, phase: str) -> list[str]:
    """Return the actions that people have at a step of this kind in this phase."""
    table = _RETURNED_RULES if phase == Phase.RETURNED else kinds.get(kind).rules
    return [
        action for (at, action), rule in table.items() if at == phase and rule.who != Who.SYSTEM
    ]
