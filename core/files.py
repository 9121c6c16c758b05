"""Hand a private file to whoever may have it; the calling view decides who may."""

from urllib.parse import quote

from django.conf import settings
from django.core.files.storage import Storage, default_storage
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header

from core.storage import PrivateStorage

# A file in a tab of its own can run and load nothing. Older Chromium, which several browsers
# in use are built on, shows no PDF in a sandbox; PDFs with scripts are refused at upload.
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
PDF_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"
)


def private_file_response(
    *,
    name: str,
    download_name: str,
    content_type: str,
    inline: bool = False,
    storage: Storage = default_storage,
) -> HttpResponseBase:
    """Return the stored file ``name`` as a response.

    ``download_name`` is what the reader's computer calls it, ``content_type`` what
    :class:`core.uploads.ReceivedUpload` found. With ``PRIVATE_FILES_LOCATION`` set, nginx
    sends the bytes of a :class:`PrivateStorage`; any other storage is read through. Of the
    headers below nginx keeps only the first three by itself: its location has to add the
    others (``add_header … $upstream_http_…``).
    Raises ``Http404`` when the file is gone.
    """
    if settings.PRIVATE_FILES_LOCATION and _is_on_disk(storage):
        location = settings.PRIVATE_FILES_LOCATION.rstrip("/")
        response = HttpResponse(headers={"X-Accel-Redirect": f"{location}/{quote(name)}"})
    else:
        try:
            response = FileResponse(storage.open(name, "rb"))
        except FileNotFoundError as error:
            raise Http404("This file is no longer stored.") from error
    response["Content-Type"] = content_type
    response["Content-Disposition"] = content_disposition_header(not inline, download_name)
    # The browser may keep it but must ask each time: a permission can end.
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = (
        PDF_POLICY if content_type == "application/pdf" else SANDBOX
    )
    return response


def _is_on_disk(storage: Storage) -> bool:
    # default_storage is a lazy object; its __class__ is that of the storage it stands for.
    return isinstance(storage, PrivateStorage)
