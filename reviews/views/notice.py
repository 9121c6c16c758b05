"""The employer's side of a notice: what is posted, objections, and when it can be reported."""

import logging

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from applications.errors import ActionDenied, ActionRefused
from applications.workflow import Action, Phase
from core.qr import qr_data_uri
from organisations.selectors import live_grants
from publicity import selectors as publicity
from publicity import services
from publicity.models import Notice, Objection, ObjectionStatus
from reviews.forms import ObjectionForm
from reviews.selectors.file import DeskFile
from reviews.views.desk import desk_file
from reviews.views.file import Button, decision_buttons, page_context

logger = logging.getLogger(__name__)


@login_required
@require_safe
def show(request, organisation, application):
    """Show the notice posted last, its objections, and what can be done."""
    file = desk_file(request, organisation, application)
    notice = services.latest_notice(file.application)
    if notice is None:
        raise Http404
    is_public = publicity.is_public(notice, at=file.at)
    url = f"{settings.SITE_URL.rstrip('/')}{reverse('publicity:notice', args=[notice.token])}"
    has_cleared = file.is_on_notice and file.standing.phase == Phase.NOTICE_CLEARED
    posts_it = notice.organisation_id == file.organisation.pk
    context = {
        "file": file,
        **page_context(file, current="notice"),
        "notice": notice,
        "achievements": publicity.achievements_of(notice),
        "is_public": is_public,
        "has_cleared": has_cleared,
        "url": url,
        "qr": qr_data_uri(url) if is_public else "",
        "days_left": publicity.working_days_left(notice, on=file.at.date()) if is_public else 0,
        "objections": list(notice.objections.all()) if posts_it else [],
        "posts_it": posts_it,
        "reads_objections": _reads_objections(request.user, file),
        "locked": _locked_report(file, notice),
        "buttons": decision_buttons(file) if file.is_on_notice else [],
        "earlier": file.application.notices.exclude(pk=notice.pk).order_by("-posted_at"),
        "form_url": reverse(
            "applications:document", args=[file.application.public_id, "notice_form"]
        ),
    }
    return render(request, "reviews/notice.html", context)


def _locked_report(file: DeskFile, notice: Notice) -> Button | None:
    """Return the report button while it is locked, with the reason (C24, C26)."""
    if not file.is_on_notice or file.standing.phase != Phase.ON_NOTICE:
        return None
    return Button(
        label=file.label_of(Action.REPORT),
        url="",
        reason=services.why_not_reportable(file.application),
    )


def _reads_objections(user: User, file: DeskFile) -> bool:
    return live_grants(user).has("review_applications", file.organisation.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def objection(request, organisation, application, objection):
    """Show an objection and record the outcome of its investigation (核查).

    Who objects is known to as few people as possible: readers do not see the objection, and
    the name only those do who decide, while the file is here; the reading is logged.
    """
    file = desk_file(request, organisation, application)
    if not _reads_objections(request.user, file):
        raise PermissionDenied(_("异议只供审核人员查看。"))
    raised = get_object_or_404(
        Objection.objects.select_related("notice__organisation"),
        public_id=objection,
        notice__application=file.application,
        notice__organisation=file.organisation,
    )
    form = ObjectionForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _decide(request, file, raised, form)
            except ActionRefused as error:
                form.add_error(None, str(error))
                status = 403 if isinstance(error, ActionDenied) else 409
    context = {
        "file": file,
        **page_context(file, current="notice"),
        "objection": raised,
        "shows_author": _shows_author(request.user, file, raised),
        "is_open": raised.status == ObjectionStatus.OPEN,
        "may_decide": file.is_on_notice and bool(file.decision_on(Action.RETURN)),
        "form": form,
        "back_url": reverse("reviews:notice", args=[organisation, application]),
    }
    return render(request, "reviews/objection.html", context, status=status)


def _shows_author(user: User, file: DeskFile, raised: Objection) -> bool:
    """Say whether the viewer may know who objects; log it when there is something to know."""
    if not (file.is_held and live_grants(user).has("decide_applications", file.organisation.pk)):
        return False
    if raised.author_name or raised.author_telephone:
        logger.info(
            "Author of objection %s to application %s shown to user %s for organisation %s",
            *(raised.public_id, file.application.public_id),
            *(user.public_id, file.organisation.public_id),
        )
    return True


def _decide(request, file: DeskFile, raised: Objection, form: ObjectionForm):
    is_upheld = form.cleaned_data["outcome"] == "upheld"
    services.decide_objection(
        objection=raised,
        actor=request.user,
        organisation=file.organisation,
        is_upheld=is_upheld,
        finding=form.cleaned_data["finding"],
        at=file.at,
    )
    if is_upheld:
        messages.warning(request, _("已记录：异议成立。请将申报退回补正，或者不予推荐。"))
    else:
        messages.success(request, _("已记录：核查无问题。公示期满后可以上报。"))
    return redirect("reviews:notice", file.organisation.public_id, file.application.public_id)
