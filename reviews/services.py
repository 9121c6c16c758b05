"""Check, approve, return and refuse a file on behalf of an office."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from applications import deadlines
from applications.errors import (
    ActionDenied,
    ActionNotAvailable,
    ActionRefused,
    StaleTransition,
)
from applications.models import Application, RouteStop, Snapshot
from applications.routes import stops_of
from applications.services import (
    Result,
    apply_transition,
    correction_on_return,
    current_stop,
    lock_application,
)
from applications.workflow import Action
from core import clock
from organisations.models import Organisation
from organisations.selectors import live_grants
from reviews.models import CorrectionNotice, Deficiency, ItemCheck, Opinion, Verdict


def check_recall(*, application: Application, at: dt.datetime) -> None:
    """Raise ``ActionNotAvailable`` when the applicant may not recall the file any more.

    A file that the employer has opened stays; and one that could not be submitted again
    is not taken back, because that would lose it.
    """
    route = stops_of(application)
    stop = next(stop for stop in route if stop.step_id == application.step_id)
    if stop.opened_at is not None:
        raise ActionNotAvailable(_("单位已经开始审核，不能撤回修改；如有错误，请联系单位退回。"))
    if application.correction_due_at is not None:
        reopens_until = application.correction_due_at
    else:
        reopens_until = route[0].step.closes_at
    if at >= reopens_until:
        raise ActionNotAvailable(_("填报已经截止，撤回后将无法再次提交，因此不能撤回。"))


def open_application(
    *,
    application: Application,
    actor: User,
    organisation: Organisation,
    expected_version: int | None = None,
    at: dt.datetime | None = None,
) -> Application:
    """Note that the office has begun to check the file; opening it again changes nothing.

    That holds as well for two of its people at the same moment.
    """
    stop = current_stop(application)
    if stop is not None and stop.opened_at is not None:
        return application
    try:
        return apply_transition(
            application=application,
            action=Action.OPEN,
            actor=actor,
            organisation=organisation,
            expected_version=expected_version,
            at=at,
        ).application
    except StaleTransition:
        application.refresh_from_db()
        stop = current_stop(application)
        is_here = stop is not None and stop.holder_id == organisation.pk
        if is_here and stop.opened_at is not None:
            return application
        raise


def findings_of(organisation: Organisation, snapshot: Snapshot) -> QuerySet[ItemCheck]:
    """Return an office's findings on a snapshot, at whichever of its stops it made them."""
    return ItemCheck.objects.filter(snapshot=snapshot, stop__holder=organisation)


@transaction.atomic
def record_check(
    *,
    application: Application,
    actor: User,
    organisation: Organisation,
    snapshot: Snapshot,
    section: str,
    verdict: str,
    entry_id: str = "",
    comment: str = "",
    at: dt.datetime | None = None,
) -> ItemCheck | None:
    """Record the office's finding on a section of the snapshot it is looking at.

    With ``entry_id`` it is on one entry: ``DEFICIENT`` marks it, "" takes the mark away
    (then ``None`` is returned). A section with a marked entry is not correct.
    """
    at = at or clock.now()
    stop = _checking_stop(application, actor=actor, organisation=organisation, at=at)
    latest = stop.application.snapshots.order_by("-number").first()
    if latest != snapshot:
        raise ActionNotAvailable(_("申报人已重新提交，请按最新内容审核。"))
    entries = [entry["id"] for entry in snapshot.data["sections"].get(section, [])]
    if not entries or (entry_id and entry_id not in entries):
        raise ActionRefused(_("申报表中没有这一项。"))
    findings = findings_of(organisation, snapshot).filter(section=section)
    if entry_id and not verdict:
        findings.filter(entry_id=entry_id).delete()
        return None
    if verdict not in Verdict or (entry_id and verdict != Verdict.DEFICIENT):
        raise ActionRefused(_("请选择核对结果。"))
    if verdict == Verdict.CORRECT and findings.exclude(entry_id="").exists():
        raise ActionRefused(_("本部分有条目标记了问题；如已核实无误，请先取消标记。"))
    check, _created = ItemCheck.objects.update_or_create(
        stop__holder=organisation,
        snapshot=snapshot,
        section=section,
        entry_id=entry_id,
        defaults={
            "application": stop.application,
            "stop": stop,
            "verdict": verdict,
            "comment": comment.strip(),
            "checked_by": actor,
            "checked_at": at,
        },
    )
    if entry_id:
        findings.filter(entry_id="", verdict=Verdict.CORRECT).delete()
    return check


@transaction.atomic
def carry_over_checks(
    *,
    application: Application,
    actor: User,
    organisation: Organisation,
    sections: list[str],
    at: dt.datetime | None = None,
) -> int:
    """Mark as correct what the office found correct before and what has not changed since.

    ``sections`` are those that the officer was shown as unchanged; a finding made in the
    meantime stays. Returns how many were marked.
    """
    at = at or clock.now()
    stop = _checking_stop(application, actor=actor, organisation=organisation, at=at)
    latest = stop.application.snapshots.order_by("-number").first()
    done = findings_of(organisation, latest).values_list("section", flat=True)
    missing = [code for code in sections if code not in set(done)]
    ItemCheck.objects.bulk_create(
        ItemCheck(
            application=stop.application,
            stop=stop,
            snapshot=latest,
            section=code,
            verdict=Verdict.CORRECT,
            comment=_("内容未变，沿用上次核对结论"),
            checked_by=actor,
            checked_at=at,
        )
        for code in missing
    )
    return len(missing)


