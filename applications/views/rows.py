"""One uploaded file as the pages list it."""

from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _

from applications.models import Application, Evidence


@dataclass(frozen=True)
class FileRow:
    """A file's name, its size in words, and where it is shown, previewed and removed.

    ``waits`` says that its small picture is still being made.
    """

    public_id: str
    name: str
    detail: str
    url: str
    thumbnail_url: str
    row_url: str
    delete_url: str
    is_pdf: bool
    waits: bool


def evidence_row(evidence: Evidence, application: Application) -> FileRow:
    """Return one file of an application, ready to print."""
    arguments = [application.public_id, evidence.public_id]
    is_pdf = evidence.content_type == "application/pdf"
    detail = filesizeformat(evidence.size)
    if is_pdf:
        detail = _("PDF，%(pages)d 页，%(size)s") % {"pages": evidence.pages, "size": detail}
    return FileRow(
        public_id=evidence.public_id,
        name=evidence.original_name,
        detail=detail,
        url=reverse("applications:evidence_file", args=arguments),
        thumbnail_url=(
            reverse("applications:evidence_thumbnail", args=arguments) if evidence.thumbnail else ""
        ),
        row_url=reverse("applications:evidence_row", args=arguments),
        delete_url=reverse("applications:evidence_remove", args=arguments),
        is_pdf=is_pdf,
        waits=not is_pdf and not evidence.thumbnail,
    )
