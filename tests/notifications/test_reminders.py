"""Reminders: to the one whose turn it is, once, and never too late."""

import threading

import pytest
from django.db import connection

from applications.services import settle_application
from notifications import reminders
from notifications.models import Message
from notifications.reminders import enqueue_reminders
from publicity.services import raise_objection
from schedules.models import ScheduleStatus
from tests.factories.chain import build_chain, instant
from tests.factories.people import officer


@pytest.fixture
def run(at, told):
    """Run the reminders at an instant and return who was told what by them."""

    def at_instant(text: str, **options) -> dict[int, list[str]]:
        told()
        at(text)
        enqueue_reminders(**options)
        return told()

    return at_instant


def only_text(got, person) -> str:
    assert set(got) == {person.pk}
    assert len(got[person.pk]) == 1
    return got[person.pk][0]


# --- Applicants ------------------------------------------------------------------------------


def test_draft_is_reminded_three_days_and_one_day_before_the_close(chain, run):
    draft = chain.draft()
    assert run("2020-11-20 08:59") == {}
    text = only_text(run("2020-11-20 09:00"), draft.applicant)
    assert text == (
        "【职程】您的正高级工程师申报还没有提交，11月23日24:00截止，还剩3天。"
        "提交后单位还要审核、公示，请尽早提交。"
    )
    assert run("2020-11-20 09:01") == {}
    assert run("2020-11-22 08:59") == {}
    assert "还剩1天" in only_text(run("2020-11-22 09:00"), draft.applicant)
    assert run("2020-11-23 23:59") == {}
    assert run("2020-11-24 00:00") == {}


def test_submitted_file_is_not_reminded_as_a_draft(chain, run):
    chain.submit(chain.draft())
    assert run("2020-11-22 09:00") == {}


def test_late_run_leaves_out_what_has_become_pointless(chain, run):
    draft = chain.draft()
    text = only_text(run("2020-11-23 12:00"), draft.applicant)
    assert "今天是最后一天" in text


def test_run_after_the_close_reminds_nobody(chain, run):
    chain.draft()
    assert run("2020-11-24 09:00") == {}


def test_draft_of_an_unpublished_schedule_is_not_reminded(chain, run):
    chain.draft()
    chain.schedule.status = ScheduleStatus.DRAFT
    chain.schedule.save()
    assert run("2020-11-22 09:00") == {}


def test_correction_is_reminded_before_its_own_limit(chain, run):
    application = chain.submit(chain.draft())
    application = chain.give_back(application, "2020-11-30 10:00")
    text = only_text(run("2020-12-06 09:00"), application.applicant)
    assert "还没有补正，12月9日24:00截止，还剩3天" in text


def test_payment_is_reminded(chain, run, at):
    at("2020-11-18 09:00")
    application = chain.approve(chain.submit(chain.draft()), "2020-11-26 10:00")
    application = chain.report(application, "2020-12-04 08:00")
    for when in ("2020-12-08 09:00", "2020-12-10 09:00", "2020-12-15 09:00"):
        application = chain.approve(application, when)
    text = only_text(run("2020-12-24 09:00"), application.applicant)
    assert "还没有缴费，12月25日24:00截止，还剩1天" in text


# --- Offices -----------------------------------------------------------------------------------


def test_office_is_reminded_once_for_all_its_files(chain, run):
    for _ in range(3):
        chain.submit(chain.draft())
    first, second = chain.officer_of(chain.employer), officer(chain.employer)
    got = run("2020-12-01 09:00")
    assert set(got) == {first.pk, second.pk}
    assert got[first.pk] == [
        "【职程】江北第一机械厂还有3份申报没有办结“单位审核”，12月4日24:00截止，还剩3天，逾期失效。"
    ]
    assert run("2020-12-01 09:01") == {}


def test_office_is_reminded_of_each_step_by_itself(chain, run):
    chain.submit(chain.draft())
    application = chain.approve(chain.submit(chain.draft()), "2020-11-23 10:00")
    settle_application(application_id=application.pk, at=instant("2020-12-01 00:00"))
    got = run("2020-12-01 09:00")
    texts = got[chain.officer_of(chain.employer).pk]
    assert ["单位公示" in text for text in sorted(texts)] == [True, False]


def test_office_with_nothing_to_do_is_not_reminded(chain, run):
    application = chain.submit(chain.draft())
    chain.give_back(application, "2020-11-30 10:00")
    assert chain.officer_of(chain.employer).pk not in run("2020-12-01 09:00")


