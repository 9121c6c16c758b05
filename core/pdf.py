"""Documents on A4 paper, from templates that extend ``pdf/base.html``."""

import io
import logging
import mimetypes
from functools import lru_cache
from typing import Any

from django.contrib.staticfiles import finders
from django.core.files.storage import default_storage
from django.template.loader import render_to_string

from core.qr import qr_data_uri

# It tells every step of every document; its warnings (a wrong property, a missing picture)
# come from another logger and stay.
logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)

# Photographs are stored with up to 2400 pixels: more than a printer shows of a small one.
IMAGE_DPI = 200
IMAGE_QUALITY = 85


class RenderingFailed(Exception):
    """A picture that the document needs could not be read."""


def private_url(name: str) -> str:
    """Return the address under which a template shows the stored file ``name``.

    Only :func:`render_pdf` understands it; no browser does.
    """
    return f"private:{name}"


def render_pdf(*, template: str, context: dict[str, Any]) -> bytes:
    """Return ``template`` as a PDF.

    ``context`` needs what ``pdf/base.html`` shows on every page: ``document_title``,
    ``verification_url`` and ``verification_code``. Pictures are ``data:`` addresses,
    ``static:`` plus a static file's name, or :func:`private_url`; no other address is
    ever opened, neither of the network nor of the disk. Raises
    :class:`RenderingFailed` when one of them cannot be read: a form without its
    photograph must not be stored as final.
    """
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError

    html = render_to_string(
        template, context | {"verification_qr": qr_data_uri(context["verification_url"])}
    )
    try:
        return HTML(string=html, url_fetcher=_fetcher()).write_pdf(
            dpi=IMAGE_DPI, jpeg_quality=IMAGE_QUALITY
        )
    except FatalURLFetchingError as error:  # not an Exception: it would end a worker
        raise RenderingFailed(str(error)) from error


@lru_cache(maxsize=1)
def _fetcher():
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFilesOnly(URLFetcher):
        """Open ``data:``, ``static:`` and ``private:`` addresses and refuse the rest."""

        def __init__(self):
            super().__init__(allowed_protocols={"data"}, fail_on_errors=True)

        def fetch(self, url, headers=None):
            scheme, _, name = url.partition(":")
            if scheme == "static":
                path = finders.find(name)
                if path is None:
                    raise FileNotFoundError(name)
                with open(path, "rb") as file:
                    return self._response(url, name, file.read())
            if scheme == "private":
                with default_storage.open(name, "rb") as file:
                    return self._response(url, name, file.read())
            return super().fetch(url, headers)

        def _response(self, url, name, content):
            content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
            return URLFetcherResponse(url, io.BytesIO(content), {"Content-Type": content_type})

    return OwnFilesOnly()
