"""The notice form (公示表): what the employer posts on its board (B11, C22–C25)."""

from django.conf import settings
from django.urls import reverse

from applications import sections
from applications.documents import REQUEST_TASK, Basis, DocumentForm, register
from applications.models import Application, DocumentKind, Snapshot, Transition
from applications.printed_forms import chinese_day
from applications.sections.base import text_of
from applications.signals import transitioned
from applications.workflow import Phase
from core import clock
from core.dispatch import dispatch
from core.qr import qr_data_uri
from publicity.models import Notice, NoticeStatus
from publicity.selectors import supervisor_of


@register
class NoticeForm(DocumentForm):
    """One posted notice on paper: what its unlisted page shows, and the way there.

    It bears no identity number and no telephone of the applicant. A notice that was taken
    down has no form any more.
    """

    kind = DocumentKind.NOTICE_FORM
    template = "pdf/notice_form.html"
    shows_numbers = False
    when = "单位审核通过并开始公示后才能打印。"

    def basis(self, application: Application, latest: Snapshot) -> Basis | None:
        notice = (
            application.notices.select_related("snapshot", "organisation__supervisor")
            .defer("snapshot__data", "snapshot__personal")
            .order_by("-posted_at")
            .first()
        )
        if notice is None or notice.status == NoticeStatus.TAKEN_DOWN:
            return None
        return Basis(notice.snapshot, parts=(notice.public_id,), source=notice)

    def content(self, application: Application, basis: Basis) -> dict:
        notice: Notice = basis.source
        organisation = notice.organisation
        applied_for = notice.snapshot.data["applied_for"]
        schedule = application.schedule
        supervisor = supervisor_of(notice)
        address = reverse("publicity:notice", args=[notice.token])
        notice_url = settings.SITE_URL.rstrip("/") + address
        return {
            **{key: notice.content[key] for key in ("name", "employer", "title")},
            "series": applied_for["series"],
            "specialty": applied_for["specialty"],
            "schedule": schedule.name,
            "document_number": schedule.document_number,
            "achievements": [_achievement(each) for each in notice.content["achievements"]],
            "organisation": _contact(organisation),
            "supervisor": _contact(supervisor) if supervisor else None,
            "posted_on": chinese_day(notice.posted_at.astimezone(clock.SHANGHAI)),
            "last_day_on": chinese_day(notice.last_day_on),
            "working_days": notice.working_days,
            "notice_url": notice_url,
            "notice_qr": qr_data_uri(notice_url),
        }


def _achievement(given: dict[str, str]) -> dict[str, str]:
    """Return an achievement in words: a role may be one of the form's choices."""
    section = sections.get(given["kind"])
    fields = section.form_class.base_fields
    texts = {key: text_of(fields[key], given[key]) for key in ("title", "role", "result")}
    return {"kind": str(section.title), "result_label": str(fields["result"].label), **texts}


def _contact(organisation) -> dict[str, str]:
    return {
        "name": organisation.name,
        "contact": organisation.contact_name,
        "telephone": organisation.contact_telephone,
        "address": organisation.address,
    }


def prepare_notice_form(
    *, application: Application, transition: Transition, **kwargs: object
) -> None:
    """Have the form ready for whoever pressed 审核通过，打印公示表 (C22)."""
    if transition.to_phase == Phase.ON_NOTICE and transition.from_phase != Phase.ON_NOTICE:
        dispatch(REQUEST_TASK, application_id=application.pk, kind=DocumentKind.NOTICE_FORM)


transitioned.connect(prepare_notice_form)