def _checking_stop(
    application: Application, *, actor: User, organisation: Organisation, at: dt.datetime
) -> RouteStop:
    """Return the locked file's stop if the actor may check items there; raise otherwise."""
    locked = lock_application(application)
    stop = current_stop(locked)
    holder_id = deadlines.standing(locked, at).holder_id
    if stop is None or stop.holder_id != organisation.pk or holder_id != organisation.pk:
        raise ActionDenied(_("此申报现在不由您的单位办理。"))
    if actor.pk == locked.applicant_id:
        raise ActionDenied(_("您是本申报的申报人，须回避，请由本单位其他人员办理。"))
    if not live_grants(actor).has("review_applications", organisation.pk):
        raise ActionDenied(_("您在本单位的角色没有此项权限。"))
    stop.application = locked
    return stop


def unchecked_sections(application: Application) -> list[str]:
    """Return the sections of the latest snapshot that the holding office has not found correct."""
    snapshot = application.snapshots.order_by("-number").first()
    office = current_stop(application).holder
    correct = set(
        findings_of(office, snapshot)
        .filter(verdict=Verdict.CORRECT, entry_id="")
        .values_list("section", flat=True)
    )
    return [section for section in snapshot.data["sections"] if section not in correct]


@transaction.atomic
def approve(
    *,
    application: Application,
    actor: User,
    organisation: Organisation,
    opinion: str,
    expected_version: int | None = None,
    at: dt.datetime | None = None,
) -> Result:
    """Approve the file and send it on, with the office's opinion (C19–C32).

    Raises ``ActionRefused`` when the step wants an opinion, or every section checked, and
    they are missing.
    """

    def ready(locked: Application) -> None:
        settings = locked.step.settings
        if settings.get("needs_opinion", True) and not opinion.strip():
            raise ActionRefused(_("请填写推荐意见。"))
        if settings.get("checks_every_item") and unchecked_sections(locked):
            raise ActionRefused(_("还有内容没有逐项核对，或者核对有问题，不能审核通过。"))

    result = apply_transition(
        application=application,
        action=Action.APPROVE,
        actor=actor,
        organisation=organisation,
        expected_version=expected_version,
        prepare=ready,
        at=at,
    )
    if not opinion.strip():
        return result
    if not result.is_repeat:
        _write_opinion(result, actor=actor, organisation=organisation, text=opinion)
    elif result.transition.opinion.text != opinion.strip():
        raise StaleTransition(_("您已经审核通过，这次修改的意见没有保存。请查看最新情况。"))
    return result


def report(
    *,
    application: Application,
    actor: User,
    organisation: Organisation,
    expected_version: int | None = None,
    at: dt.datetime | None = None,
) -> Result:
    """Report the file upward after its notice has cleared (上报主管部门, C26)."""
    return apply_transition(
        application=application,
        action=Action.REPORT,
        actor=actor,
        organisation=organisation,
        expected_version=expected_version,
        at=at,
    )


@dataclass(frozen=True)
class DeficiencyInput:
    """One thing to correct, as an officer writes it."""

    section: str
    text: str
    entry_id: str = ""
    is_material: bool = False


@transaction.atomic
def return_for_correction(
    *,
    application: Application,
    actor: User,
    organisation: Organisation,
    deficiencies: list[DeficiencyInput],
    text: str = "",
    orders_new_notice: bool = False,
    expected_version: int | None = None,
    at: dt.datetime | None = None,
) -> Result:
    """Return the file with everything that must be corrected, all at once (C33, C34, B21)."""
    if not deficiencies:
        raise ActionRefused(_("请至少列出一项须补正的内容。"))
    result = apply_transition(
        application=application,
        action=Action.RETURN,
        actor=actor,
        organisation=organisation,
        reason=text or _("共%d项须补正") % len(deficiencies),
        orders_new_notice=orders_new_notice,
        expected_version=expected_version,
        at=at,
    )
    if not result.is_repeat:
        notice = CorrectionNotice.objects.create(
            application=result.application,
            transition=result.transition,
            snapshot=result.application.snapshots.order_by("-number").first(),
            organisation=organisation,
            text=text.strip(),
            due_at=result.application.correction_due_at,
        )
        Deficiency.objects.bulk_create(
            Deficiency(
                notice=notice,
                section=item.section,
                entry_id=item.entry_id,
                text=item.text.strip(),
                is_material=item.is_material,
            )
            for item in deficiencies
        )
    return result


@transaction.atomic
def refuse(
    *,
    application: Application,
    actor: User,
    organisation: Organisation,
    reason: str,
    expected_version: int | None = None,
    at: dt.datetime | None = None,
) -> Result:
    """Refuse the file for good, with a reason (不予推荐、不予受理)."""
    result = apply_transition(
        application=application,
        action=Action.REJECT,
        actor=actor,
        organisation=organisation,
        reason=reason,
        expected_version=expected_version,
        at=at,
    )
    if not result.is_repeat:
        _write_opinion(result, actor=actor, organisation=organisation, text=reason)
    return result


def _write_opinion(result: Result, *, actor: User, organisation: Organisation, text: str) -> None:
    Opinion.objects.create(
        application=result.application,
        transition=result.transition,
        step_name=result.transition.from_step.name,
        organisation=organisation,
        author=actor,
        text=text.strip(),
        given_at=result.transition.at,
    )


def correction_outlook(
    *, application: Application, at: dt.datetime | None = None
) -> deadlines.CorrectionLimit | None:
    """Return what a return now would allow, to tell the officer before the decision."""
    here = current_stop(application)
    route = list(application.stops.select_related("step"))
    return correction_on_return(application, here=here, route=route, at=at or clock.now())
