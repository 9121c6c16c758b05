"""Printed forms: which there are, when they can be had, how each is made once and kept."""

import datetime as dt
import hashlib
import io
import json
import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.core.files.base import ContentFile
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import translation
from pypdf import PdfReader

from accounts.models import User
from applications import permissions, snapshots
from applications.errors import ActionRefused
from applications.models import Application, Document, DocumentKind, DocumentStatus, Snapshot
from core import clock, pdf
from core.dispatch import dispatch

logger = logging.getLogger(__name__)

# Longer than a form takes even on a cold worker; after it the sweep takes over.
LEASE = dt.timedelta(seconds=60)
MAX_ATTEMPTS = 5
# How many a sweep makes: it is one task and must end well before the next but few.
SWEEP_SIZE = 20
RENDER_TASK = "applications.render_document"
REQUEST_TASK = "applications.request_document"


class DocumentNotAvailable(ActionRefused):
    """A form cannot be had at this stage."""


# --- The registry of forms -------------------------------------------------------------


@dataclass(frozen=True)
class Basis:
    """What one version of a form is made from.

    ``parts`` are plain values that tell this version from every other (a digest, the ids
    of the opinions); ``source`` is handed to the form's ``content``.
    """

    snapshot: Snapshot
    parts: tuple = ()
    source: Any = None

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 that stands in ``Document.basis``."""
        return snapshots.digest(self.snapshot.sha256, *self.parts)


class DocumentForm:
    """One kind of printed form (文书). The app that knows its content registers it."""

    kind: ClassVar[DocumentKind]
    template: ClassVar[str]
    when: ClassVar[Any]  # when it can be had, in words
    shows_numbers: ClassVar[bool] = True  # identity number and telephone, in full

    def basis(self, application: Application, latest: Snapshot) -> Basis | None:
        """Return what the form would be made from now; ``None`` when it cannot be had.

        ``latest`` is the snapshot that stands for the reader, without its answers.
        """
        raise NotImplementedError

    def content(self, application: Application, basis: Basis) -> dict:
        """Return all that is printed, as plain JSON values; it is frozen with the document."""
        raise NotImplementedError


_forms: dict[str, DocumentForm] = {}


def register(form_class: type[DocumentForm]) -> type[DocumentForm]:
    """Add a form to the registry; for use as a decorator."""
    _forms[form_class.kind] = form_class()
    return form_class


# --- Asking for a document ---------------------------------------------------------------


def shows_numbers(kind: str) -> bool:
    """Say whether a kind of form bears the identity number and the telephone in full."""
    return _forms[kind].shows_numbers


def given(application: Application, reader: User | None, *, in_full: bool) -> QuerySet[Snapshot]:
    """Return the snapshots of which ``reader`` may have forms; with numbers: ``in_full``.

    The applicant (or nobody in particular) has all that was submitted; an office, what it
    was given, and the forms with full numbers only for those who check the file.
    """
    if reader is None or reader.pk == application.applicant_id:
        return snapshots.submitted(application)
    stops = permissions.stops_read_by(reader, application, in_full=in_full)
    return snapshots.given_to(application, stops)


def _standing(application: Application, reader: User | None, *, in_full: bool) -> Snapshot | None:
    # What was answered is long and only read to make a new document.
    return given(application, reader, in_full=in_full).defer("data", "personal").last()


def _basis(application: Application, kind: str, stands: Snapshot | None) -> Basis | None:
    """Return what a form is made from for whom ``stands`` stands; never something newer."""
    if stands is None:
        return None
    basis = _forms[kind].basis(application, stands)
    return basis if basis is not None and basis.snapshot.number <= stands.number else None


def request_document(
    *,
    application: Application,
    kind: str,
    reader: User | None = None,
    at: dt.datetime | None = None,
) -> Document:
    """Return the document of what the form is made from now; made once, then always the same.

    A new one waits for a worker. Raises ``DocumentNotAvailable`` at a stage without it.
    """
    form = _forms[kind]
    stands = _standing(application, reader, in_full=form.shows_numbers)
    basis = _basis(application, kind, stands)
    if basis is None:
        raise DocumentNotAvailable(str(form.when))
    found = application.documents.filter(kind=kind, basis=basis.digest).first()
    if found is not None:
        return found
    # The forms are Chinese whatever language the page is read in.
    with translation.override(settings.LANGUAGE_CODE):
        content = form.content(application, basis)
    document, is_new = Document.objects.get_or_create(
        application=application,
        kind=kind,
        basis=basis.digest,
        defaults={
            "snapshot": basis.snapshot,
            "content": snapshots.canonical(content),
            "requested_at": at or clock.now(),
        },
    )
    if is_new:
        dispatch(RENDER_TASK, document_id=document.pk)
    return document


def retry_document(*, document: Document) -> Document:
    """Let a document whose making has failed be tried again; any other stays as it is."""
    renewed = Document.objects.filter(pk=document.pk, status=DocumentStatus.FAILED).update(
        status=DocumentStatus.WAITING, attempts=0, leased_until=None
    )
    if renewed:
        dispatch(RENDER_TASK, document_id=document.pk)
    document.refresh_from_db()
    return document


def is_current(document: Document) -> bool:
    """Say whether nothing newer has taken the document's place, nor was it taken down."""
    application = document.application
    stands = _standing(application, None, in_full=True)
    basis = _basis(application, document.kind, stands)
    return basis is not None and basis.digest == document.basis


