"""Why an action on an application was refused, in the reader's language."""

import datetime as dt

from django.utils.translation import gettext as _

from core import clock


class ActionRefused(Exception):
    """An action was not taken; nothing was changed. ``str()`` tells the user why."""


class ActionNotAvailable(ActionRefused):
    """The application is not where this action is possible."""


class ActionDenied(ActionRefused):
    """The person may not take this action on this application."""


class WindowNotOpen(ActionRefused):
    """The step's window has not opened yet."""

    def __init__(self, opens_at: dt.datetime) -> None:
        self.opens_at = opens_at
        super().__init__(_("本环节尚未开始，%s起可以办理。") % instant_text(opens_at))


class WindowClosed(ActionRefused):
    """The step's window has closed."""

    def __init__(self, closes_at: dt.datetime) -> None:
        self.closes_at = closes_at
        super().__init__(_("本环节已于%s截止，不能再办理。") % until_text(closes_at))


class StaleTransition(ActionRefused):
    """Somebody else, or the clock, has changed the application since the user saw it."""


class IncompleteApplication(ActionRefused):
    """The form has sections that are missing or wrong; ``problems`` lists them."""

    def __init__(self, problems: list) -> None:
        self.problems = problems
        super().__init__(_("申报信息还没有填写完整，请先补齐下列内容。"))


class NoReviewer(ActionRefused):
    """A step of the route has no organisation that could hold it."""


class NoticeStillRunning(ActionRefused):
    """The notice has not run its working days, or an objection to it is open."""


def instant_text(instant: dt.datetime) -> str:
    """Return an instant as people write it: 2020-12-04 00:00."""
    return instant.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M")


def until_text(closes_at: dt.datetime) -> str:
    """Return a half-open end as people write it: midnight is 24:00 of the day before."""
    local = closes_at.astimezone(clock.SHANGHAI)
    if local.time() == dt.time.min:
        return f"{local.date() - dt.timedelta(days=1):%Y-%m-%d} 24:00"
    return instant_text(local)
