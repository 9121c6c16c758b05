"""Pages of the printed forms, and the public page that confirms one."""

import logging

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from applications import documents, permissions, snapshots
from applications.models import Application, Document, DocumentKind, DocumentStatus
from core.files import private_file_response
from core.text import mask_name

logger = logging.getLogger(__name__)

# Crockford's alphabet leaves these out because they are read as others.
MISREAD = str.maketrans("oil", "011")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def document(request: HttpRequest, public_id: str, kind: str) -> HttpResponse:
    """Show how far the current document of a kind is, and where to download it.

    What is not there yet is asked for; htmx asks again until it is. POST lets a failed one
    be tried again.
    """
    application = _visible_application(request, public_id)
    if kind not in DocumentKind:
        raise Http404
    _check_reader(request, application, kind)
    context = {
        "application": application,
        "label": DocumentKind(kind).label,
        "back_url": _back(request, application),
    }
    try:
        found = documents.request_document(application=application, kind=kind, reader=request.user)
    except documents.DocumentNotAvailable as error:
        context["reason"] = str(error)
        return render(request, "applications/documents/unavailable.html", context, status=404)
    if request.method == "POST":
        documents.retry_document(document=found)
        return redirect(request.get_full_path())
    is_waiting = found.status == DocumentStatus.WAITING
    context |= {
        "document": found,
        "is_waiting": is_waiting,
        "is_in_hand": is_waiting and documents.is_leased(found),
        "is_ready": found.status == DocumentStatus.READY,
        "ahead": documents.ahead_of(found) if is_waiting else 0,
        "file_url": documents.file_url(found, application),
        "verification_url": documents.verification_url(found),
        "page_url": request.get_full_path(),
    }
    template = "_status.html" if request.htmx else "document.html"
    return render(request, f"applications/documents/{template}", context)


@login_required
@require_safe
def document_file(request: HttpRequest, public_id: str, document_id: str) -> HttpResponseBase:
    """Hand out the file of one document; ``?inline`` shows it in the browser.

    The reading of anybody but the applicant is logged.
    """
    application = _visible_application(request, public_id)
    found = get_object_or_404(
        application.documents, public_id=document_id, status=DocumentStatus.READY
    )
    if application.applicant_id != request.user.pk:
        _check_reader(request, application, found.kind)
        given = documents.given(
            application, request.user, in_full=documents.shows_numbers(found.kind)
        )
        if not given.filter(pk=found.snapshot_id).exists():
            raise Http404
        logger.info(
            "Document %s (%s) of application %s read by user %s",
            *(found.public_id, found.kind, application.public_id, request.user.public_id),
        )
    return private_file_response(
        name=found.file.name,
        download_name=f"{found.get_kind_display()}-{application.number}.pdf",
        content_type="application/pdf",
        inline="inline" in request.GET,
    )


def _visible_application(request: HttpRequest, public_id: str) -> Application:
    visible = permissions.visible_to(request.user).select_related("step")
    return get_object_or_404(visible, public_id=public_id)


def _check_reader(request: HttpRequest, application: Application, kind: str) -> None:
    """Raise ``PermissionDenied`` unless the reader's role, here and now, gives the form."""
    if application.applicant_id == request.user.pk:
        return
    in_full = documents.shows_numbers(kind)
    if not documents.given(application, request.user, in_full=in_full).exists():
        raise PermissionDenied(
            _("这份表格印有完整的证件号码和手机号码，只有已开始审核的单位的审核人员可以查看。")
            if in_full
            else _("单位开始审核以后才能查看。")
        )


def _back(request: HttpRequest, application: Application) -> str:
    """Return the page of ours from which the reader came, if it says so; or the applicant's."""
    url = request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}):
        return url
    if request.user.pk == application.applicant_id:
        return reverse("applications:application", args=[application.public_id])
    return ""


# --- The public page that confirms a document --------------------------------------------


class CodeForm(forms.Form):
    """The code that is printed on every page of a document."""

    code = forms.CharField(
        label=gettext_lazy("核验码"),
        max_length=60,
        help_text=gettext_lazy("印在文书每页右上角，共 24 位；不分大小写，空格可以不填。"),
        widget=forms.TextInput(
            attrs={
                "size": 34,
                "autocomplete": "off",
                "autocapitalize": "off",
                "spellcheck": "false",
            }
        ),
    )

    def clean_code(self) -> Document:
        """Return the document with this code."""
        typed = self.cleaned_data["code"].lower().translate(MISREAD)
        code = "".join(character for character in typed if character.isalnum())
        found = Document.objects.filter(code=code, status=DocumentStatus.READY).first()
        if found is None:
            raise forms.ValidationError(_("没有这份文书。请核对核验码是否完整、有无看错。"))
        return found


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for the code of a document."""
    form = CodeForm(request.GET if "code" in request.GET else None, label_suffix="")
    if form.is_valid():
        return redirect("verify_document", code=form.cleaned_data["code"].code)
    status = 422 if form.is_bound else 200
    return render(request, "applications/documents/verify.html", {"form": form}, status=status)


@never_cache
@require_GET
def verify_document(request: HttpRequest, code: str) -> HttpResponse:
    """Confirm a document to whoever holds it: what it is, of whom, and whether it still stands.

    The name is masked; no identity number and no telephone is shown.
    """
    found = get_object_or_404(
        Document.objects.select_related("application", "snapshot"),
        code=code,
        status=DocumentStatus.READY,
    )
    applied_for = found.snapshot.data["applied_for"]
    context = {
        "document": found,
        "number": found.application.number,
        "name": mask_name(snapshots.personal_of(found.snapshot)["name"]),
        "title": applied_for["title"],
        "employer": applied_for["employer"] or applied_for["personnel_agency"],
        "code": documents.grouped_code(found.code),
        "is_current": documents.is_current(found),
    }
    return render(request, "applications/documents/verified.html", context)
