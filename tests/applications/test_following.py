"""Stored deadlines follow the schedule's dates."""

import datetime as dt

import pytest

from applications import following, tasks
from applications.models import Application
from schedules.models import Step
from schedules.services import announce_change
from tests.factories.chain import build_chain, instant

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def chain():
    return build_chain()


def move(chain, code: str, by: dt.timedelta, **more: dt.timedelta) -> None:
    """Move the close of a step (and other instants of it); let the deadlines follow."""
    step = Step.objects.get(track__schedule=chain.schedule, code=code)
    for name, span in {"closes_at": by, **more}.items():
        setattr(step, name, getattr(step, name) + span)
    step.save()
    tasks.follow_schedule(schedule_id=chain.schedule.pk)


def test_deadlines_follow_a_window_that_is_moved(chain):
    waiting = chain.submit(chain.draft())
    on_notice = chain.approve(chain.submit(chain.draft()), at="2020-11-26 10:00")
    draft = chain.draft()

    move(chain, "verification", DAY)
    move(chain, "filing", 2 * DAY)

    waiting.refresh_from_db()
    assert waiting.due_at == waiting.next_due_at == instant("2020-12-06")
    draft.refresh_from_db()
    assert (draft.due_at, draft.next_due_at) == (instant("2020-11-26"), None)
    clears_at = on_notice.clears_at
    on_notice.refresh_from_db()
    assert (on_notice.due_at, on_notice.clears_at) == (instant("2020-12-05"), clears_at)
    assert on_notice.next_due_at == clears_at


def test_deadlines_of_ended_applications_stay(chain):
    application = chain.submit(chain.draft())
    Application.objects.filter(pk=application.pk).update(
        phase="withdrawn", holder=None, due_at=None, next_due_at=None
    )

    move(chain, "verification", DAY)

    application.refresh_from_db()
    assert application.due_at is None


def test_correction_limit_follows_when_the_schedule_gives_more_time(chain):
    application = chain.give_back(chain.submit(chain.draft()), at="2020-11-20 10:00")
    assert application.correction_due_at == instant("2020-12-10")

    move(chain, "authority", 2 * DAY)

    application.refresh_from_db()
    assert application.correction_due_at == application.due_at == instant("2020-12-12")
    assert application.extended_until == instant("2020-12-12")


def test_correction_limit_is_never_shortened(chain):
    application = chain.give_back(chain.submit(chain.draft()), at="2020-11-20 10:00")

    move(chain, "authority", -DAY)

    application.refresh_from_db()
    assert application.correction_due_at == application.due_at == instant("2020-12-10")


def test_change_is_followed_after_its_commit(chain, django_capture_on_commit_callbacks):
    chain.draft()

    with django_capture_on_commit_callbacks() as after_commit:
        announce_change(chain.schedule)

    assert len(after_commit) == 1


def test_follow_schedule_asks_as_often_for_many_files_as_for_one(chain, django_assert_num_queries):
    for number in range(6):
        application = chain.submit(chain.draft())
        if number % 2:
            chain.give_back(application, at="2020-11-20 10:00")
    Step.objects.filter(code="verification").update(closes_at=instant("2020-12-06"))
    Step.objects.filter(code="authority").update(closes_at=instant("2020-12-11"))

    # The ids of the batch and the look for a next one; in a savepoint: locks, files, steps,
    # routes; and one update for each of the two deadlines.
    with django_assert_num_queries(2 + 2 + 4 + 2):
        following.follow_schedule(schedule_id=chain.schedule.pk)

    due_at = Application.objects.values_list("due_at", flat=True)
    assert set(due_at) == {instant("2020-12-06"), instant("2020-12-11")}


def test_follow_schedule_writes_in_batches(chain, monkeypatch):
    monkeypatch.setattr(following, "BATCH", 2)
    for _number in range(5):
        chain.submit(chain.draft())

    move(chain, "verification", DAY)

    assert set(Application.objects.values_list("due_at", flat=True)) == {instant("2020-12-06")}


def test_every_schedule_is_followed_at_night(chain):
    application = chain.submit(chain.draft())
    Step.objects.filter(code="verification").update(closes_at=instant("2020-12-06"))

    tasks.follow_schedules()

    application.refresh_from_db()
    assert application.due_at == application.next_due_at == instant("2020-12-06")