@dataclass(frozen=True)
class Offer:
    """One form that can be had now, as a list shows it; ``copies`` are those to hand in."""

    kind: str
    label: str
    url: str
    file_url: str = ""
    pages: int | None = None
    is_waiting: bool = False
    has_failed: bool = False
    copies: int | None = None


def offers(application: Application, reader: User | None = None) -> list[Offer]:
    """Return the forms of an application that can be had now, by its applicant or ``reader``."""
    rows = Document.objects.filter(application=application).only(
        "public_id", "kind", "basis", "status", "pages"
    )
    documents = {(row.kind, row.basis): row for row in rows}
    copies = application.step.settings.get("paper_copies", {})
    stands = masked = _standing(application, reader, in_full=True)
    if reader is not None and reader.pk != application.applicant_id:
        masked = _standing(application, reader, in_full=False)
    found = []
    for kind in DocumentKind:
        basis = _basis(application, kind, stands if shows_numbers(kind) else masked)
        if basis is None:
            continue
        document = documents.get((kind, basis.digest))
        is_ready = document is not None and document.status == DocumentStatus.READY
        found.append(
            Offer(
                kind=kind,
                label=kind.label,
                url=reverse("applications:document", args=[application.public_id, kind]),
                file_url=file_url(document, application) if is_ready else "",
                pages=document.pages if is_ready else None,
                is_waiting=document is not None and document.status == DocumentStatus.WAITING,
                has_failed=document is not None and document.status == DocumentStatus.FAILED,
                copies=copies.get(kind),
            )
        )
    return found


def file_url(document: Document, application: Application) -> str:
    """Return where the document's file is served to those who may have it."""
    return reverse("applications:document_file", args=[application.public_id, document.public_id])


def is_leased(document: Document) -> bool:
    """Say whether a worker is making the document now."""
    return document.leased_until is not None and document.leased_until > clock.system_now()


def ahead_of(document: Document) -> int:
    """Return how many documents have been waiting longer."""
    return Document.objects.filter(status=DocumentStatus.WAITING, pk__lt=document.pk).count()


# --- Making it ---------------------------------------------------------------------------


def verification_url(document: Document) -> str:
    """Return the address, printed as a QR code, of the page that confirms the document."""
    return settings.SITE_URL.rstrip("/") + reverse("verify_document", args=[document.code])


def grouped_code(code: str) -> str:
    """Return a code as it is printed, easy to type: upper case, in groups of four."""
    code = code.upper()
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


def render_document(*, document_id: int) -> bool:
    """Render a waiting document and store its file; say whether it is ready because of this.

    The lease keeps two workers from the same document: taken by compare-and-set, it ends
    by itself, so a killed worker's document is made by another. Rendering holds no
    transaction; whoever's lease has been taken over meanwhile leaves no file.
    """
    lease = _lease(document_id)
    if lease is None:
        return False
    document = Document.objects.select_related("application").get(pk=document_id)
    try:
        content = render(document)
    except Exception:  # whatever is wrong with this one, the others go on
        logger.exception("Document %s could not be rendered", document_id)
        _give_up(document_id, lease)
        return False
    storage = document.file.storage
    name = storage.save(
        document.file.field.generate_filename(document, "document.pdf"), ContentFile(content)
    )
    is_made = _held(document_id, lease).update(
        status=DocumentStatus.READY,
        file=name,
        pages=len(PdfReader(io.BytesIO(content)).pages),
        sha256=hashlib.sha256(content).hexdigest(),
        rendered_at=clock.now(),
        leased_until=None,
    )
    if not is_made:
        storage.delete(name)
    return bool(is_made)


def render(document: Document) -> bytes:
    """Return the PDF of a document's frozen content."""
    context = json.loads(document.content) | {
        "document_title": DocumentKind(document.kind).label,
        "application_number": document.application.number,
        "verification_url": verification_url(document),
        "verification_code": grouped_code(document.code),
    }
    with translation.override(settings.LANGUAGE_CODE):
        context["document_title"] = str(context["document_title"])
        return pdf.render_pdf(template=_forms[document.kind].template, context=context)


def waiting_documents(at: dt.datetime) -> list[int]:
    """Return the ids of documents that wait and that no worker holds, oldest first."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=at)
    waiting = Document.objects.filter(free, status=DocumentStatus.WAITING)
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:SWEEP_SIZE])


def _lease(document_id: int) -> dt.datetime | None:
    """Take the right to render a document; ``None`` when it is taken, made or given up.

    Leases run on the machine's clock: the demo's may stand still or jump.
    """
    now = clock.system_now()
    free = Document.objects.filter(
        Q(leased_until__isnull=True) | Q(leased_until__lte=now),
        pk=document_id,
        status=DocumentStatus.WAITING,
    )
    # A document that takes its workers down with it is given up as well.
    free.filter(attempts__gte=MAX_ATTEMPTS).update(status=DocumentStatus.FAILED, leased_until=None)
    lease = now + LEASE
    taken = free.update(leased_until=lease, attempts=F("attempts") + 1)
    return lease if taken else None


def _held(document_id: int, lease: dt.datetime):
    return Document.objects.filter(
        pk=document_id, status=DocumentStatus.WAITING, leased_until=lease
    )


def _give_up(document_id: int, lease: dt.datetime) -> None:
    """End a failed attempt: the sweep tries again, until there were enough."""
    held = _held(document_id, lease)
    held.filter(attempts__gte=MAX_ATTEMPTS).update(status=DocumentStatus.FAILED, leased_until=None)
    held.update(leased_until=None)
