"""Post notices, end them, and handle objections."""

import datetime as dt

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from applications import sections, snapshots
from applications.comparison import NOTICE_KEYS
from applications.errors import (
    ActionDenied,
    ActionNotAvailable,
    ActionRefused,
    instant_text,
)
from applications.models import Application, Snapshot
from applications.services import lock_application, refresh_deadlines, settle
from applications.workflow import Phase
from core import clock
from organisations.models import Organisation
from organisations.selectors import live_grants
from publicity.models import Notice, NoticeStatus, Objection, ObjectionStatus
from publicity.signals import objection_decided, objection_raised
from schedules.models import Step
from schedules.working_days import Calendar


def notice_content(snapshot: Snapshot) -> dict:
    """Return what a notice of this snapshot shows: no identity number, no telephone.

    Answers stand as they are stored, so that the same form gives the same notice whatever
    the reader's language (``selectors.achievements_of`` puts them in words).
    """
    applied_for = snapshot.data["applied_for"]
    frozen = snapshot.data["sections"]
    achievements = [
        {"kind": code, **{key: entry["data"].get(key, "") for key in NOTICE_KEYS}}
        for code in sections.registry
        if code.startswith(f"{sections.ACHIEVEMENT}_")
        for entry in frozen.get(code, [])
    ]
    return {
        "name": snapshots.personal_of(snapshot)["name"],
        "employer": applied_for["employer"] or applied_for["personnel_agency"],
        "title": applied_for["title"],
        "achievements": achievements,
    }


def latest_notice(application: Application) -> Notice | None:
    """Return the notice posted last, however it ended."""
    return application.notices.order_by("-posted_at", "-pk").first()


def cleared_notice_stands(application: Application) -> bool:
    """Say whether the notice that has cleared still stands for the latest snapshot (C33).

    It does unless what it shows has changed, or the returning officer ordered a new one.
    Only the notice posted last counts: once a newer one was needed and did not run its
    days, an older one does not come back.
    """
    return _stands_for(application, application.snapshots.order_by("-number").first())


def notice_would_stand(application: Application) -> bool:
    """Say the same of the working copy, if it were submitted as it is now."""
    working_copy = Snapshot(
        data=snapshots.content_of(application),
        personal=snapshots.canonical(snapshots.personal_content(application)),
    )
    return _stands_for(application, working_copy)


def _stands_for(application: Application, snapshot: Snapshot) -> bool:
    latest = latest_notice(application)
    if latest is None or latest.status != NoticeStatus.ENDED or application.new_notice_ordered:
        return False
    return latest.content_digest == snapshots.digest(notice_content(snapshot))


def post_or_keep(*, application: Application, at: dt.datetime) -> str:
    """Post a notice for the latest snapshot; return the phase in which the step begins."""
    if cleared_notice_stands(application):
        return Phase.NOTICE_CLEARED
    snapshot = application.snapshots.order_by("-number").first()
    content = notice_content(snapshot)
    working_days = application.schedule.publicity_working_days
    calendar = Calendar()
    last_day_on = calendar.add_working_days(at.astimezone(clock.SHANGHAI).date(), working_days)
    Notice.objects.create(
        application=application,
        organisation=application.stops.get(step=application.step).holder,
        snapshot=snapshot,
        content=content,
        content_digest=snapshots.digest(content),
        posted_at=at,
        working_days=working_days,
        last_day_on=last_day_on,
        clears_at=clock.start_of(last_day_on + dt.timedelta(days=1)),
    )
    application.new_notice_ordered = False
    return Phase.ON_NOTICE


def standing_notice(application: Application) -> Notice | None:
    """Return the latest notice that was not taken down."""
    return (
        application.notices.exclude(status=NoticeStatus.TAKEN_DOWN).order_by("-posted_at").first()
    )


def clears_at(application: Application) -> dt.datetime | None:
    """Return when the posted notice clears by itself; none while an objection blocks it."""
    if application.phase != Phase.ON_NOTICE:
        return None
    notice = standing_notice(application)
    if notice is None or notice.has_blocking_objection:
        return None
    decided = notice.objections.aggregate(latest=Max("decided_at"))["latest"]
    return max(filter(None, [notice.clears_at, decided]))


