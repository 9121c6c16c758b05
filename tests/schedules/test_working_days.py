"""Working days: the table that both notices agree on, and the administrator's calendar."""

import datetime as dt

import pytest

from core import clock
from schedules.models import CalendarDay, CalendarYear
from schedules.working_days import Calendar, CalendarUnannounced

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("posted", "fifth", "reportable"),
    [
        ("2020-11-26", "2020-12-03", "2020-12-04"),  # C22–C26: exactly the notice's dates
        ("2020-11-17", "2020-11-24", "2020-11-25"),  # the earliest meets the opening of C27
        ("2020-11-27", "2020-12-04", "2020-12-05"),  # too late for C26
        ("2021-07-15", "2021-07-22", "2021-07-23"),  # B12, B17 exactly
        ("2021-09-10", "2021-09-17", "2021-09-18"),  # one day of slack to B17
        ("2021-09-13", "2021-09-18", "2021-09-19"),  # a working Saturday
        ("2021-09-16", "2021-09-24", "2021-09-25"),  # past the close of 9-23
    ],
)
def test_lock_of_five_working_days_ends_as_the_notices_count(posted, fifth, reportable):
    day = dt.date.fromisoformat(posted)

    assert Calendar().add_working_days(day, 5) == dt.date.fromisoformat(fifth)
    ends_at = Calendar().lock_ends_at(day, 5)
    assert ends_at == clock.start_of(dt.date.fromisoformat(reportable))


@pytest.mark.parametrize(
    ("closes", "latest"),
    [
        ("2020-12-05", "2020-11-26"),  # C26
        ("2020-12-10", "2020-12-01"),  # C33: last re-approval for the limit 12-09
        ("2020-12-15", "2020-12-06"),  # for 12-14
        ("2020-12-18", "2020-12-09"),  # for 12-17
        ("2021-07-27", "2021-07-18"),  # B18
        ("2021-09-24", "2021-09-14"),  # B18, past a working Saturday and Mid-Autumn
    ],
)
def test_latest_posting_leaves_an_instant_to_report(closes, latest):
    closes_at = clock.start_of(dt.date.fromisoformat(closes))

    assert Calendar().latest_posting(closes_at, 5) == dt.date.fromisoformat(latest)


def test_calendar_day_of_the_administrator_wins_over_the_library():
    CalendarDay.objects.create(date="2020-11-30", is_working=False, note="停工一天")

    assert Calendar().add_working_days(dt.date(2020, 11, 26), 5) == dt.date(2020, 12, 4)


def test_calendar_of_an_unannounced_year_is_refused_with_where_to_enter_it():
    with pytest.raises(CalendarUnannounced) as caught:
        Calendar().is_working_day(dt.date(2040, 3, 1))

    assert "2040年" in str(caught.value)
    assert "年度安排 → 放假安排年份" in str(caught.value)


def test_calendar_of_a_confirmed_year_counts_weekdays_and_the_entered_days():
    CalendarYear.objects.create(year=2040, source="国办发明电〔2039〕1号")
    CalendarDay.objects.create(date="2040-03-01", is_working=False)
    CalendarDay.objects.create(date="2040-03-03", is_working=True)  # a Saturday
    calendar = Calendar()

    answers = [calendar.is_working_day(dt.date(2040, 3, day)) for day in range(1, 5)]
    assert answers == [False, True, True, False]


def test_calendar_within_one_request_reads_its_rows_once(at, django_assert_num_queries):
    at("2020-11-26 10:00")

    with django_assert_num_queries(2):
        Calendar().add_working_days(dt.date(2020, 11, 26), 5)
        Calendar().lock_ends_at(dt.date(2020, 11, 26), 5)


def test_calendar_day_added_within_one_request_counts_at_once(at):
    at("2020-11-26 10:00")
    Calendar().is_working_day(dt.date(2020, 11, 30))

    CalendarDay.objects.create(date="2020-11-30", is_working=False)
    assert Calendar().is_working_day(dt.date(2020, 11, 30)) is False

    CalendarDay.objects.get().delete()
    assert Calendar().is_working_day(dt.date(2020, 11, 30)) is True
