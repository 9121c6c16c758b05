"""Every stage of one application: dates, whose turn it is and until when, and what happened."""

import datetime as dt
from dataclasses import dataclass, field
from itertools import groupby

from django.utils.translation import gettext as _

from applications import deadlines
from applications.deadlines import Standing
from applications.models import Application, RouteStop, Transition
from applications.routes import stops_of
from applications.workflow import ENDED, Action, Phase
from core import clock
from core.templatetags.zhicheng import day_cn, instant_cn, until_short
from organisations.models import Organisation
from schedules.models import Step

UPCOMING, CURRENT, DONE = "upcoming", "current", "done"
MISSED, STOPPED = "missed", "stopped"


@dataclass(frozen=True)
class Contact:
    """Whom to ask about a file (C42)."""

    organisation: str
    name: str = ""
    telephone: str = ""
    address: str = ""


@dataclass
class Stage:
    """One stage of the notice, as the timeline shows it; all texts are ready to print.

    ``state`` is one of upcoming, current, done, missed (lapsed here) and stopped (refused
    or withdrawn here). ``turn`` says whose turn it is; only the current stage has it, with
    ``due_at`` (half-open), ``contact`` and ``place``.
    """

    title: str
    state: str = UPCOMING
    dates: str = ""
    holder: str = ""
    notes: list[str] = field(default_factory=list)
    turn: str = ""
    is_applicants_turn: bool = False
    due_at: dt.datetime | None = None
    contact: Contact | None = None
    place: str = ""


@dataclass(frozen=True)
class Event:
    """One thing that happened, in plain words; no officer is named."""

    at: dt.datetime
    text: str
    reason: str = ""
    receipt_number: str = ""


@dataclass(frozen=True)
class _Leg:
    """A step on the way, with its stop where the route is fixed."""

    step: Step
    stop: RouteStop | None


def build_timeline(
    application: Application, at: dt.datetime, *, for_applicant: bool = False
) -> list[Stage]:
    """Return the stages in order: those of the route, before the first submit of the track.

    ``for_applicant`` words whose turn it is to the applicant ("轮到您").
    """
    standing = deadlines.standing(application, at)
    legs = _legs(application)
    position = next(
        (index for index, leg in enumerate(legs) if leg.step.pk == application.step_id), 0
    )
    stages: list[Stage] = []
    for title, group in groupby(enumerate(legs), key=lambda pair: pair[1].step.stage):
        numbered = list(group)
        stage = Stage(title)
        _describe(stage, application, [leg for _index, leg in numbered])
        first, last = numbered[0][0], numbered[-1][0]
        here = legs[position] if first <= position <= last else None
        if standing.phase == Phase.REGISTERED or last < position:
            _finish(stage, [leg for _index, leg in numbered])
        else:
            ahead = [leg.step for index, leg in numbered if index >= position]
            stage.notes = [_advice(step) for step in ahead if _is_advisable(step, at)]
            if here is not None:
                _stand(stage, application, here, standing, at=at, for_applicant=for_applicant)
        stages.append(stage)
    return stages


def current_stage(stages: list[Stage]) -> Stage | None:
    """Return the stage whose turn it is; none when the application has ended or is complete."""
    return next((stage for stage in stages if stage.state == CURRENT), None)


def last_stage(stages: list[Stage]) -> Stage | None:
    """Return the stage at which the application ended short of registration, if it did."""
    return next((stage for stage in stages if stage.state in (MISSED, STOPPED)), None)


def _legs(application: Application) -> list[_Leg]:
    """Return the route; for a file that has none yet, the track's steps."""
    legs = [_Leg(stop.step, stop) for stop in stops_of(application)]
    if legs:
        return legs
    rank = application.open_title.title.rank
    steps = Step.objects.filter(track=application.track_id).order_by("order")
    return [_Leg(step, None) for step in steps if step.applies_to(rank)]


def _describe(stage: Stage, application: Application, legs: list[_Leg]) -> None:
    """Write the stage's window and holder."""
    opens_at = min(leg.step.opens_at for leg in legs)
    closes_at = max(
        deadlines.closes_at(application, leg.stop) if leg.stop else leg.step.closes_at
        for leg in legs
    )
    stage.dates = _("%(start)s 至 %(end)s") % {
        "start": _start_text(opens_at),
        "end": until_short(closes_at),
    }
    holders = dict.fromkeys(
        leg.stop.holder.name for leg in legs if leg.stop is not None and leg.stop.holder is not None
    )
    if any(leg.step.behaviour.holder_acts for leg in legs):
        stage.holder = _("、").join(holders)


def _start_text(opens_at: dt.datetime) -> str:
    local = opens_at.astimezone(clock.SHANGHAI)
    return day_cn(local) if local.time() == dt.time.min else instant_cn(local)


def _is_advisable(step: Step, at: dt.datetime) -> bool:
    return step.advisory_on is not None and step.advisory_on >= at.date()


def _advice(step: Step) -> str:
    if step.advisory_note:
        return _("建议：%s") % step.advisory_note
    return _("建议%(day)s前完成%(step)s。") % {"day": day_cn(step.advisory_on), "step": step.name}


