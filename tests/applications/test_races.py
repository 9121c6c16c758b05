"""Two hands at once, on real PostgreSQL connections."""

import itertools
import threading
import time
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction

from applications import following, services
from applications.errors import ActionNotAvailable, ActionRefused, StaleTransition
from applications.models import Application, Transition
from applications.workflow import Action, Phase
from reviews import services as reviews
from schedules.models import Step
from tests.factories.chain import Chain, instant
from tests.factories.people import officer

AT = instant("2020-11-26 10:00")


def together(*calls: Callable) -> list:
    """Run the calls in threads released at the same moment; return results or exceptions."""
    barrier = threading.Barrier(len(calls))
    outcomes: list = [None] * len(calls)

    def run(index: int, call: Callable) -> None:
        try:
            barrier.wait(timeout=10)
            outcomes[index] = call()
        except Exception as error:
            outcomes[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return outcomes


def submitted_and_checked(chain: Chain) -> Application:
    application = chain.submit(chain.draft())
    for section in reviews.unchecked_sections(application):
        reviews.record_check(
            application=application,
            actor=chain.officer_of(chain.employer),
            organisation=chain.employer,
            snapshot=application.snapshots.get(),
            section=section,
            verdict="correct",
            at=AT,
        )
    return application


def approval(application: Application, actor, organisation) -> Callable:
    """Return a call that approves from the version that was seen."""
    version = application.version
    return lambda: reviews.approve(
        application=application,
        actor=actor,
        organisation=organisation,
        opinion="同意推荐",
        expected_version=version,
        at=AT,
    )


@pytest.mark.parametrize("attempt", range(5))
def test_a_double_click_makes_one_transition_and_both_get_it(committed_chain: Chain, attempt):
    application = submitted_and_checked(committed_chain)
    actor = committed_chain.officer_of(committed_chain.employer)
    click = approval(application, actor, committed_chain.employer)
    first, second = together(click, click)
    assert first.transition == second.transition
    assert {first.is_repeat, second.is_repeat} == {True, False}
    assert application.transitions.filter(action=Action.APPROVE).count() == 1
    assert application.opinions.count() == 1
    assert application.notices.count() == 1


@pytest.mark.parametrize("attempt", range(5))
def test_two_officers_make_one_transition_and_the_other_is_told(committed_chain: Chain, attempt):
    application = submitted_and_checked(committed_chain)
    employer = committed_chain.employer
    outcomes = together(
        approval(application, committed_chain.officer_of(employer), employer),
        approval(application, officer(employer), employer),
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, StaleTransition)]
    assert len(refused) == 1
    assert employer.name in str(refused[0])
    assert application.transitions.filter(action=Action.APPROVE).count() == 1


def test_a_withdrawal_and_an_approval_leave_one_consistent_history(committed_chain: Chain):
    application = submitted_and_checked(committed_chain)
    actor = committed_chain.officer_of(committed_chain.employer)
    together(
        approval(application, actor, committed_chain.employer),
        lambda: services.apply_transition(
            application=application, action=Action.WITHDRAW, actor=application.applicant, at=AT
        ),
    )
    application.refresh_from_db()
    assert application.phase == Phase.WITHDRAWN
    assert not application.notices.filter(status="posted").exists()
    history = list(Transition.objects.filter(application=application))
    assert [made.sequence for made in history] == list(range(1, application.version + 1))
    for before, after in itertools.pairwise(history):
        assert before.to_phase == after.from_phase


def test_two_counters_take_the_fee_once(committed_chain: Chain):
    chain = committed_chain
    application = submitted_and_checked(chain)
    application = chain.approve(application, "2020-11-26 10:00")
    application = chain.report(application, "2020-12-04 09:00")
    for moment in ("2020-12-04 10:00", "2020-12-04 11:00", "2020-12-04 12:00"):
        application = chain.approve(application, moment)
    outcomes = together(
        lambda: chain.pay(application, number="A0001"),
        lambda: chain.pay(application, number="A0002"),
    )
    assert sum(isinstance(outcome, Application) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, ActionNotAvailable) for outcome in outcomes) == 1
    assert application.orders.count() == 1


def test_file_that_advances_while_its_deadline_is_awaited_follows_all_the_same(
    committed_chain: Chain,
):
    """With a join in the locking query, PostgreSQL would drop the row that had to wait."""
    application = submitted_and_checked(committed_chain)
    approve = approval(
        application, committed_chain.officer_of(committed_chain.employer), committed_chain.employer
    )
    has_approved = threading.Event()
    later = instant("2020-12-07")

    def approve_slowly() -> None:
        with transaction.atomic():
            approve()
            has_approved.set()
            wait_until_somebody_waits()

    def move_and_follow() -> None:
        assert has_approved.wait(timeout=10)
        Step.objects.filter(code__in=["verification", "notice"]).update(closes_at=later)
        following.follow_schedule(schedule_id=committed_chain.schedule.pk)

    assert together(approve_slowly, move_and_follow) == [None, None]
    application.refresh_from_db()
    assert (application.step.kind, application.due_at) == ("employer_notice", later)


def wait_until_somebody_waits() -> None:
    """Return when another connection waits for a lock."""
    for _attempt in range(100):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("nobody waited")


def test_without_the_lock_the_race_does_happen(committed_chain: Chain, monkeypatch):
    """Negative control: what the tests above prove is the lock's doing."""
    application = submitted_and_checked(committed_chain)
    both_inside = threading.Barrier(2)

    def read_without_lock(application: Application) -> Application:
        found = Application.objects.select_related("schedule", "open_title__title", "step").get(
            pk=application.pk
        )
        both_inside.wait(timeout=10)
        return found

    monkeypatch.setattr(services, "lock_application", read_without_lock)
    employer = committed_chain.employer
    outcomes = together(
        approval(application, committed_chain.officer_of(employer), employer),
        approval(application, officer(employer), employer),
    )
    assert not any(isinstance(outcome, ActionRefused) for outcome in outcomes)
    # Both thought the approval was theirs; only the table's own constraint stopped the second.
    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) == 1
