"""The kinds of step that belong to the applicant."""

from django.utils.translation import gettext_lazy as _

from applications.workflow import Action, Effect, Phase, Rule, Who, applicants_withdrawal
from schedules import kinds


@kinds.register
class Filing(kinds.StepKind):
    """The applicant fills in the form and submits it (B5–B8, C17–C18).

    A draft at the close is not filed; it does not lapse and can still be read and edited.
    """

    code = "filing"
    name = _("申报人填报")
    phase = Phase.DRAFT
    holder_acts = False
    needs_holder = False
    rules = {
        (Phase.DRAFT, Action.SUBMIT): Rule(Effect.ADVANCE, Who.APPLICANT),
        (Phase.DRAFT, Action.WITHDRAW): applicants_withdrawal(),
    }
