"""Take in what people upload: judged by its content, never by its name.

Photographs are turned upright, shrunk, stripped of everything but the picture (place,
camera, time, comments) and written anew as JPEG; a large one is made smaller, not
refused. PDFs stay as they are, or are refused when they hold more than pages to read.
"""

import hashlib
import io
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

import pillow_heif
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageFile, ImageOps
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, IndirectObject

logger = logging.getLogger(__name__)

LONGEST_SIDE = 2400  # pixels: an A4 page at 200 dpi
JPEG_QUALITY = 85
THUMBNAIL_SIDE = 320
# Read from the header, before anything is decoded. A JPEG is decoded at a fraction of its
# size; the others in full, at four bytes a pixel.
MAX_JPEG_PIXELS = 100_000_000
MAX_OTHER_PIXELS = 64_000_000
# Pictures that a process decodes at once: of 64 million pixels each takes half a gigabyte.
DECODED_AT_ONCE = 2
MAX_PDF_PAGES = 100
MAX_PDF_OBJECTS = 50_000

HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
# Actions that a page to read does not need (ISO 32000-1, 12.6.4).
FORBIDDEN_ACTIONS = frozenset(
    {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/Rendition", "/Movie", "/Sound"}
    | {"/GoToE", "/RichMediaExecute"}
)
FORBIDDEN_ANNOTATIONS = frozenset(
    {"/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"}
)
FORBIDDEN_KEYS = frozenset({"/EmbeddedFiles", "/EF", "/XFA"})

# Pillow warns above this and raises above twice as much; the limits above are checked too.
Image.MAX_IMAGE_PIXELS = MAX_JPEG_PIXELS
pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
_decoding = threading.BoundedSemaphore(DECODED_AT_ONCE)


@dataclass(frozen=True)
class ReceivedUpload:
    """A file that may be stored: its bytes, and what they turned out to be."""

    content: bytes
    kind: Literal["image", "pdf"]
    content_type: str
    extension: str
    sha256: str  # of ``content``, in hexadecimal
    width: int | None = None  # pixels, pictures only
    height: int | None = None
    pages: int | None = None  # PDFs only

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return len(self.content)

    def as_file(self) -> ContentFile:
        """Return it for a ``FileField``; the storage gives it a name of its own."""
        return ContentFile(self.content, name=f"upload.{self.extension}")


def receive_upload(file: BinaryIO) -> ReceivedUpload:
    """Check an uploaded file and return what may be stored of it.

    ``file`` is Django's ``UploadedFile`` or any seekable binary file. Raises
    ``ValidationError``, with a code, for what is empty (``empty``), over
    ``UPLOAD_MAX_BYTES`` (``too_large``), no JPEG, PNG, HEIC or PDF (``type``),
    damaged (``unreadable``), of too many pixels (``pixels``), or a PDF that is locked
    (``pdf_encrypted``), long (``pdf_pages``), tangled (``pdf_complex``) or active
    (``pdf_active``).
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if not size:
        raise ValidationError(_("文件是空的，请重新选择。"), code="empty")
    if size > settings.UPLOAD_MAX_BYTES:
        raise ValidationError(
            _("文件超过 %(limit)s MB，请压缩或拆分后再上传。"),
            code="too_large",
            params={"limit": settings.UPLOAD_MAX_BYTES // 1024**2},
        )
    head = file.read(16)
    file.seek(0)
    if head.startswith(b"%PDF-"):
        return _receive_pdf(file)
    image_format = _image_format(head)
    if image_format is None:
        raise ValidationError(
            _("无法识别这种文件。请上传 JPG、PNG、HEIC 格式的照片或 PDF 文件。"), code="type"
        )
    return _receive_image(file, image_format)


def make_thumbnail(content: bytes) -> bytes:
    """Return a small JPEG (at most 320 pixels a side) of a picture taken in above."""
    with Image.open(io.BytesIO(content), formats=["JPEG"]) as image:
        image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        return _jpeg(image, quality=80)


# --- Pictures --------------------------------------------------------------------


def _image_format(head: bytes) -> str | None:
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS:
        return "HEIF"
    return None


def _receive_image(file: BinaryIO, image_format: str) -> ReceivedUpload:
    limit = MAX_JPEG_PIXELS if image_format == "JPEG" else MAX_OTHER_PIXELS
    too_many_pixels = ValidationError(
        _("图片超过 %(limit)s 万像素，请缩小后再上传。"),
        code="pixels",
        params={"limit": limit // 10_000},
    )
    # WeasyPrint, when it is imported, lets Pillow fill up what is missing with grey.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with _decoding, Image.open(file, formats=[image_format]) as image:
            if image.width * image.height > limit:
                raise too_many_pixels
            picture = _upright_and_small(image)
            content = _jpeg(picture, quality=JPEG_QUALITY)
    except ValidationError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_many_pixels from None
    except Exception as error:  # decoders of hostile bytes raise nearly anything
        logger.info("Unreadable %s: %r", image_format, error)
        raise ValidationError(
            _("图片已损坏或不完整，无法打开。请重新拍照或重新保存后上传。"), code="unreadable"
        ) from error
    return ReceivedUpload(
        content=content,
        kind="image",
        content_type="image/jpeg",
        extension="jpg",
        sha256=hashlib.sha256(content).hexdigest(),
        width=picture.width,
        height=picture.height,
    )


def _upright_and_small(image: Image.Image) -> Image.Image:
    """Return ``image`` as it is meant to be seen, in RGB or grey, within ``LONGEST_SIDE``."""
    scale = min(1, LONGEST_SIDE / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    image.draft(None, size)  # a JPEG decodes straight to 1/2, 1/4 or 1/8 where that is enough
    image.load()
    if image.mode == "I;16":  # 16-bit grey: converting alone would clip it to white
        image = image.point(lambda value: value / 256).convert("L")
    elif image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode not in ("L", "RGB"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    if scale < 1:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    try:
        image = ImageOps.exif_transpose(image)
    except Exception as error:  # a picture with broken metadata is still a picture
        logger.info("Unreadable EXIF: %r", error)
    if image.mode == "RGBA":
        page = Image.new("RGB", image.size, "white")
        page.paste(image, mask=image.getchannel("A"))
        return page
    return image


def _jpeg(image: Image.Image, *, quality: int) -> bytes:
    image.info = {}  # Pillow would carry a JPEG's comment over
    output = io.BytesIO()
    image.save(output, "JPEG", quality=quality)
    return output.getvalue()


# --- PDF -------------------------------------------------------------------------


def _receive_pdf(file: BinaryIO) -> ReceivedUpload:
    try:
        reader = PdfReader(file)
        if reader.is_encrypted:
            raise ValidationError(
                _("PDF 文件设有密码或使用限制。请取消限制后再上传。"), code="pdf_encrypted"
            )
        pages = len(reader.pages)
        if pages > MAX_PDF_PAGES:
            raise ValidationError(
                _("PDF 文件有 %(count)s 页，最多 %(limit)s 页。请拆分后分别上传。"),
                code="pdf_pages",
                params={"count": pages, "limit": MAX_PDF_PAGES},
            )
        if any(_is_active(dictionary) for dictionary in _dictionaries(reader)):
            raise ValidationError(
                _("PDF 文件中含有脚本、附件或多媒体内容。请用“打印为 PDF”重新生成后再上传。"),
                code="pdf_active",
            )
    except ValidationError:
        raise
    except Exception as error:  # as with pictures
        logger.info("Unreadable PDF: %r", error)
        pages = 0
    if not pages:
        raise ValidationError(
            _("PDF 文件已损坏或不完整，无法打开。请重新导出后再上传。"), code="unreadable"
        )
    file.seek(0)
    content = file.read()
    return ReceivedUpload(
        content=content,
        kind="pdf",
        content_type="application/pdf",
        extension="pdf",
        sha256=hashlib.sha256(content).hexdigest(),
        pages=pages,
    )


def _dictionaries(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Yield every dictionary that can be reached from the document's root."""
    seen: set[int] = set()
    waiting: list[Any] = [reader.trailer]
    while waiting:
        item = waiting.pop()
        if isinstance(item, IndirectObject):
            if item.idnum in seen:
                continue
            seen.add(item.idnum)
            if len(seen) > MAX_PDF_OBJECTS:
                raise ValidationError(
                    _("PDF 文件结构过于复杂。请用“打印为 PDF”重新生成后再上传。"),
                    code="pdf_complex",
                )
            item = item.get_object()
        if isinstance(item, DictionaryObject):
            yield item
            waiting.extend(dict.values(item))
        elif isinstance(item, list):
            waiting.extend(list.__iter__(item))


def _is_active(dictionary: DictionaryObject) -> bool:
    return (
        not FORBIDDEN_KEYS.isdisjoint(dictionary)
        or dictionary.get("/S") in FORBIDDEN_ACTIONS
        or dictionary.get("/Subtype") in FORBIDDEN_ANNOTATIONS
    )