def _finish(stage: Stage, legs: list[_Leg]) -> None:
    stage.state = DONE
    left = [leg.stop.left_at for leg in legs if leg.stop is not None and leg.stop.left_at]
    if left:
        stage.dates = _("%s完成") % instant_cn(max(left))


def _stand(
    stage: Stage,
    application: Application,
    leg: _Leg,
    standing: Standing,
    *,
    at: dt.datetime,
    for_applicant: bool,
) -> None:
    """Write where the application stands in this stage."""
    holder = leg.stop.holder if leg.stop else None
    if standing.phase == Phase.LAPSED:
        stage.state = MISSED
        stage.notes = [_lapse_text(application, holder)]
        return
    you = _("您") if for_applicant else _("申报人")
    if standing.phase in ENDED:
        last = application.transitions.select_related("organisation", "from_step").last()
        stage.state = STOPPED
        stage.notes = [text for text in (_event_text(last, you), last.reason) if text]
        return
    stage.state = CURRENT
    stage.is_applicants_turn = not (
        leg.step.behaviour.holder_acts and standing.phase not in (Phase.RETURNED, Phase.DRAFT)
    )
    match standing.phase:
        case Phase.DRAFT:
            stage.turn = _("请%s填写并提交") % you
        case Phase.RETURNED:
            stage.turn = _("请%s补正后重新提交") % you
        case Phase.FEE_DUE:
            stage.turn = _("请%s到现场缴费并提交纸质材料") % you
        case Phase.ON_NOTICE:
            stage.turn = _("%s正在公示") % holder
            stage.notes.insert(0, _notice_text(application))
        case Phase.NOTICE_CLEARED:
            stage.turn = _("公示期满，等待%s上报") % holder
        case _:
            stage.turn = (
                _("请%s办理") % you if stage.is_applicants_turn else _("现在由%s办理") % holder
            )
    stage.due_at = standing.due_at
    # A draft whose window has closed is not filed: nobody's turn any more.
    if standing.phase == Phase.DRAFT and at >= leg.step.closes_at:
        stage.state = MISSED
        stage.turn = ""
        stage.notes = [_("填报已经截止，草稿没有提交。内容都在，但不能再提交。")]
        return
    if at < leg.step.opens_at and standing.phase != Phase.RETURNED:
        stage.notes.insert(0, _("%s起可以办理。") % instant_cn(leg.step.opens_at))
    stage.contact = _contact(holder)
    stage.place = str(leg.step.settings.get("place", ""))


def _notice_text(application: Application) -> str:
    if application.clears_at is None:
        return _("公示期间收到情况反映，单位正在核查；查清以后才能上报。")
    return _("公示到%s，期满后由单位上报。") % until_short(application.clears_at)


def _lapse_text(application: Application, holder: Organisation | None) -> str:
    if application.phase == Phase.LAPSED:
        lapse = application.transitions.filter(action=Action.LAPSE).select_related("organisation")
        last = lapse.last()
        in_whose_hands = last.organisation if last else None
    else:
        in_whose_hands = holder if application.holder_id else None
    if in_whose_hands is None:
        return _("申报人没有在期限内办理，视为放弃申报。")
    return _("%s没有在期限内办理，申报逾期失效。这一情况已记在该单位名下。") % in_whose_hands


def _contact(organisation: Organisation | None) -> Contact | None:
    if organisation is None:
        return None
    return Contact(
        organisation=organisation.name,
        name=organisation.contact_name,
        telephone=organisation.contact_telephone,
        address=organisation.address,
    )


def build_history(application: Application) -> list[Event]:
    """Return what has happened, the newest first, in the applicant's words."""
    events = [
        Event(
            at=made.at,
            text=_event_text(made, _("您")),
            reason=made.reason if made.action in _TOLD_WITH_REASON else "",
            receipt_number=made.receipt_number,
        )
        for made in application.transitions.select_related("organisation", "from_step")
    ]
    events += [
        Event(at=urge.urged_at, text=_("您催办了%s") % urge.organisation)
        for urge in application.urges.select_related("organisation")
    ]
    return sorted(events, key=lambda event: event.at)[::-1]


_TOLD_WITH_REASON = frozenset({Action.RETURN, Action.REJECT, Action.WITHDRAW})


def _event_text(made: Transition, you: str) -> str:
    match made.action:
        case Action.SUBMIT:
            return _("%s提交了申报") % you
        case Action.RESUBMIT:
            return _("%s补正后重新提交了申报") % you
        case Action.RECALL:
            return _("%s撤回了申报，可以修改后重新提交") % you
        case Action.WITHDRAW:
            return _("%s撤销了申报") % you
        case Action.CLEAR:
            return _("公示期满")
        case Action.PAY:
            return _("%s收到缴费和纸质材料，申报完成") % made.organisation
        case Action.LAPSE if made.organisation is None:
            return _("没有在期限内办理，视为放弃申报")
        case Action.LAPSE:
            return _("在%s办理期间逾期失效") % made.organisation
        case _:
            label = made.from_step.action_labels.get(made.action) or made.get_action_display()
            return _("%(who)s：%(action)s") % {
                "who": made.organisation or you,
                "action": label,
            }
