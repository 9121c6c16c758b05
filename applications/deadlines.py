"""When a step closes for one application, and what the clock alone makes of it."""

import datetime as dt
from dataclasses import dataclass

from applications.models import Application, RouteStop
from applications.workflow import EDITABLE, SETTLED, Action, Phase
from schedules.models import CorrectionUntil, Step

# Columns that follow the schedule.
FOLLOWING = ("due_at", "next_due_at", "correction_due_at", "extended_until")


@dataclass(frozen=True)
class Standing:
    """Where an application stands at an instant, with due automatic transitions applied."""

    phase: str
    holder_id: int | None
    due_at: dt.datetime | None


def standing(application: Application, at: dt.datetime) -> Standing:
    """Return the standing at ``at`` without writing anything.

    Pages and lists use it, so that a late worker misleads nobody.
    """
    phase = application.phase
    if application.next_due_at is None or application.next_due_at > at:
        return Standing(phase, application.holder_id, application.due_at)
    if application.due_at is not None and application.due_at <= at:
        return Standing(Phase.LAPSED, None, None)
    return Standing(Phase.NOTICE_CLEARED, application.holder_id, application.due_at)


def closes_at(application: Application, stop: RouteStop) -> dt.datetime:
    """Return the end of a stop's window as it stands for this application.

    A correction keeps every step up to and including the returning one open to the file
    until the correction's own limit; the next step keeps its own close (C33, C34).
    """
    own = stop.step.behaviour.closes_at(step=stop.step, application=application)
    if (
        application.extended_until is not None
        and application.extended_through is not None
        and stop.position <= application.extended_through
    ):
        return max(own, application.extended_until)
    return own


@dataclass(frozen=True)
class CorrectionLimit:
    """What a return from a stop allows: see ``Step.correction_until``."""

    due_at: dt.datetime
    reviews_until: dt.datetime
    resumes_at_first_review: bool


def correction_limit(
    *, stop: RouteStop, route: list[RouteStop], at: dt.datetime
) -> CorrectionLimit | None:
    """Return until when a file returned from ``stop`` at ``at`` can be corrected.

    C33: the close of the next stage on the file's own route, every review before it done
    again by then. C34: a fixed instant, straight back to the step. ``None`` when the step
    allows no return.
    """
    step: Step = stop.step
    match step.correction_until:
        case CorrectionUntil.NEXT_STAGE_CLOSE:
            later = (
                other.step
                for other in route
                if other.position > stop.position and other.step.stage != step.stage
            )
            following = next(later, None)
            limit = following.closes_at if following else step.closes_at
            return CorrectionLimit(limit, limit, resumes_at_first_review=True)
        case CorrectionUntil.FIXED:
            limit = step.correction_closes_at
            reviews_until = step.correction_review_closes_at or max(limit, step.closes_at)
            return CorrectionLimit(limit, reviews_until, resumes_at_first_review=False)
        case CorrectionUntil.DAYS:
            limit = at + dt.timedelta(days=step.correction_days)
            reviews_until = step.correction_review_closes_at or max(limit, step.closes_at)
            return CorrectionLimit(limit, reviews_until, resumes_at_first_review=False)
    return None


def refresh(application: Application, stop: RouteStop | None) -> None:
    """Set ``due_at``, ``clears_at`` and ``next_due_at`` from where the application stands."""
    application.clears_at = None
    if application.phase not in SETTLED | EDITABLE:
        application.clears_at = application.step.behaviour.clears_at(application=application)
    follow_window(application, stop)


def follow_window(application: Application, stop: RouteStop | None) -> None:
    """Set ``due_at`` and ``next_due_at`` from the windows; the end of a notice stays."""
    if application.phase in SETTLED:
        application.due_at = application.next_due_at = None
        return
    if application.phase == Phase.RETURNED:
        application.due_at = application.next_due_at = application.correction_due_at
        return
    if application.phase == Phase.DRAFT:
        # A draft at the close is not filed; nothing happens to it.
        application.due_at = application.step.closes_at
        application.next_due_at = None
        return
    application.due_at = closes_at(application, stop)
    application.next_due_at = min(filter(None, [application.due_at, application.clears_at]))


def following(application: Application) -> tuple:
    """Return the stored deadlines that follow the schedule."""
    return tuple(getattr(application, name) for name in FOLLOWING)


def follow(application: Application, route: list[RouteStop]) -> bool:
    """Set the deadlines from the schedule as it is now; say whether one changed.

    A correction's limit follows when the schedule gives more time; one that was told to
    somebody is never shortened. The end of a notice stays.
    """
    before = following(application)
    if application.extended_through is not None:
        _extend_correction(application, route)
    stop = next((stop for stop in route if stop.step_id == application.step_id), None)
    follow_window(application, stop)
    return following(application) != before


def _extend_correction(application: Application, route: list[RouteStop]) -> None:
    """Let a correction that may still run share the time that its step now allows."""
    returning = next(stop for stop in route if stop.position == application.extended_through)
    if returning.step.correction_until == CorrectionUntil.DAYS:
        return  # counted from the return, not from the schedule
    limit = correction_limit(stop=returning, route=route, at=application.entered_at)
    if limit is None:
        return
    application.extended_until = max(application.extended_until, limit.reviews_until)
    if application.phase == Phase.RETURNED:
        application.correction_due_at = max(application.correction_due_at, limit.due_at)


def next_automatic(application: Application) -> str:
    """Return the automatic action that falls due at ``next_due_at``; a lapse goes first."""
    return Action.LAPSE if application.due_at == application.next_due_at else Action.CLEAR
