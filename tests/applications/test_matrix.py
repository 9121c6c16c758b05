"""Role × action × phase: who may do what where, and that everybody else is refused."""

import itertools

import pytest
from django.db import transaction

from accounts.models import User
from applications import filing
from applications.errors import ActionRefused
from applications.models import Application
from applications.workflow import Action, Phase
from organisations.models import Organisation, Role
from reviews import services as reviews
from tests.factories.chain import Chain, instant
from tests.factories.people import UserFactory, officer

# The instant at which each phase is looked at, inside every window that concerns it.
LOOKED_AT_ON = {
    "draft": "2020-11-18 09:00",
    "submitted": "2020-11-19 09:00",
    "on_notice": "2020-11-21 09:00",
    "notice_cleared": "2020-12-01 09:00",
    "under_review": "2020-12-02 09:00",
    "returned": "2020-12-02 09:00",
    "fee_due": "2020-12-23 09:00",
    "registered": "2020-12-24 09:00",
    "rejected": "2020-12-02 09:00",
    "withdrawn": "2020-11-19 09:00",
    "lapsed": "2020-12-30 09:00",
}

# All that is allowed; every other cell of the matrix must be refused.
DECIDERS = {"approver", "administrator"}
CHECKERS = DECIDERS | {"reviewer"}
ALLOWED = {
    ("draft", Action.SUBMIT): {"applicant"},
    ("draft", Action.WITHDRAW): {"applicant"},
    ("submitted", Action.RECALL): {"applicant"},
    ("submitted", Action.WITHDRAW): {"applicant"},
    ("submitted", Action.OPEN): CHECKERS,
    ("submitted", Action.APPROVE): DECIDERS,
    ("submitted", Action.RETURN): DECIDERS,
    ("submitted", Action.REJECT): DECIDERS,
    ("on_notice", Action.WITHDRAW): {"applicant"},
    ("on_notice", Action.RETURN): DECIDERS,
    ("on_notice", Action.REJECT): DECIDERS,
    ("notice_cleared", Action.WITHDRAW): {"applicant"},
    ("notice_cleared", Action.REPORT): DECIDERS,
    ("notice_cleared", Action.RETURN): DECIDERS,
    ("notice_cleared", Action.REJECT): DECIDERS,
    ("under_review", Action.WITHDRAW): {"applicant"},
    ("under_review", Action.OPEN): CHECKERS,
    ("under_review", Action.APPROVE): DECIDERS,
    ("under_review", Action.RETURN): DECIDERS,
    ("under_review", Action.REJECT): DECIDERS,
    ("returned", Action.RESUBMIT): {"applicant"},
    ("returned", Action.WITHDRAW): {"applicant"},
    ("fee_due", Action.PAY): {"counter_clerk"},
    ("fee_due", Action.WITHDRAW): {"applicant"},
}
ROLES = ["applicant", "stranger", "superuser", "foreign_approver", *Role.values]
SYSTEM_ACTIONS = {Action.CLEAR, Action.LAPSE, Action.CONFIRM}


def at_phase(chain: Chain, phase: str) -> Application:
    """Return a file at a phase, made by the domain's own services."""
    application = chain.draft(at="2020-11-17 09:00")
    if phase == "draft":
        return application
    application = chain.submit(application, "2020-11-18 09:00")
    if phase == "withdrawn":
        return filing.withdraw_application(
            application=application, actor=application.applicant, at=instant("2020-11-18 10:00")
        ).application
    if phase in ("submitted", "lapsed"):
        return application
    application = chain.approve(application, "2020-11-20 09:00")
    if phase in ("on_notice", "notice_cleared"):
        return application
    application = chain.report(application, "2020-11-30 09:00")
    if phase == "returned":
        return chain.give_back(application, "2020-12-01 09:00")
    if phase == "rejected":
        return reviews.refuse(
            application=application,
            actor=chain.officer_of(application.holder),
            organisation=application.holder,
            reason="不符合条件",
            at=instant("2020-12-01 09:00"),
        ).application
    if phase == "under_review":
        return application
    for moment in ("2020-12-01 09:00", "2020-12-01 10:00", "2020-12-01 11:00"):
        application = chain.approve(application, moment)
    return application if phase == "fee_due" else chain.pay(application, "2020-12-23 08:00")


