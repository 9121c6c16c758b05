"""The evaluation form (评审表): the submitted form with every office's opinion (C6, C35)."""

from applications.documents import REQUEST_TASK, Basis, DocumentForm, register
from applications.models import Application, DocumentKind, Snapshot, Transition
from applications.printed_forms import chinese_day, form_content
from applications.signals import transitioned
from applications.workflow import Action
from core import clock
from core.dispatch import dispatch
from organisations.models import OrganisationKind
from publicity.models import Notice
from publicity.services import standing_notice
from publicity.step_kinds import EmployerNotice


@register
class EvaluationForm(DocumentForm):
    """The form that goes to the committee and into the archive, frozen at the acceptance.

    It is made of the snapshot that was accepted and of the opinions up to the acceptance;
    nothing that is written later changes it.
    """

    kind = DocumentKind.EVALUATION_FORM
    template = "pdf/evaluation_form.html"
    when = "评委会受理后才能打印。"

    def basis(self, application: Application, latest: Snapshot) -> Basis | None:
        if application.accepted_at is None:
            return None
        acceptance = (
            application.transitions.filter(action=Action.APPROVE, at=application.accepted_at)
            .order_by("-sequence")
            .first()
        )
        accepted = (
            application.snapshots.defer("data", "personal")
            .filter(taken_at__lte=application.accepted_at)
            .order_by("-number")
            .first()
        )
        return Basis(accepted, parts=(acceptance.sequence,), source=acceptance)

    def content(self, application: Application, basis: Basis) -> dict:
        return {
            **form_content(application, basis.snapshot),
            "accepted_on": _day(application.accepted_at),
            "opinions": opinions_until(application, acceptance=basis.source),
        }


def opinions_until(application: Application, *, acceptance: Transition) -> list[dict[str, str]]:
    """Return, in the order of the route, what each office wrote up to the acceptance.

    A review that was done again after a correction counts as it was done last. The
    employer's notice stands among them with its outcome (B15, C26).
    """
    approvals = {
        approval.from_step_id: approval
        for approval in application.transitions.filter(
            action=Action.APPROVE, sequence__lte=acceptance.sequence
        )
        .select_related("opinion", "organisation", "from_step")
        .order_by("sequence")
    }
    boxes = []
    for stop in application.stops.select_related("step"):
        if isinstance(stop.step.behaviour, EmployerNotice):
            boxes += _notice_box(standing_notice(application))
        elif stop.step_id in approvals:
            boxes.append(_opinion_box(approvals[stop.step_id]))
    return boxes


def _opinion_box(approval: Transition) -> dict[str, str]:
    kind = OrganisationKind(approval.organisation.kind).label
    accepts = approval.from_step.settings.get("accepts")
    opinion = getattr(approval, "opinion", None)
    label = approval.from_step.action_labels.get(approval.action, approval.get_action_display())
    return {
        "title": f"{kind}\n{'受理意见' if accepts else '推荐意见'}",
        "text": opinion.text if opinion else str(label),
        "organisation": approval.organisation.name,
        "given_on": _day(approval.at),
    }


def _notice_box(notice: Notice | None) -> list[dict[str, str]]:
    if notice is None:
        return []
    outcome = "收到的异议经核查无问题" if notice.objections.exists() else "公示期间没有收到异议"
    return [
        {
            "title": "单位\n公示情况",
            "text": f"{_day(notice.posted_at)}至{chinese_day(notice.last_day_on)}公示"
            f"{notice.working_days}个工作日，{outcome}。",
            "organisation": notice.organisation.name,
            "given_on": _day(notice.clears_at),
        }
    ]


def prepare_evaluation_form(
    *, application: Application, transition: Transition, **kwargs: object
) -> None:
    """Have the form ready when the applicant learns of the acceptance (C35)."""
    if transition.action == Action.APPROVE and transition.at == application.accepted_at:
        dispatch(REQUEST_TASK, application_id=application.pk, kind=DocumentKind.EVALUATION_FORM)


def _day(instant) -> str:
    return chinese_day(instant.astimezone(clock.SHANGHAI))


transitioned.connect(prepare_evaluation_form)
