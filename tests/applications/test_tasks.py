"""The periodic work: what fell due is recorded, after the grace, once."""

import datetime as dt

import pytest
from django.conf import settings

from applications import tasks
from applications.models import Application, Transition
from applications.workflow import Action, Phase
from schedules.models import Step
from tests.factories.chain import Chain, instant

CLOSES_AT = instant("2020-12-05")
GRACE = dt.timedelta(seconds=settings.FRONT_DOOR_GRACE_SECONDS)


@pytest.fixture
def submitted(chain: Chain) -> Application:
    return chain.submit(chain.draft())


def test_sweep_waits_out_the_grace_then_records_the_lapse_at_its_instant(submitted, at):
    at(CLOSES_AT + GRACE - dt.timedelta(seconds=1))
    assert tasks.settle_due() == 0
    submitted.refresh_from_db()
    assert submitted.phase == Phase.SUBMITTED
    at(CLOSES_AT + GRACE)
    assert tasks.settle_due() == 1
    submitted.refresh_from_db()
    assert submitted.phase == Phase.LAPSED
    lapse = submitted.transitions.get(action=Action.LAPSE)
    assert lapse.at == CLOSES_AT
    assert lapse.organisation == submitted.employer  # C44
    assert tasks.settle_due() == 0


def test_sweep_clears_a_notice_that_has_run_its_days(submitted, chain: Chain, at):
    chain.approve(submitted, "2020-11-26 10:00")
    at("2020-12-04 00:02")
    tasks.settle_due()
    submitted.refresh_from_db()
    assert submitted.phase == Phase.NOTICE_CLEARED


def test_sweep_lapses_no_file_whose_step_was_given_more_time(submitted, chain: Chain, at):
    """The stored deadline may be out of date while 100,000 others are computed anew."""
    later = CLOSES_AT + dt.timedelta(days=1)
    Step.objects.filter(code="verification").update(closes_at=later)
    at(CLOSES_AT + GRACE)
    tasks.settle_due()
    submitted.refresh_from_db()
    assert (submitted.phase, submitted.due_at) == (Phase.SUBMITTED, later)
    assert submitted.next_due_at == later
    at(later + GRACE)
    tasks.settle_due()
    submitted.refresh_from_db()
    assert submitted.phase == Phase.LAPSED
    assert submitted.transitions.get(action=Action.LAPSE).at == later


def test_sweep_dates_a_lapse_at_the_later_close_even_when_it_comes_late(submitted, at):
    later = CLOSES_AT + dt.timedelta(days=1)
    Step.objects.filter(code="verification").update(closes_at=later)
    at(later + GRACE)
    tasks.settle_due()
    assert submitted.transitions.get(action=Action.LAPSE).at == later


def test_sweep_lapses_no_correction_that_was_given_more_time(submitted, chain: Chain, at):
    returned = chain.give_back(submitted, at="2020-11-20 10:00")
    limit = returned.correction_due_at
    later = limit + dt.timedelta(days=1)
    Step.objects.filter(code="authority").update(closes_at=later)
    at(limit + GRACE)
    tasks.settle_due()
    submitted.refresh_from_db()
    assert (submitted.phase, submitted.correction_due_at) == (Phase.RETURNED, later)
    assert chain.submit(submitted, "2020-12-10 08:00").phase == Phase.SUBMITTED


def test_deadline_that_moved_forward_lapses_no_file_before_it_was_told(submitted, at):
    """An earlier close is what the worker's pass makes of it, not the sweep."""
    Step.objects.filter(code="verification").update(closes_at=instant("2020-11-26"))
    at(CLOSES_AT + GRACE)
    tasks.settle_due()
    assert submitted.transitions.get(action=Action.LAPSE).at == CLOSES_AT


def test_sweep_leaves_drafts_and_files_that_are_not_due_alone(chain: Chain, at):
    chain.draft()
    chain.submit(chain.draft())
    at("2020-11-25 00:00")
    assert tasks.settle_due() == 0


def test_one_file_that_cannot_be_settled_keeps_no_other_waiting(chain: Chain, at, caplog):
    broken, fine = chain.submit(chain.draft()), chain.submit(chain.draft())
    chain.approve(broken, "2020-11-20 10:00")
    # Its notice is to clear, but the phase says otherwise: no rule fits.
    Application.objects.filter(pk=broken.pk).update(
        phase=Phase.FEE_DUE, holder=None, due_at=instant("2021-01-01")
    )
    at(CLOSES_AT + GRACE)
    assert tasks.settle_due() == 2
    assert f"Application {broken.pk} could not be settled" in caplog.text
    fine.refresh_from_db()
    assert fine.phase == Phase.LAPSED
    assert not Transition.objects.filter(application=broken, action=Action.LAPSE).exists()