def holder_of(application: Application, chain: Chain) -> Organisation:
    stop = application.stops.filter(step=application.step).first()
    return (stop.holder if stop else None) or chain.employer


def person_in(role: str, application: Application, organisation: Organisation) -> User:
    match role:
        case "applicant":
            return application.applicant
        case "stranger":
            return UserFactory()
        case "superuser":
            return UserFactory(is_superuser=True, is_staff=True)
    return officer(organisation, role)


def press(action, *, application: Application, actor: User, organisation: Organisation, at) -> None:
    """Press the button of an action by the service that a view would call."""
    office = {"application": application, "actor": actor, "organisation": organisation, "at": at}
    person = {"application": application, "actor": actor, "at": at}
    match action:
        case Action.SUBMIT | Action.RESUBMIT:
            made = filing.submit_application(**person).transition
            if made.action != action:
                raise ActionRefused("another action")
        case Action.RECALL:
            filing.recall_application(**person)
        case Action.WITHDRAW:
            filing.withdraw_application(**person)
        case Action.OPEN:
            reviews.open_application(**office)
        case Action.APPROVE:
            reviews.approve(**office, opinion="同意")
        case Action.REPORT:
            reviews.report(**office)
        case Action.RETURN:
            deficiency = reviews.DeficiencyInput(section="education", text="补正")
            reviews.return_for_correction(**office, deficiencies=[deficiency])
        case Action.REJECT:
            reviews.refuse(**office, reason="不符合条件")
        case Action.PAY:
            from decimal import Decimal

            from payments.services import record_counter_payment

            record_counter_payment(
                **office,
                amount=Decimal("420"),
                receipt_number="M1",
                paper_copies={"evaluation_form": 2, "notice_form": 15},
            )


@pytest.mark.parametrize("phase", LOOKED_AT_ON)
def test_each_role_can_do_what_the_table_says_and_nothing_else(chain: Chain, phase: str):
    application = at_phase(chain, phase)
    at = instant(LOOKED_AT_ON[phase])
    holder = holder_of(application, chain)
    if application.holder_id is not None and phase != "lapsed":
        for section in reviews.unchecked_sections(application):
            reviews.record_check(
                application=application,
                actor=chain.officer_of(holder),
                organisation=holder,
                snapshot=application.snapshots.last(),
                section=section,
                verdict="correct",
                at=at,
            )
    foreign = chain.municipal_authority
    people = {
        role: person_in(
            "approver" if role == "foreign_approver" else role,
            application,
            foreign if role == "foreign_approver" else holder,
        )
        for role in ROLES
    }
    allowed = set()
    for action, role in itertools.product(set(Action) - SYSTEM_ACTIONS, ROLES):
        before = application.transitions.count()
        point = transaction.savepoint()
        try:
            press(
                action,
                application=Application.objects.get(pk=application.pk),
                actor=people[role],
                organisation=foreign if role == "foreign_approver" else holder,
                at=at,
            )
        except ActionRefused:
            pass
        else:
            if application.transitions.count() > before:
                allowed.add((action, role))
        transaction.savepoint_rollback(point)
    expected = {
        (action, role)
        for (in_phase, action), roles in ALLOWED.items()
        if in_phase == phase
        for role in roles
    }
    assert allowed == expected


def test_the_table_covers_every_phase_in_use():
    not_yet_in_a_preset = {Phase.AWAITING_CONFIRMATION}
    assert set(LOOKED_AT_ON) == set(Phase) - not_yet_in_a_preset