def why_not_reportable(application: Application) -> str:
    """Return, for the employer, why the application cannot be reported yet."""
    notice = standing_notice(application)
    if notice is not None and notice.has_blocking_objection:
        return _("公示期间收到异议，查清之前不能上报。")
    if notice is None:
        return _("还没有公示，不能上报。")
    return _("公示期未满，%s起可以上报。") % instant_text(notice.clears_at)


def end_notice(*, application: Application, at: dt.datetime) -> None:
    """Mark the posted notice as having run its days."""
    application.notices.filter(status=NoticeStatus.POSTED).update(
        status=NoticeStatus.ENDED, ended_at=at
    )


def take_down(*, application: Application, at: dt.datetime) -> None:
    """Take a posted notice down before its end (withdrawn, returned, refused, lapsed)."""
    application.notices.filter(status=NoticeStatus.POSTED).update(
        status=NoticeStatus.TAKEN_DOWN, ended_at=at
    )


def latest_posting_closes_at(step: Step) -> dt.datetime:
    """Return 24:00 of the last day on which a notice can be posted and still be reported."""
    working_days = step.track.schedule.publicity_working_days
    return latest_posting_before(step.closes_at, working_days=working_days)


def latest_posting_before(closes_at: dt.datetime, *, working_days: int) -> dt.datetime:
    """Return the same for a notice that must be reported before ``closes_at``."""
    day = Calendar().latest_posting(closes_at.astimezone(clock.SHANGHAI), working_days)
    return clock.start_of(day + dt.timedelta(days=1))


@transaction.atomic
def raise_objection(
    *,
    notice: Notice,
    text: str,
    author_name: str = "",
    author_telephone: str = "",
    at: dt.datetime | None = None,
) -> Objection:
    """Record an objection to a notice that is posted; it keeps the notice from clearing.

    The same words from the same person again (a double click) are the same objection.
    """
    at = at or clock.now()
    application = lock_application(notice.application)
    settle(application, at=at)
    notice.refresh_from_db()
    if notice.status != NoticeStatus.POSTED or at >= notice.clears_at:
        raise ActionNotAvailable(_("公示已经结束。"))
    same = (text, author_name, author_telephone)
    for known in notice.objections.filter(status=ObjectionStatus.OPEN):
        if (known.text, known.author_name, known.author_telephone) == same:
            return known
    objection = Objection.objects.create(
        notice=notice,
        text=text,
        author_name=author_name,
        author_telephone=author_telephone,
        raised_at=at,
    )
    refresh_deadlines(application=application)
    objection_raised.send(sender=Objection, objection=objection, at=at)
    return objection


@transaction.atomic
def decide_objection(
    *,
    objection: Objection,
    actor: User,
    organisation: Organisation,
    is_upheld: bool,
    finding: str,
    at: dt.datetime | None = None,
) -> Objection:
    """Record the outcome of an investigation (核查).

    Unfounded, it lets the notice clear when its days have run; upheld, the employer
    refuses or returns the application. The same conclusion by the same person again
    changes nothing.
    """
    at = at or clock.now()
    application = lock_application(objection.notice.application)
    settle(application, at=at)
    objection = Objection.objects.select_for_update().get(pk=objection.pk)
    outcome = ObjectionStatus.UPHELD if is_upheld else ObjectionStatus.UNFOUNDED
    said_before = (objection.status, objection.finding, objection.decided_by_id)
    if said_before == (outcome, finding.strip(), actor.pk):
        return objection
    if objection.status != ObjectionStatus.OPEN:
        raise ActionNotAvailable(_("这条异议已经有了调查结论。"))
    if application.phase != Phase.ON_NOTICE or application.holder_id != organisation.pk:
        raise ActionNotAvailable(_("这份申报已不在单位公示环节。"))
    if actor.pk == application.applicant_id:
        raise ActionDenied(_("您是本申报的申报人，须回避，请由本单位其他人员办理。"))
    if not live_grants(actor).has("decide_applications", organisation.pk):
        raise ActionDenied(_("您在本单位的角色没有此项权限。"))
    if not finding.strip():
        raise ActionRefused(_("请写明调查结论。"))
    objection.status = outcome
    objection.finding = finding.strip()
    objection.decided_by = actor
    objection.decided_at = at
    objection.save()
    refresh_deadlines(application=application)
    settle(lock_application(application), at=at)
    objection_decided.send(sender=Objection, objection=objection, at=at)
    return objection
