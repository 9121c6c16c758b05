"""The counter: find an application, take the fee and the papers, list the day's receipts."""

import datetime as dt

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from applications.errors import ActionDenied, ActionRefused
from applications.models import Application, DocumentKind
from core import clock
from core.text import mask_identity_number
from organisations.acting import acting_organisation
from organisations.models import Organisation
from organisations.selectors import live_grants
from payments import selectors, services
from payments.forms import PaymentForm
from payments.models import CounterReceipt

PERMISSION = "take_payments"
PER_PAGE = 50


@login_required
@require_safe
def index(request):
    """List the counters at which I work; with one only, go straight there."""
    mine = live_grants(request.user).organisations_with(PERMISSION)
    counters = list(Organisation.objects.filter(pk__in=mine).order_by("name"))
    if len(counters) == 1:
        return redirect("payments:counter", counters[0].public_id)
    return render(request, "payments/counters.html", {"counters": counters})


@login_required
@sensitive_post_parameters("q")
@require_http_methods(["GET", "HEAD", "POST"])
def counter(request, organisation):
    """Find an application by number, name or identity number.

    The search is a POST: an identity number must stand in no address and no log.
    """
    acting = acting_organisation(request, organisation, permission=PERMISSION)
    at = clock.now()
    query = request.POST.get("q", "").strip()[:40]
    found = selectors.found_at_counter(acting, query) if query else []
    if len(found) == 1:
        return redirect("payments:payment", organisation, found[0].public_id)
    context = {
        "query": query,
        "rows": [_found_row(acting, application, at) for application in found],
        "total": selectors.total_of(selectors.receipts_on(acting, at.date())),
        "most": selectors.MOST_FOUND,
        "is_too_short": len(query) == 1,
        "tabs": _tabs(acting, "counter"),
    }
    return render(request, "payments/counter.html", context)


