"""A random walk through the workflow, checked against rules that it must never break."""

import datetime as dt

import chinese_calendar
import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from applications import deadlines, filing
from applications.errors import ActionRefused
from applications.models import Transition
from applications.services import settle_application
from applications.workflow import ENDED, SETTLED, Action, Phase
from core import clock
from payments.models import CounterReceipt, OrderStatus
from publicity import services as publicity
from publicity.models import Objection
from reviews import services as reviews
from tests.factories.chain import Chain, instant

APPLICANTS_TURN = {Phase.DRAFT, Phase.RETURNED, Phase.FEE_DUE}


def fifth_working_day_is_over(posted_at: dt.datetime) -> dt.datetime:
    """Count the lock independently of the code under test."""
    day, left = posted_at.astimezone(clock.SHANGHAI).date(), 5
    while left:
        day += dt.timedelta(days=1)
        left -= chinese_calendar.is_workday(day)
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min, clock.SHANGHAI)


class Walk(RuleBasedStateMachine):
    """One application, anybody pressing anything, time moving on."""

    chain: Chain
    reached: set[str]

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.now = instant("2020-11-17 09:00")
        self.application = self.chain.draft(at="2020-11-17 09:00")
        self.receipts = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    def attempt(self, call, **arguments) -> None:
        """Press a button; a refusal must change nothing."""
        before = self.state()
        try:
            with transaction.atomic():
                call(at=self.now, **arguments)
        except ActionRefused:
            assert self.state() == before
        self.application.refresh_from_db()

    def state(self) -> tuple:
        self.application.refresh_from_db()
        return (
            self.application.phase,
            self.application.version,
            self.application.holder_id,
            Transition.objects.count(),
        )

    def officers(self) -> dict:
        stop = self.application.stops.filter(step=self.application.step).first()
        organisation = (stop and stop.holder) or self.chain.employer
        return {"actor": self.chain.officer_of(organisation), "organisation": organisation}

    @rule(hours=st.integers(1, 60))
    def time_passes(self, hours: int) -> None:
        self.now += dt.timedelta(hours=hours)

    @rule(seconds=st.sampled_from([-1, 0, 1]))
    def time_passes_to_the_next_instant(self, seconds: int) -> None:
        self.application.refresh_from_db()
        if self.application.next_due_at is not None:
            self.now = max(self.now, self.application.next_due_at + dt.timedelta(seconds=seconds))

    @rule()
    def time_passes_until_the_step_opens(self) -> None:
        self.application.refresh_from_db()
        self.now = max(self.now, self.application.step.opens_at)

    @initialize(times=st.sampled_from([0, 1, 2, 4, 6, 8]))
    def everybody_does_what_is_next(self, times: int) -> None:
        """Begin somewhere along the chain, so that walks are everywhere on it."""
        for _step in range(times):
            self.time_passes_until_the_step_opens()
            match self.application.phase:
                case Phase.DRAFT | Phase.RETURNED:
                    self.submit()
                case Phase.SUBMITTED | Phase.UNDER_REVIEW:
                    self.approve()
                case Phase.ON_NOTICE | Phase.NOTICE_CLEARED:
                    self.decide_the_objection(is_upheld=False)
                    self.now = max(filter(None, [self.now, self.application.clears_at]))
                    self.report()
                case Phase.FEE_DUE:
                    self.pay()
            self.reached.add(self.application.phase)

    @rule()
    def sweep(self) -> None:
        settle_application(application_id=self.application.pk, at=self.now)
        self.application.refresh_from_db()

    @rule()
    def submit(self) -> None:
        self.attempt(
            filing.submit_application,
            application=self.application,
            actor=self.application.applicant,
        )

    @rule()
    def recall(self) -> None:
        self.attempt(
            filing.recall_application,
            application=self.application,
            actor=self.application.applicant,
        )

    @rule(whether=st.integers(0, 9))
    def withdraw(self, whether: int) -> None:
        if whether == 0:
            self.attempt(
                filing.withdraw_application,
                application=self.application,
                actor=self.application.applicant,
            )

    @rule()
    def approve(self) -> None:
        self.application.refresh_from_db()
        stop = self.application.stops.filter(step=self.application.step).first()
        if stop is not None and self.application.holder_id is not None:
            for section in reviews.unchecked_sections(self.application):
                self.attempt(
                    reviews.record_check,
                    application=self.application,
                    snapshot=self.application.snapshots.last(),
                    section=section,
                    verdict="correct",
                    **self.officers(),
                )
        self.attempt(
            reviews.approve, application=self.application, opinion="同意", **self.officers()
        )

    @rule()
    def report(self) -> None:
        self.attempt(reviews.report, application=self.application, **self.officers())

    @rule(orders_new_notice=st.booleans())
    def give_back(self, orders_new_notice: bool) -> None:
        self.attempt(
            reviews.return_for_correction,
            application=self.application,
            deficiencies=[reviews.DeficiencyInput(section="education", text="补正")],
            orders_new_notice=orders_new_notice,
            **self.officers(),
        )

    @rule(whether=st.integers(0, 9))
    def refuse(self, whether: int) -> None:
        if whether == 0:
            self.attempt(
                reviews.refuse, application=self.application, reason="不符合", **self.officers()
            )

    @rule()
    def object_to_the_notice(self) -> None:
        notice = publicity.standing_notice(self.application)
        if notice is not None:
            self.attempt(publicity.raise_objection, notice=notice, text="不实")

    @rule(is_upheld=st.sampled_from([False, False, True]))
    def decide_the_objection(self, is_upheld: bool) -> None:
        objection = Objection.objects.filter(
            notice__application=self.application, status="open"
        ).first()
        if objection is not None:
            self.attempt(
                publicity.decide_objection,
                objection=objection,
                is_upheld=is_upheld,
                finding="已核查",
                **self.officers(),
            )

    @rule()
    def pay(self) -> None:
        self.receipts += 1
        try:
            with transaction.atomic():
                self.chain.pay(
                    self.application,
                    self.now.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"),
                    number=f"R{self.receipts}",
                )
        except ActionRefused:
            pass
        self.application.refresh_from_db()

    @invariant()
    def nobody_reports_inside_the_lock(self) -> None:
        for report in self.application.transitions.filter(action=Action.REPORT):
            notice = (
                self.application.notices.filter(posted_at__lte=report.at)
                .exclude(status="taken_down")
                .latest("posted_at")
            )
            assert report.at >= fifth_working_day_is_over(notice.posted_at)
            assert not notice.objections.exclude(status="unfounded").exists()

    @invariant()
    def one_holder_at_a_time(self) -> None:
        self.application.refresh_from_db()
        phase = self.application.phase
        assert (self.application.holder_id is None) == (phase in SETTLED | APPLICANTS_TURN)
        if phase not in SETTLED:
            assert self.application.due_at is not None

    @invariant()
    def every_change_is_in_the_history(self) -> None:
        history = list(self.application.transitions.all())
        assert len(history) == self.application.version
        phase, step = Phase.DRAFT, None
        for number, made in enumerate(history, start=1):
            assert made.sequence == number
            assert made.from_phase == phase
            assert step is None or made.from_step_id == step
            assert made.from_phase not in ENDED
            phase, step = made.to_phase, made.to_step_id
        assert self.application.phase == phase
        assert [made.at for made in history] == sorted(made.at for made in history)

    @invariant()
    def nothing_is_registered_unpaid(self) -> None:
        is_paid = self.application.orders.filter(status=OrderStatus.PAID).exists()
        assert is_paid == (self.application.phase == Phase.REGISTERED)
        assert (
            CounterReceipt.objects.filter(order__application=self.application).exists() == is_paid
        )

    @invariant()
    def nobody_acts_after_a_close(self) -> None:
        standing = deadlines.standing(self.application, self.now)
        if standing.due_at is not None and standing.phase != Phase.DRAFT:
            assert standing.due_at > self.now


@pytest.mark.django_db
@pytest.mark.parametrize("employer", ["employer", "municipal_employer"])
def test_a_random_walk_breaks_no_rule(chain: Chain, employer: str):
    chain.employer = getattr(chain, employer)

    class ThisWalk(Walk):
        reached: set[str] = set()

    ThisWalk.chain = chain
    run_state_machine_as_test(
        ThisWalk,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert ThisWalk.reached >= {Phase.ON_NOTICE, Phase.UNDER_REVIEW, Phase.REGISTERED}