def test_employer_is_told_the_day_before_the_lock_opens(chain, run):
    for _ in range(2):
        chain.approve(chain.submit(chain.draft()), "2020-11-25 10:00")
    assert run("2020-12-02 08:59") == {}
    got = run("2020-12-02 09:00")
    (text,) = [text for text in got[chain.officer_of(chain.employer).pk] if "公示期满" in text]
    assert "有2份申报今天公示期满，12月3日0:00起可以上报，12月4日24:00截止" in text
    assert "公示期满" not in str(run("2020-12-02 23:59"))


def test_running_notice_is_no_reason_to_hurry_the_employer(chain, run):
    chain.approve(chain.submit(chain.draft()), "2020-11-26 10:00")
    assert run("2020-12-01 09:00") == {}


def test_lock_held_by_an_objection_is_not_announced_but_its_deadline_is(chain, run):
    application = chain.approve(chain.submit(chain.draft()), "2020-11-25 10:00")
    raise_objection(
        notice=application.notices.get(), text="业绩不实", at=instant("2020-11-26 10:00")
    )
    assert "没有办结“单位公示”" in str(run("2020-12-01 09:00"))
    assert "公示期满" not in str(run("2020-12-02 09:00"))


def test_advisory_date_is_reminded_from_the_morning_before_until_its_end(chain, run):
    chain.submit(chain.draft())
    assert run("2020-11-25 08:59") == {}
    text = only_text(run("2020-11-25 09:00"), chain.officer_of(chain.employer))
    assert text == (
        "【职程】11月26日前完成审核，留足5个工作日公示期。"
        "江北第一机械厂还有1份申报没有办结“单位审核”，最迟12月4日24:00截止。"
    )
    assert run("2020-11-26 10:00") == {}


def test_advisory_date_that_is_over_is_not_reminded(chain, run):
    chain.submit(chain.draft())
    assert run("2020-11-27 09:00") == {}


def test_advisory_date_of_filing_goes_to_those_who_have_not_filed(chain, run):
    step = chain.open_title.track.steps.order_by("order").first()
    step.advisory_on = instant("2020-11-19").date()
    step.save()
    draft = chain.draft()
    chain.submit(chain.draft())
    text = only_text(run("2020-11-18 09:00"), draft.applicant)
    assert "通知建议在11月19日前完成“申报人填报”。您的正高级工程师申报还没有提交" in text


# --- Once, in batches, cheaply --------------------------------------------------------------------


def test_run_that_is_cut_short_goes_on_where_it_stopped(chain, run, monkeypatch):
    monkeypatch.setattr(reminders, "BATCH", 2)
    drafts = [chain.draft() for _ in range(5)]
    assert run("2020-11-20 09:00", seconds=0) == {}
    assert len(run("2020-11-20 09:01")) == len(drafts)
    assert run("2020-11-20 09:02") == {}


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_remind_once(transactional_db, at):
    chain = build_chain()
    for _ in range(4):
        chain.draft()
    start = threading.Barrier(2)

    def work():
        start.wait()
        enqueue_reminders(at=instant("2020-11-20 09:00"))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    enqueue_reminders(at=instant("2020-11-20 09:01"))
    assert Message.objects.filter(template="reminder.draft").count() == 4


def test_reminders_wait_for_the_sweep(chain, run, django_capture_on_commit_callbacks):
    chain.draft()
    with django_capture_on_commit_callbacks() as callbacks:
        run("2020-11-20 09:00")
    assert callbacks == []


def test_run_with_nothing_new_costs_the_same_for_one_file_and_for_thirty(
    chain, run, django_assert_num_queries
):
    chain.draft()
    run("2020-11-20 09:00")
    with connection.execute_wrapper(counter := Counter()):
        enqueue_reminders()
    for _ in range(29):
        chain.draft()
    with django_assert_num_queries(counter.count):
        enqueue_reminders()


class Counter:
    """Count queries."""

    count = 0

    def __call__(self, execute, *args):
        self.count += 1
        return execute(*args)


def test_lapsed_file_is_not_reminded(chain, run):
    application = chain.submit(chain.draft())
    settle_application(application_id=application.pk, at=instant("2020-12-05 00:00"))
    assert run("2020-12-05 09:00") == {}