def _found_row(acting: Organisation, application: Application, at: dt.datetime) -> dict:
    due = selectors.due_at_counter(application, at=at)
    return {
        "url": reverse("payments:payment", args=[acting.public_id, application.public_id]),
        "name": application.applicant.name,
        "number": application.number,
        "identity_number": mask_identity_number(application.applicant.identity_number),
        "title": application.open_title.title.name,
        "employer": str(application.employer or application.personnel_agency),
        "status": _("已缴费") if due.receipt else (due.refusal or _("待缴费")),
        "is_payable": due.is_payable,
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def payment(request, organisation, application):
    """Show what is due, ask once more, record it; a repeated click gets the same receipt."""
    acting = acting_organisation(request, organisation, permission=PERMISSION)
    at = clock.now()
    paying = get_object_or_404(selectors.at_counter(acting), public_id=application)
    due = selectors.due_at_counter(paying, at=at)
    if request.method != "POST":
        if due.receipt is not None:
            return redirect("payments:receipt", organisation, due.receipt.order.public_id)
        initial = {"version": paying.version, "amount": due.order.amount if due.order else ""}
        form = PaymentForm(initial=initial, papers=due.papers)
        return _payment_page(request, acting, due, form)
    form = PaymentForm(request.POST, papers=due.papers)
    if "edit" in request.POST:
        return _payment_page(request, acting, due, form)
    if not form.is_valid():
        return _payment_page(request, acting, due, form, status=422)
    if "confirmed" not in request.POST:
        if due.refusal:
            form.add_error(None, due.refusal)
            return _payment_page(request, acting, due, form, status=409)
        return _confirm_page(request, acting, due, form)
    try:
        services.record_counter_payment(
            application=paying,
            actor=request.user,
            organisation=acting,
            amount=form.cleaned_data["amount"],
            receipt_number=form.cleaned_data["receipt_number"],
            paper_copies=form.copies,
            expected_version=form.cleaned_data["version"],
            at=at,
        )
    except ActionRefused as error:
        form.add_error(None, str(error))
        paying.refresh_from_db(fields=["version"])
        form.renewed(paying.version)
        status = 403 if isinstance(error, ActionDenied) else 409
        return _payment_page(request, acting, due, form, status=status)
    made = CounterReceipt.objects.select_related("order").get(order__application=paying)
    return redirect("payments:receipt", organisation, made.order.public_id)


def _payment_page(
    request: HttpRequest,
    acting: Organisation,
    due: selectors.Due,
    form: PaymentForm,
    *,
    status: int = 200,
):
    context = {
        "due": due,
        "form": form,
        "person": _person(due.application),
        "is_own": request.user.pk == due.application.applicant_id,
        "back_url": reverse("payments:counter", args=[acting.public_id]),
    }
    return render(request, "payments/payment.html", context, status=status)


def _confirm_page(
    request: HttpRequest, acting: Organisation, due: selectors.Due, form: PaymentForm
):
    left_out = {"csrfmiddlewaretoken", "confirmed", "edit"}
    names = {kind: name for kind, name, _copies in due.papers}
    rows = [
        {"key": _("申报人"), "value": due.application.applicant.name},
        {"key": _("实收金额"), "value": _("%s 元") % form.cleaned_data["amount"]},
        {"key": _("票据号"), "value": form.cleaned_data["receipt_number"]},
        *(
            {"key": names[kind], "value": _("%d 份") % copies}
            for kind, copies in form.copies.items()
        ),
    ]
    context = {
        "due": due,
        "rows": rows,
        "hidden": [(name, value) for name, value in request.POST.items() if name not in left_out],
        "back_url": reverse("payments:counter", args=[acting.public_id]),
    }
    return render(request, "payments/confirm.html", context)


def _person(application: Application) -> list[dict]:
    applicant = application.applicant
    return [
        {"key": _("申报人"), "value": applicant.name},
        {"key": _("身份证号码"), "value": mask_identity_number(applicant.identity_number)},
        {"key": _("申报编号"), "value": application.number},
        {"key": _("申报职称"), "value": application.open_title.title.name},
        {"key": _("工作单位"), "value": str(application.employer or application.personnel_agency)},
    ]


@login_required
@require_safe
def receipt(request, organisation, order):
    """Show one receipt."""
    acting = acting_organisation(request, organisation, permission=PERMISSION)
    made = get_object_or_404(
        CounterReceipt.objects.select_related(
            "clerk", "order__application__applicant", "order__application__open_title__title"
        ),
        organisation=acting,
        order__public_id=order,
    )
    application = made.order.application
    context = {
        "made": made,
        "rows": [
            *_person(application),
            {"key": _("实收金额"), "value": _("%s 元") % made.amount},
            {"key": _("票据号"), "value": made.receipt_number},
            *(
                {"key": str(DocumentKind(kind).label), "value": _("%d 份") % copies}
                for kind, copies in made.paper_copies.items()
            ),
            {"key": _("经办人"), "value": made.clerk.name},
        ],
    }
    return render(request, "payments/receipt.html", context)


@login_required
@require_safe
def receipts(request, organisation):
    """List the receipts of a day, today unless told, with their total."""
    acting = acting_organisation(request, organisation, permission=PERMISSION)
    today = clock.today()
    try:
        day = dt.date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        day = today
    made = selectors.receipts_on(acting, day)
    page = Paginator(made, PER_PAGE).get_page(request.GET.get("page"))
    base = reverse("payments:counter", args=[acting.public_id])
    context = {
        "day": day,
        "is_today": day == today,
        "total": selectors.total_of(made),
        "page_obj": page,
        "rows": [
            {
                "url": f"{base}receipts/{row.order.public_id}/",
                "at": row.received_at.astimezone(clock.SHANGHAI).strftime("%H:%M"),
                "name": row.order.application.applicant.name,
                "number": row.order.application.number,
                "receipt_number": row.receipt_number,
                "amount": row.amount,
                "clerk": row.clerk.name,
            }
            for row in page
        ],
        "tabs": _tabs(acting, "receipts"),
    }
    return render(request, "payments/receipts.html", context)


def _tabs(acting: Organisation, current: str) -> list[dict]:
    return [
        {
            "label": label,
            "url": reverse(f"payments:{name}", args=[acting.public_id]),
            "is_current": name == current,
        }
        for name, label in (("counter", _("办理缴费")), ("receipts", _("收费记录")))
    ]
