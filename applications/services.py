"""The one door for every change of an application's state.

:func:`apply_transition` is the only code that writes the state columns of an
application. Lock order everywhere: the application first, then order, notice, ballot.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from applications import deadlines, permissions, workflow
from applications.errors import (
    ActionDenied,
    ActionNotAvailable,
    ActionRefused,
    StaleTransition,
    WindowClosed,
    WindowNotOpen,
)
from applications.models import Application, RouteStop, Snapshot, Transition
from applications.signals import transitioned
from applications.workflow import Action, Effect, Phase, Rule
from core import clock
from organisations.models import Organisation


@dataclass(frozen=True)
class Result:
    """The application as it stands now, and the transition that was made.

    ``is_repeat`` says that the same person had made it before (a double click, a
    replayed request) and nothing was written this time.
    """

    application: Application
    transition: Transition
    is_repeat: bool = False


def lock_application(application: Application) -> Application:
    """Return the application's current row, locked until the transaction ends.

    The lock is taken without joins: PostgreSQL checks a joined row that had to wait
    again, and a file that has moved to another step meanwhile would not be found.
    """
    Application.objects.select_for_update().only("pk").get(pk=application.pk)
    return Application.objects.select_related(
        "schedule", "track", "open_title__title", "step", "employer", "holder"
    ).get(pk=application.pk)


@transaction.atomic
def apply_transition(
    *,
    application: Application,
    action: str,
    actor: User | None = None,
    organisation: Organisation | None = None,
    expected_version: int | None = None,
    reason: str = "",
    orders_new_notice: bool = False,
    prepare: Callable[[Application], Snapshot | None] | None = None,
    at: dt.datetime | None = None,
) -> Result:
    """Take ``action`` on ``application`` at the instant ``at`` (default: now).

    In one database transaction it locks the row, applies the automatic transitions that
    are due, checks phase, permission and window, calls ``prepare`` with the locked
    application (it may write what goes with the action, raise, or return the snapshot that
    a submit freezes), lets the step's kind check its own conditions and calls its hooks,
    writes the change and the append-only transition, and announces ``transitioned``.

    The same action by the same person on the same version gives the first transition
    again. Raises ``ActionRefused`` (``ActionNotAvailable``, ``ActionDenied``,
    ``WindowNotOpen``, ``WindowClosed``, ``StaleTransition``, or what a hook raises);
    then nothing is changed.
    """
    at = at or clock.now()
    locked = lock_application(application)
    repeat = _find_repeat(locked, action=action, actor=actor, expected_version=expected_version)
    if repeat is not None:
        return Result(locked, repeat, is_repeat=True)
    settle(locked, at=at)
    rule = _check(
        locked, action=action, actor=actor, organisation=organisation, reason=reason, at=at
    )
    snapshot = prepare(locked) if prepare is not None else None
    locked.step.behaviour.check(application=locked, action=action, at=at)
    made = _perform(
        locked,
        action=action,
        rule=rule,
        actor=actor,
        organisation=organisation,
        reason=reason,
        snapshot=snapshot,
        orders_new_notice=orders_new_notice,
        at=at,
    )
    return Result(locked, made)


def settle(application: Application, *, at: dt.datetime) -> None:
    """Apply the automatic transitions of a locked application that fell due by ``at``.

    Each is dated at the instant when it fell due, whatever the worker did. A stored
    deadline may be out of date for a moment after the schedule gave more time: before a
    file lapses, its deadline is computed anew.
    """
    while application.next_due_at is not None and application.next_due_at <= at:
        action = deadlines.next_automatic(application)
        if action == Action.LAPSE and _has_more_time(application):
            continue
        _perform(
            application,
            action=action,
            rule=workflow.rule_for(application.step.kind, application.phase, action),
            actor=None,
            organisation=application.holder if action == Action.LAPSE else None,
            at=application.next_due_at,
        )


def _has_more_time(application: Application) -> bool:
    """Store, and say, that the schedule gives a locked application more time by now."""
    stored = deadlines.following(application)
    due_at = application.due_at
    deadlines.follow(application, list(application.stops.select_related("step")))
    if application.due_at > due_at:
        application.save(update_fields=[*deadlines.FOLLOWING, "updated_at"])
        return True
    for name, value in zip(deadlines.FOLLOWING, stored, strict=True):
        setattr(application, name, value)
    return False


@transaction.atomic
def settle_application(*, application_id: int, at: dt.datetime) -> None:
    """Record what fell due for one application; for the periodic task."""
    waiting = Application.objects.select_for_update(skip_locked=True).filter(pk=application_id)
    found = waiting.only("pk").first()
    if found is not None:
        settle(lock_application(found), at=at)


@transaction.atomic
def refresh_deadlines(*, application: Application) -> None:
    """Compute the stored deadlines anew: after an objection, or a change of the schedule."""
    locked = lock_application(application)
    deadlines.refresh(locked, current_stop(locked))
    locked.save(update_fields=["due_at", "clears_at", "next_due_at", "updated_at"])


def current_stop(application: Application) -> RouteStop | None:
    """Return the stop at which the application stands; none before its first submit."""
    return application.stops.select_related("step", "holder").filter(step=application.step).first()


def _find_repeat(
    application: Application, *, action: str, actor: User | None, expected_version: int | None
) -> Transition | None:
    """Return the transition that this very request has already made, if it has.

    Raises ``StaleTransition`` when another person made one from the version the user saw.
    """
    if expected_version is None or expected_version == application.version:
        return None
    since = list(
        application.transitions.select_related("actor", "organisation").filter(
            sequence__gt=expected_version
        )
    )
    by_person = next((made for made in since if made.actor_id is not None), None)
    if by_person is None:
        return None
    # A file that has come back since to where it was then is to be acted on anew: the old
    # receipt would say that something was done which was not.
    came_back = any(
        made.to_step_id == by_person.from_step_id and made.to_phase == by_person.from_phase
        for made in since
        if made.sequence > by_person.sequence
    )
    is_mine = actor is not None and by_person.actor_id == actor.pk and by_person.action == action
    if is_mine and not came_back:
        return by_person
    if is_mine:
        raise StaleTransition(
            _("这个页面是以前打开的，此后情况又有变化，本次操作没有执行。请查看最新情况后再办理。")
        )
    raise StaleTransition(
        _("%(organisation)s已于%(at)s办理“%(action)s”，本次操作没有执行。请查看最新情况。")
        % {
            "organisation": by_person.organisation or _("申报人"),
            "at": by_person.at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M"),
            "action": by_person.get_action_display(),
        }
    )


def _check(
    application: Application,
    *,
    action: str,
    actor: User | None,
    organisation: Organisation | None,
    reason: str,
    at: dt.datetime,
) -> Rule:
    """Return the rule for an action that is possible here, now, for this person."""
    rule = workflow.rule_for(application.step.kind, application.phase, action)
    stop = current_stop(application)
    if rule is None:
        raise application.step.behaviour.refusal(
            application=application, action=action
        ) or ActionNotAvailable(
            _("现在的状态是“%s”，不能进行此操作。") % application.get_phase_display()
        )
    decision = permissions.may_act(
        user=actor, organisation=organisation, application=application, rule=rule, stop=stop
    )
    if not decision:
        raise ActionDenied(decision.reason)
    if rule.in_window:
        _check_window(application, stop=stop, at=at)
    if rule.needs_reason and not reason.strip():
        raise ActionRefused(_("请写明理由。"))
    return rule


def _check_window(application: Application, *, stop: RouteStop | None, at: dt.datetime) -> None:
    step = application.step
    if application.phase == Phase.RETURNED:
        if at >= application.correction_due_at:
            raise WindowClosed(application.correction_due_at)
        return
    if at < step.opens_at:
        raise WindowNotOpen(step.opens_at)
    closes_at = deadlines.closes_at(application, stop) if stop else step.closes_at
    if at >= closes_at:
        raise WindowClosed(closes_at)


def _perform(
    application: Application,
    *,
    action: str,
    rule: Rule,
    actor: User | None,
    organisation: Organisation | None,
    at: dt.datetime,
    reason: str = "",
    snapshot: Snapshot | None = None,
    orders_new_notice: bool = False,
) -> Transition:
    """Write one transition of a locked, checked application."""
    from_step, from_phase = application.step, application.phase
    route = list(application.stops.select_related("step", "holder"))
    here = next((stop for stop in route if stop.step_id == application.step_id), None)
    application.version += 1

    match rule.effect:
        case Effect.STAY:
            if action == Action.OPEN and here is not None and here.opened_at is None:
                here.opened_at = at
                here.save(update_fields=["opened_at"])
            application.phase = rule.to_phase or application.phase
            application.step.behaviour.stay(application=application, action=action, at=at)
        case Effect.ADVANCE:
            _advance(application, route=route, here=here, action=action, at=at)
        case Effect.RETURN:
            _return(application, route=route, here=here, action=action, at=at)
            application.new_notice_ordered |= orders_new_notice
        case Effect.RESUME:
            limit = deadlines.correction_limit(stop=here, route=route, at=at)
            target = _first_review(route) if limit.resumes_at_first_review else here
            application.submissions += 1
            _enter(application, target, at=at)
        case Effect.RECALL:
            _leave(application, here, action=action, at=at)
            _recall(application, route=route)
        case Effect.END:
            if here is not None:
                _leave(application, here, action=action, at=at)
            application.phase = rule.to_phase
            application.ended_at = at

    if action == Action.SUBMIT:
        application.submissions += 1
    if action in (Action.SUBMIT, Action.RESUBMIT):
        application.submitted_at = at
    stop = next((stop for stop in route if stop.step_id == application.step_id), None)
    _set_holder(application, stop)
    deadlines.refresh(application, stop)
    application.save()
    made = Transition.objects.create(
        application=application,
        sequence=application.version,
        action=action,
        from_step=from_step,
        from_phase=from_phase,
        to_step=application.step,
        to_phase=application.phase,
        actor=actor,
        organisation=organisation,
        snapshot=snapshot,
        receipt_number=(f"{application.number}-{application.submissions:02d}" if snapshot else ""),
        reason=reason.strip(),
        at=at,
        recorded_at=clock.running(),
    )
    transitioned.send(sender=Application, application=application, transition=made)
    return made


def _advance(
    application: Application,
    *,
    route: list[RouteStop],
    here: RouteStop,
    action: str,
    at: dt.datetime,
) -> None:
    """Leave this stop and enter the next one; past the last, the application is registered."""
    _leave(application, here, action=action, at=at)
    onward = next((stop for stop in route if stop.position > here.position), None)
    if onward is None:
        application.phase = Phase.REGISTERED
        application.registered_at = at
    else:
        _enter(application, onward, at=at)


def _enter(application: Application, stop: RouteStop, *, at: dt.datetime) -> None:
    stop.reached_at = at
    stop.opened_at = stop.left_at = None
    stop.save(update_fields=["reached_at", "opened_at", "left_at"])
    application.step = stop.step
    application.entered_at = at
    application.phase = stop.step.behaviour.enter(application=application, at=at)


def _leave(application: Application, stop: RouteStop, *, action: str, at: dt.datetime) -> None:
    if application.phase == Phase.RETURNED:
        return  # the office has left it when it returned the file
    stop.step.behaviour.leave(application=application, action=action, at=at)
    stop.left_at = at
    stop.save(update_fields=["left_at"])


def _return(
    application: Application,
    *,
    route: list[RouteStop],
    here: RouteStop,
    action: str,
    at: dt.datetime,
) -> None:
    """Give the file back to the applicant, with the limit of the returning step."""
    limit = correction_on_return(application, here=here, route=route, at=at)
    if limit is None:
        raise ActionNotAvailable(_("本环节不办理退回。"))
    if at >= limit.due_at:
        raise WindowClosed(limit.due_at)
    _leave(application, here, action=action, at=at)
    application.phase = Phase.RETURNED
    application.correction_due_at = limit.due_at
    application.extended_until = limit.reviews_until
    # C33: verification and notice are one stage of the notice, so both stay open.
    same_stage = [stop.position for stop in route if stop.step.stage == here.step.stage]
    application.extended_through = max([*same_stage, application.extended_through or 0])


def correction_on_return(
    application: Application, *, here: RouteStop, route: list[RouteStop], at: dt.datetime
) -> deadlines.CorrectionLimit | None:
    """Return what a return from ``here`` at ``at`` allows; ``None`` when there is none.

    A second return by an earlier step does not shorten what a later one has allowed.
    """
    limit = deadlines.correction_limit(stop=here, route=route, at=at)
    if limit is None:
        return None
    return replace(
        limit,
        due_at=max(filter(None, [limit.due_at, _running_extension(application, at)])),
        reviews_until=max(filter(None, [limit.reviews_until, application.extended_until])),
    )


def _first_review(route: list[RouteStop]) -> RouteStop:
    """Return the first stop at which an office acts (C33: redoing starts at the employer)."""
    return next(stop for stop in route if stop.step.behaviour.holder_acts)


def _running_extension(application: Application, at: dt.datetime) -> dt.datetime | None:
    """Return the limit of a correction whose redone reviews have not passed its step yet."""
    due_at = application.correction_due_at
    if due_at is None or due_at <= at:
        return None
    stop = current_stop(application)
    return due_at if stop.position <= application.extended_through else None


def _recall(application: Application, *, route: list[RouteStop]) -> None:
    """Take back a file that nobody has opened: to the draft, or to the correction it was."""
    if application.correction_due_at is not None:
        application.phase = Phase.RETURNED
        application.step = next(
            stop.step for stop in route if stop.position == application.extended_through
        )
    else:
        application.phase = Phase.DRAFT
        application.step = route[0].step
        # It has reached nobody then: an unopened file is the applicant's alone again.
        application.stops.exclude(pk=route[0].pk).update(reached_at=None)


def _set_holder(application: Application, stop: RouteStop | None) -> None:
    """Name the organisation whose turn it is; none when it is the applicant's or nobody's."""
    an_office_acts = (
        stop is not None
        and stop.step.behaviour.holder_acts
        and application.phase not in workflow.SETTLED | workflow.EDITABLE
    )
    application.holder = stop.holder if an_office_acts else None
