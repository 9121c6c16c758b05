"""The unlisted page of a notice, for whoever has the posted form's QR code."""

import hashlib

from allauth.account.adapter import get_adapter
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from applications.errors import ActionRefused
from core import clock
from core.rate_limits import hit
from publicity import selectors, services
from publicity.forms import ObjectionForm
from publicity.models import Notice

HOUR = 3600
PER_ADDRESS = 20  # objections an hour from one address: an office may share one
PER_NOTICE = 60  # objections an hour to one notice


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def notice(request, token):
    """Show a posted notice and take objections; 410 once it has ended, to the instant."""
    posted = get_object_or_404(
        Notice.objects.select_related("application__step", "organisation__supervisor"), token=token
    )
    if not selectors.is_public(posted, at=clock.now()):
        return _unlisted(render(request, "publicity/gone.html", status=410))
    form = ObjectionForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            error = _take(request, posted, form)
            if not error:
                return redirect(f"{request.path}?received=1#received")
            form.add_error(None, error)
            status = 429
        else:
            status = 422
    context = {
        "notice": posted,
        "achievements": selectors.achievements_of(posted),
        "supervisor": selectors.supervisor_of(posted),
        "days_left": selectors.working_days_left(posted, on=clock.today()),
        "form": form,
        "is_received": "received" in request.GET,
    }
    return _unlisted(render(request, "publicity/notice.html", context, status=status))


def _take(request, posted: Notice, form: ObjectionForm) -> str:
    """Record an objection; return why not, if so. A machine's is dropped without a word."""
    if form.is_from_a_machine:
        return ""
    client = get_adapter(request).get_client_ip(request)
    address = hashlib.sha256(str(client).encode()).hexdigest()[:16]
    within = hit(f"objection:{address}", limit=PER_ADDRESS, period_seconds=HOUR) and hit(
        f"objection:notice:{posted.pk}", limit=PER_NOTICE, period_seconds=HOUR
    )
    if not within:
        return _("提交得太频繁了，请过一小时再试，或者直接打电话反映。")
    try:
        services.raise_objection(
            notice=posted,
            text=form.cleaned_data["text"],
            author_name=form.cleaned_data["author_name"],
            author_telephone=form.cleaned_data["author_telephone"],
        )
    except ActionRefused as error:
        return str(error)
    return ""


def _unlisted(response: HttpResponse) -> HttpResponse:
    """Keep a page out of search engines."""
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
