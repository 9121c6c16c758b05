"""What an applicant does: start, submit, recall, withdraw, urge."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from applications import deadlines, sections, workflow
from applications.errors import ActionRefused, IncompleteApplication, WindowClosed, WindowNotOpen
from applications.models import Application, RouteStop, Snapshot, Urge
from applications.routes import plan_route
from applications.services import Result, apply_transition, current_stop, lock_application
from applications.signals import urged
from applications.snapshots import take_snapshot
from applications.workflow import Action, Phase
from core import clock
from organisations.models import Organisation
from schedules.models import OpenTitle


@transaction.atomic
def start_application(
    *, applicant: User, open_title: OpenTitle, at: dt.datetime | None = None
) -> Application:
    """Create a draft for an open title.

    Raises ``ActionRefused`` outside the filing window, or when the person already has a
    live application in the schedule and the schedule allows one only.
    """
    at = at or clock.now()
    track = open_title.track
    first = track.steps.order_by("order").first()
    if at < first.opens_at:
        raise WindowNotOpen(first.opens_at)
    if at >= first.closes_at:
        raise WindowClosed(first.closes_at)
    # The applicant's row is the lock: two clicks make one draft.
    User.objects.select_for_update(no_key=True).get(pk=applicant.pk)
    mine = Application.objects.filter(
        applicant=applicant, schedule=track.schedule, phase__in=workflow.LIVE
    )
    same = mine.filter(open_title=open_title, phase=Phase.DRAFT).first()
    if same is not None:
        return same
    if track.schedule.one_live_application and mine.exists():
        raise ActionRefused(_("您在本年度已有一份申报；如要改报，请先撤销它。"))
    application = Application(
        applicant=applicant,
        schedule=track.schedule,
        track=track,
        open_title=open_title,
        step=first,
        entered_at=at,
    )
    deadlines.refresh(application, None)
    application.save()
    application.number = f"{track.schedule.year}{application.pk:07d}"
    application.save(update_fields=["number"])
    return application


def submit_application(
    *,
    application: Application,
    actor: User,
    expected_version: int | None = None,
    content_version: int | None = None,
    at: dt.datetime | None = None,
) -> Result:
    """Submit a draft, or resubmit a correction: check, fix the route, freeze, hand over.

    ``content_version`` is that of the answers the applicant checked; when another page
    has changed them since, ``ActionRefused`` asks to look again. Raises
    ``IncompleteApplication`` with all that is missing, ``NoReviewer``, ``WindowClosed``.
    The result's transition carries the receipt number.
    """
    at = at or clock.now()

    def freeze(locked: Application) -> Snapshot:
        if content_version is not None and content_version != locked.content_version:
            raise ActionRefused(_("核对之后，填写的内容又有改动，请重新核对后提交。"))
        problems = sections.problems(locked)
        if problems:
            raise IncompleteApplication(problems)
        if locked.phase == Phase.DRAFT:
            _fix_route(locked, at=at)
        return take_snapshot(application=locked, at=at)

    action = Action.RESUBMIT if _is_correction(application, expected_version) else Action.SUBMIT
    return apply_transition(
        application=application,
        action=action,
        actor=actor,
        expected_version=expected_version,
        prepare=freeze,
        at=at,
    )


def _is_correction(application: Application, expected_version: int | None) -> bool:
    """Say whether a submit, made from the version the user saw, is of a correction.

    A repeated click must ask for the same action as the first one, which has already
    moved the application on.
    """
    if expected_version is None or expected_version == application.version:
        return application.phase == Phase.RETURNED
    seen = application.transitions.filter(sequence=expected_version).first()
    return seen is not None and seen.to_phase == Phase.RETURNED


def _fix_route(application: Application, *, at: dt.datetime) -> None:
    """Write the route's stops; after a recall they are planned anew."""
    stops = plan_route(
        open_title=application.open_title,
        employer=application.employer,
        personnel_agency=application.personnel_agency,
    )
    application.stops.all().delete()
    RouteStop.objects.bulk_create(
        RouteStop(
            application=application,
            position=position,
            step=stop.step,
            holder=stop.holder,
            reached_at=at if position == 0 else None,
        )
        for position, stop in enumerate(stops)
    )


def recall_application(
    *,
    application: Application,
    actor: User,
    expected_version: int | None = None,
    at: dt.datetime | None = None,
) -> Result:
    """Take back a file that the employer has not opened, while it can be submitted again."""
    return apply_transition(
        application=application,
        action=Action.RECALL,
        actor=actor,
        expected_version=expected_version,
        at=at,
    )


def withdraw_application(
    *,
    application: Application,
    actor: User,
    reason: str = "",
    expected_version: int | None = None,
    at: dt.datetime | None = None,
) -> Result:
    """End the application at the applicant's own wish; possible until it is registered."""
    return apply_transition(
        application=application,
        action=Action.WITHDRAW,
        actor=actor,
        reason=reason,
        expected_version=expected_version,
        at=at,
    )


@transaction.atomic
def urge_holder(
    *, application: Application, actor: User, at: dt.datetime | None = None
) -> Organisation:
    """Urge whoever holds the file (C43); at most once a day. Returns who was urged."""
    at = at or clock.now()
    locked = lock_application(application)
    standing = deadlines.standing(locked, at)
    if locked.applicant_id != actor.pk or standing.holder_id is None:
        raise ActionRefused(_("现在没有可以催办的单位。"))
    stop = current_stop(locked)
    if at < stop.step.opens_at:
        raise WindowNotOpen(stop.step.opens_at)
    if standing.phase == Phase.ON_NOTICE:
        raise ActionRefused(_("公示须满期限，期间不能催办。"))
    try:
        with transaction.atomic():
            Urge.objects.create(
                application=locked, organisation=stop.holder, urged_on=at.date(), urged_at=at
            )
    except IntegrityError:
        raise ActionRefused(_("今天已经催办过了，明天可以再次催办。")) from None
    urged.send(sender=Application, application=locked, organisation=stop.holder, at=at)
    return stop.holder
