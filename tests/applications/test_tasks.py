"""The periodic work: what fell due is recorded, after the grace, once."""

import datetime as dt

import pytest
from django.conf import settings

from applications import tasks
from applications.models import Application, Transition
from applications.workflow import Action, Phase
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
