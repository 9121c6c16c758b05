"""Who is told what at every key node (B43, C41–C44).

Called within the transaction of what happened: its messages are written with it, or not
at all. One row for each event and person.
"""

import datetime as dt
from collections.abc import Iterator
from functools import wraps
from typing import Any

from django.conf import settings
from django.utils import translation

from accounts.models import User
from applications.models import Application, Transition
from applications.workflow import Action, Phase
from core import clock
from notifications import links, wording
from notifications.services import Draft, enqueue_all
from organisations.models import Organisation
from organisations.selectors import recipients_of
from publicity.models import Objection, ObjectionStatus

# An office holds the file.
OFFICES_TURN = frozenset(
    {Phase.SUBMITTED, Phase.ON_NOTICE, Phase.NOTICE_CLEARED, Phase.UNDER_REVIEW}
)
# What the applicant is told of an action, besides what comes next.
TOLD_TO_APPLICANT: dict[str, str] = {
    Action.SUBMIT: "applicant.submitted",
    Action.RESUBMIT: "applicant.resubmitted",
    Action.CONFIRM: "applicant.confirmed",
    Action.APPROVE: "applicant.approved",
    Action.REPORT: "applicant.reported",
    Action.PAY: "applicant.paid",
    Action.RETURN: "applicant.returned",
    Action.REJECT: "applicant.rejected",
}


def _in_chinese(receiver):
    """Run a receiver in the language of the texts, whoever's request it is in."""

    @wraps(receiver)
    def run(*args, **kwargs):
        with translation.override(settings.LANGUAGE_CODE):
            return receiver(*args, **kwargs)

    return run


@_in_chinese
def on_transitioned(*, application: Application, transition: Transition, **kwargs: Any) -> None:
    """Tell the applicant, and the people whose turn it is now or is no longer."""
    enqueue_all(_after(application, transition))


@_in_chinese
def on_urged(
    *, application: Application, organisation: Organisation, at: dt.datetime, **kwargs: Any
) -> None:
    """Tell the holder's people that the applicant urges them (C43)."""
    enqueue_all(
        _to_office(
            "office.urged",
            event=f"urge:{application.pk}:{at.date()}",
            application=application,
            organisation=organisation,
            at=at,
        )
    )


@_in_chinese
def on_objection_raised(*, objection: Objection, at: dt.datetime, **kwargs: Any) -> None:
    """Tell the employer's people; not the applicant, and not who objects."""
    enqueue_all(
        _to_office(
            "office.objection_raised",
            event=f"objection:{objection.pk}:raised",
            application=objection.notice.application,
            organisation=objection.notice.organisation,
            at=at,
        )
    )


@_in_chinese
def on_objection_decided(*, objection: Objection, at: dt.datetime, **kwargs: Any) -> None:
    """Tell the employer's other people what the investigation found."""
    is_upheld = objection.status == ObjectionStatus.UPHELD
    enqueue_all(
        _to_office(
            "office.objection_upheld" if is_upheld else "office.objection_unfounded",
            event=f"objection:{objection.pk}:decided",
            application=objection.notice.application,
            organisation=objection.notice.organisation,
            at=at,
            besides=objection.decided_by,
        )
    )


# --- Transitions -------------------------------------------------------------------------


def _after(application: Application, made: Transition) -> Iterator[Draft]:
    match made.action:
        case Action.OPEN:
            return
        case Action.CLEAR:
            yield from _after_clear(application, made)
        case Action.RECALL:
            yield from _to_office_left("office.recalled", application, made)
        case Action.WITHDRAW:
            if made.from_phase != Phase.DRAFT:
                yield _to_applicant("applicant.withdrawn", application, made)
            if made.from_phase in OFFICES_TURN:
                yield from _to_office_left("office.withdrawn", application, made)
        case Action.LAPSE:
            yield from _after_lapse(application, made)
        case _:
            yield _to_applicant(_told(application, made), application, made)
            yield from _to_next_office(application, made)


def _told(application: Application, made: Transition) -> str:
    """Return the text for the applicant; an approval may be the acceptance (C31)."""
    if made.action == Action.APPROVE and application.accepted_at == made.at:
        return "applicant.accepted"
    return TOLD_TO_APPLICANT[made.action]


def _after_clear(application: Application, made: Transition) -> Iterator[Draft]:
    """Tell the employer that it can report now, unless a late run finds it too late."""
    if application.due_at > clock.now():
        yield from _to_office(
            "office.cleared",
            event=f"transition:{made.pk}",
            application=application,
            organisation=application.holder,
            at=made.at,
        )


def _after_lapse(application: Application, made: Transition) -> Iterator[Draft]:
    """Tell the applicant, and the office in whose hands it lapsed (C44)."""
    office = made.organisation
    when = {"until": wording.until(made.at)}
    if office is None:
        what = {Phase.RETURNED: "补正", Phase.FEE_DUE: "缴费"}.get(
            made.from_phase, f"“{made.from_step.name}”"
        )
        yield _to_applicant("applicant.lapsed", application, made, step=what, **when)
        return
    contact = f"{office.contact_name}{office.contact_telephone}"
    yield _to_applicant(
        "applicant.lapsed_with_office",
        application,
        made,
        organisation=office.name,
        contact=f"可联系{contact}。" if contact else "",
        **when,
    )
    yield from _to_office(
        "office.lapsed",
        event=f"transition:{made.pk}",
        application=application,
        organisation=office,
        at=made.at,
        step=made.from_step.name,
        **when,
    )


def _to_applicant(template: str, application: Application, made: Transition, **more: str) -> Draft:
    context = {
        **wording.facts(application),
        "organisation": made.organisation.name if made.organisation else "",
        "receipt": made.receipt_number,
        "next": wording.what_is_next(application),
        "link": links.of_applicant(application),
        **more,
    }
    return Draft(
        f"transition:{made.pk}:{application.applicant_id}",
        template,
        application.applicant,
        context,
        made.at,
    )


def _to_next_office(application: Application, made: Transition) -> Iterator[Draft]:
    """Tell an office that a file has come to it; what it did itself it knows."""
    office = application.holder
    if office is None or office.pk == made.organisation_id:
        return
    if made.action == Action.RESUBMIT:
        template = "office.resubmitted"
    elif application.step.opens_at > made.at:
        template = "office.received_early"
    else:
        template = "office.received"
    yield from _to_office(
        template,
        event=f"transition:{made.pk}",
        application=application,
        organisation=office,
        at=made.at,
        **{"from": wording.since(application.step.opens_at)},
    )


def _to_office_left(template: str, application: Application, made: Transition) -> Iterator[Draft]:
    """Tell the office that held the file until now."""
    stop = application.stops.select_related("holder").filter(step=made.from_step).first()
    if stop is not None and stop.holder is not None:
        yield from _to_office(
            template,
            event=f"transition:{made.pk}",
            application=application,
            organisation=stop.holder,
            at=made.at,
        )


def _to_office(
    template: str,
    *,
    event: str,
    application: Application,
    organisation: Organisation,
    at: dt.datetime,
    besides: User | None = None,
    **more: str,
) -> Iterator[Draft]:
    """Tell everybody who acts for the organisation, but never the applicant in person."""
    context = {
        **wording.facts(application),
        "organisation": organisation.name,
        "link": links.of_office(application, organisation),
        **more,
    }
    for person in recipients_of(organisation):
        if person.pk != application.applicant_id and person != besides:
            yield Draft(f"{event}:{person.pk}", template, person, context, at)
