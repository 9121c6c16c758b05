"""Working days (工作日), as both notices count them.

The day of posting is not counted; the lock opens at 00:00 of the day after the last
working day. Public holidays and make-up working days (调休) count as the State Council
announced them: from the public-holiday library, over which the administrator's
``CalendarDay`` rows win. A year that is not announced is an error, never a guess.
"""

import datetime as dt
from contextvars import ContextVar

import chinese_calendar
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext as _

from core import clock
from schedules.models import CalendarDay, CalendarYear


class CalendarUnannounced(Exception):
    """The public holidays of a year are neither in the library nor entered by hand."""

    def __init__(self, year: int) -> None:
        self.year = year
        super().__init__(
            _(
                "%(year)s年的放假安排尚未公布或录入，无法计算工作日。请管理员在后台"
                "“年度安排 → 放假安排年份”中录入并确认。"
            )
            % {"year": year}
        )


class Calendar:
    """Working days, with the administrator's rows read once for each request.

    Raises ``CalendarUnannounced`` on the first question about an unannounced year.
    """

    def __init__(self) -> None:
        self._days, self._confirmed = _administrators_rows()

    def is_working_day(self, date: dt.date) -> bool:
        """Say whether ``date`` is a working day."""
        if date in self._days:
            return self._days[date]
        try:
            return chinese_calendar.is_workday(date)
        except NotImplementedError:
            if date.year not in self._confirmed:
                raise CalendarUnannounced(date.year) from None
            return date.weekday() < 5

    def add_working_days(self, start: dt.date, count: int) -> dt.date:
        """Return the ``count``-th working day after ``start`` (which is not counted)."""
        date = start
        while count:
            date += dt.timedelta(days=1)
            count -= self.is_working_day(date)
        return date

    def lock_ends_at(self, posted_on: dt.date, working_days: int) -> dt.datetime:
        """Return 00:00 of the day after the last working day of a notice posted that day."""
        last_day = self.add_working_days(posted_on, working_days)
        return clock.start_of(last_day + dt.timedelta(days=1))

    def latest_posting(self, closes_at: dt.datetime, working_days: int) -> dt.date:
        """Return the last day on which a notice can be posted and still clear in time.

        In time means strictly before ``closes_at``, so that an instant is left to report it.
        """
        day = closes_at.date()
        while self.lock_ends_at(day, working_days) >= closes_at:
            day -= dt.timedelta(days=1)
        return day


_Rows = tuple[dict[dt.date, bool], set[int]]
_kept: ContextVar[tuple[dt.datetime, _Rows] | None] = ContextVar("calendar_rows", default=None)


def _administrators_rows() -> _Rows:
    """Return the administrator's days and confirmed years, read once while the clock is pinned.

    The clock is pinned for the length of a request, and while it is, it answers with one
    and the same object.
    """
    now = clock.now()
    kept = _kept.get()
    if kept is not None and kept[0] is now:
        return kept[1]
    rows = (
        dict(CalendarDay.objects.values_list("date", "is_working")),
        set(CalendarYear.objects.values_list("year", flat=True)),
    )
    _kept.set((now, rows))
    return rows


def _forget_rows(**kwargs) -> None:
    _kept.set(None)


for _model in (CalendarDay, CalendarYear):
    post_save.connect(_forget_rows, sender=_model)
    post_delete.connect(_forget_rows, sender=_model)
