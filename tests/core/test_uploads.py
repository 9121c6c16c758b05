import hashlib
import io
import struct
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

import pillow_heif
import pydyf
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from PIL import Image, ImageCms, ImageFile
from pypdf import PdfWriter
from pypdf.annotations import Link
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from core import uploads
from core.uploads import (
    DECODED_AT_ONCE,
    LONGEST_SIDE,
    MAX_JPEG_PIXELS,
    MAX_OTHER_PIXELS,
    MAX_PDF_PAGES,
    make_thumbnail,
    receive_upload,
)

RED, GREEN, BLUE, WHITE = (220, 20, 20), (20, 200, 20), (20, 20, 220), (255, 255, 255)
ORIENTATION, GPS, MAKER, ARTIST = 0x0112, 0x8825, 0x010F, 0x013B


def encoded(image: Image.Image, image_format: str = "JPEG", **options) -> bytes:
    output = io.BytesIO()
    image.save(output, image_format, **options)
    return output.getvalue()


def photograph(width=400, height=300) -> Image.Image:
    """A white picture whose top left quarter is red and top right quarter green."""
    image = Image.new("RGB", (width, height), WHITE)
    image.paste(RED, (0, 0, width // 2, height // 2))
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    return image


def receive(content: bytes, name="IMG_0001.jpg"):
    return receive_upload(SimpleUploadedFile(name, content))


def refusal(content: bytes, name="IMG_0001.jpg") -> ValidationError:
    with pytest.raises(ValidationError) as refused:
        receive(content, name)
    assert "%(" not in refused.value.messages[0]
    return refused.value


def opened(upload) -> Image.Image:
    return Image.open(io.BytesIO(upload.content))


def is_close(pixel, colour) -> bool:
    return all(abs(a - b) < 30 for a, b in zip(pixel, colour, strict=True))


def corners(image: Image.Image) -> list[str]:
    """Name the colours at top left, top right, bottom right, bottom left."""
    names = {"red": RED, "green": GREEN, "blue": BLUE, "white": WHITE}
    width, height = image.size
    places = [(9, 9), (width - 9, 9), (width - 9, height - 9), (9, height - 9)]
    return [
        next(name for name, colour in names.items() if is_close(image.getpixel(place), colour))
        for place in places
    ]


def segments(jpeg: bytes) -> list[int]:
    """Return the markers of a JPEG up to its picture data."""
    found, at = [], 2
    while True:
        marker, length = struct.unpack(">xBH", jpeg[at : at + 4])
        found.append(marker)
        if marker == 0xDA:
            return found
        at += 2 + length


# --- Pictures --------------------------------------------------------------------


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "HEIF"])
def test_upload_of_a_photograph_becomes_a_jpeg(image_format):
    content = encoded(photograph(), image_format)
    upload = receive(content, "随便.exe")
    assert (upload.kind, upload.content_type, upload.extension) == ("image", "image/jpeg", "jpg")
    assert (upload.width, upload.height, upload.pages) == (400, 300, None)
    assert upload.size == len(upload.content)
    assert upload.sha256 == hashlib.sha256(upload.content).hexdigest()
    image = opened(upload)
    assert (image.format, image.size, image.mode) == ("JPEG", (400, 300), "RGB")
    assert corners(image) == ["red", "green", "white", "white"]


def test_upload_is_judged_by_content_whatever_it_is_called():
    png = encoded(photograph(), "PNG")
    assert receive(png, "a.jpg") == receive(png, "a.pdf") == receive(png, "照片")


def test_upload_from_a_temporary_file_is_taken_in():
    with TemporaryUploadedFile("a.jpg", "image/jpeg", 0, None) as file:
        file.write(encoded(photograph()))
        assert receive_upload(file).width == 400


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "HEIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_upload_is_turned_upright_by_its_orientation(orientation, image_format):
    # What the camera would have written so that the viewer sees the photograph above.
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = photograph()
    if orientation in undo:
        image = image.transpose(undo[orientation])
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    # As bytes, because then the HEIC gets the rotation of its own that phones write.
    upload = receive(encoded(image, image_format, exif=exif.tobytes()))
    assert (upload.width, upload.height) == (400, 300)
    assert corners(opened(upload)) == ["red", "green", "white", "white"]


def test_upload_of_a_large_photograph_with_orientation_is_shrunk_and_upright():
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    upload = receive(
        encoded(photograph(5000, 3000).transpose(Image.Transpose.ROTATE_90), exif=exif)
    )
    assert (upload.width, upload.height) == (LONGEST_SIDE, 1440)
    assert corners(opened(upload)) == ["red", "green", "white", "white"]


def test_upload_keeps_no_metadata():
    exif = Image.Exif()
    exif[MAKER], exif[ARTIST] = "Camera of Zhang San", "Zhang San"
    exif.get_ifd(GPS).update({1: "N", 2: (29.0, 33.0, 44.0), 3: "E", 4: (106.0, 30.0, 1.0)})
    content = encoded(
        photograph(),
        exif=exif,
        comment=b"Zhang San at home",
        xmp=b"<x:xmpmeta>Zhang San</x:xmpmeta>",
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        dpi=(300, 300),
    )
    assert Image.open(io.BytesIO(content)).getexif().get_ifd(GPS)[2] == (29.0, 33.0, 44.0)
    assert content.count(b"Zhang San") == 4
    upload = receive(content)
    assert b"Zhang" not in upload.content
    assert set(segments(upload.content)) == {0xE0, 0xDB, 0xC0, 0xC4, 0xDA}  # JFIF and picture
    assert not opened(upload).getexif()
    thumbnail = make_thumbnail(upload.content)
    assert set(segments(thumbnail)) == {0xE0, 0xDB, 0xC0, 0xC4, 0xDA}


@pytest.mark.parametrize("image_format", ["PNG", "HEIF"])
def test_upload_of_other_formats_keeps_no_metadata(image_format):
    exif = Image.Exif()
    exif[ARTIST] = "Zhang San"
    content = encoded(photograph(), image_format, exif=exif)
    assert b"Zhang San" in content
    assert b"Zhang" not in receive(content).content


def test_upload_drops_what_follows_the_picture():
    assert b"#!/bin/sh" not in receive(encoded(photograph()) + b"#!/bin/sh\n").content


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # Pillow's word for what is tested
def test_upload_of_a_photograph_with_broken_exif_is_taken_in():
    content = encoded(photograph(), exif=b"Exif\0\0II*\0\xff\xff\xff\x7fnonsense")
    assert receive(content).width == 400


def test_upload_of_a_12_megapixel_photograph_takes_less_than_a_second():
    noise = Image.effect_noise((1000, 750), 60).resize((4000, 3000)).convert("RGB")
    content = encoded(noise, quality=92)
    assert len(content) > 1_000_000
    receive(content)
    started = time.process_time()
    upload = receive(content)
    assert time.process_time() - started < 1
    assert (upload.width, upload.height) == (2400, 1800)
    assert upload.size < len(content)


def test_upload_of_a_50_megapixel_photograph_is_shrunk_not_refused():
    upload = receive(encoded(photograph(8160, 6120)))
    assert (upload.width, upload.height) == (2400, 1800)


def test_upload_of_a_small_photograph_is_not_enlarged():
    assert receive(encoded(photograph(40, 30))).width == 40


@pytest.mark.parametrize("size", [(6000, 3), (3, 6000), (1, 1), (2401, 1)])
def test_upload_of_an_odd_shape_keeps_at_least_one_pixel(size):
    upload = receive(encoded(Image.new("RGB", size, RED)))
    assert max(upload.width, upload.height) <= LONGEST_SIDE
    assert min(upload.width, upload.height) >= 1


def test_upload_of_a_transparent_png_is_flattened_on_white():
    image = Image.new("RGBA", (3000, 300), (0, 0, 0, 0))
    image.paste((*BLUE, 255), (0, 0, 1500, 300))
    assert corners(opened(receive(encoded(image, "PNG")))) == ["blue", "white", "white", "blue"]


def test_upload_of_a_palette_png_with_transparency_is_flattened_on_white():
    image = Image.new("P", (40, 40), 0)
    image.putpalette([*BLUE, 0, 0, 0])
    image.paste(1, (20, 0, 40, 40))
    content = encoded(image, "PNG", transparency=1)
    assert corners(opened(receive(content))) == ["blue", "white", "white", "blue"]


@pytest.mark.parametrize(
    ("image_format", "mode"),
    [("PNG", "1"), ("PNG", "L"), ("PNG", "LA"), ("PNG", "P"), ("JPEG", "L"), ("JPEG", "CMYK")],
)
def test_upload_in_every_mode_keeps_light_and_dark(image_format, mode):
    image = Image.new("RGB", (40, 40), WHITE)
    image.paste((0, 0, 0), (0, 0, 20, 40))
    picture = opened(receive(encoded(image.convert(mode), image_format))).convert("RGB")
    assert is_close(picture.getpixel((5, 20)), (0, 0, 0))
    assert is_close(picture.getpixel((35, 20)), WHITE)


def test_upload_of_a_16_bit_grey_png_keeps_its_shades():
    image = Image.frombytes("I;16", (40, 40), struct.pack("<H", 0x8000) * 1600)
    picture = opened(receive(encoded(image, "PNG")))
    assert picture.mode == "L"
    assert abs(picture.getpixel((20, 20)) - 128) < 4


def test_upload_of_a_multi_picture_jpeg_takes_the_first():
    output = io.BytesIO()
    photograph().save(
        output, "MPO", save_all=True, append_images=[Image.new("RGB", (400, 300), BLUE)]
    )
    assert corners(opened(receive(output.getvalue())))[0] == "red"


def test_upload_of_a_tiled_heic_as_phones_write_it_is_taken_in(monkeypatch):
    monkeypatch.setattr(pillow_heif.options, "GRID_TILE_SIZE", 512)
    upload = receive(encoded(photograph(4032, 3024), "HEIF"))
    assert (upload.width, upload.height) == (2400, 1800)
    assert corners(opened(upload)) == ["red", "green", "white", "white"]


# --- Refused ---------------------------------------------------------------------


def test_upload_that_is_empty_is_refused():
    assert refusal(b"").code == "empty"


@pytest.mark.parametrize(
    "content",
    [
        b"plain text",
        "身份证复印件".encode(),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html><script>alert(1)</script></html>",
        b"PK\x03\x04" + bytes(40),
        b"MZ" + bytes(100),
        b"\xff\xd8",
        b"GIF89a" + bytes(40),
    ],
)
def test_upload_of_anything_else_named_jpg_is_refused(content):
    error = refusal(content, "photo.jpg")
    assert error.code == "type"
    assert "JPG" in error.messages[0]


def test_upload_of_gif_and_tiff_is_refused():
    for image_format in ("GIF", "TIFF", "BMP", "WEBP"):
        assert refusal(encoded(photograph(), image_format)).code == "type"


def test_upload_over_the_limit_is_refused_and_at_the_limit_taken(settings):
    content = encoded(photograph())
    settings.UPLOAD_MAX_BYTES = len(content)
    assert receive(content).width == 400
    settings.UPLOAD_MAX_BYTES = len(content) - 1
    assert refusal(content).code == "too_large"


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "HEIF"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_upload_of_a_truncated_photograph_is_refused(image_format, share):
    noise = Image.effect_noise((600, 600), 60).convert("RGB")
    content = encoded(noise, image_format)
    assert refusal(content[: int(len(content) * share)]).code == "unreadable"


def test_upload_of_a_truncated_photograph_is_refused_beside_weasyprint():
    content = encoded(Image.effect_noise((600, 600), 60).convert("RGB"))
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # as importing it does
    assert refusal(content[: len(content) // 2]).code == "unreadable"


@pytest.mark.parametrize(
    "head", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"]
)
def test_upload_of_a_head_with_nonsense_is_refused(head):
    assert refusal(head + bytes(range(256)) * 20).code == "unreadable"


def png_header(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be of this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100)))


def jpeg_header(width: int, height: int) -> bytes:
    """A small JPEG whose header is made to claim this size."""
    content = encoded(photograph(16, 16))
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


@pytest.mark.parametrize(
    "content",
    [
        png_header(8001, MAX_OTHER_PIXELS // 8000),
        png_header(60_000, 60_000),
        jpeg_header(10_001, MAX_JPEG_PIXELS // 10_000),
        jpeg_header(65_000, 65_000),
    ],
)
def test_upload_of_a_decompression_bomb_is_refused_by_its_header(content):
    started = time.process_time()
    assert refusal(content).code == "pixels"
    assert time.process_time() - started < 0.2


def test_thumbnail_is_small_and_never_larger_than_the_picture():
    upload = receive(encoded(photograph(3000, 2000)))
    thumbnail = Image.open(io.BytesIO(make_thumbnail(upload.content)))
    assert (thumbnail.format, thumbnail.size) == ("JPEG", (320, 213))
    small = receive(encoded(photograph(100, 50)))
    assert Image.open(io.BytesIO(make_thumbnail(small.content))).size == (100, 50)


# --- PDF -------------------------------------------------------------------------


def document(pages=2) -> PdfWriter:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    return writer


def written(writer: PdfWriter) -> bytes:
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def test_upload_of_a_pdf_is_kept_as_it_is():
    content = written(document(3))
    upload = receive(content, "证书.jpg")
    assert (upload.kind, upload.content_type, upload.extension) == ("pdf", "application/pdf", "pdf")
    assert (upload.pages, upload.width, upload.height) == (3, None, None)
    assert upload.content == content
    assert upload.sha256 == hashlib.sha256(content).hexdigest()


def test_upload_of_a_pdf_with_ordinary_links_is_taken_in():
    writer = document()
    writer.add_annotation(0, Link(rect=(0, 0, 9, 9), url="https://example.invalid/"))
    writer.add_annotation(0, Link(rect=(0, 0, 9, 9), target_page_index=1))
    assert receive(written(writer)).pages == 2


@pytest.mark.parametrize("password", ["secret", ""])
def test_upload_of_an_encrypted_pdf_is_refused(password):
    writer = document()
    writer.encrypt(user_password=password, owner_password="owner", algorithm="AES-256")
    assert refusal(written(writer)).code == "pdf_encrypted"


def test_upload_of_a_pdf_with_too_many_pages_is_refused():
    assert receive(written(document(MAX_PDF_PAGES))).pages == MAX_PDF_PAGES
    error = refusal(written(document(MAX_PDF_PAGES + 1)))
    assert error.code == "pdf_pages"
    assert f"{MAX_PDF_PAGES + 1} 页" in error.messages[0]


def test_upload_of_a_pdf_without_pages_is_refused():
    assert refusal(written(document(0))).code == "unreadable"


def name(text: str) -> NameObject:
    return NameObject(text)


def action(kind: str) -> DictionaryObject:
    return DictionaryObject({name("/S"): name(kind), name("/JS"): TextStringObject("app.alert(1)")})


def open_action(writer):
    writer.root_object[name("/OpenAction")] = action("/JavaScript")


def named_javascript(writer):
    names = ArrayObject([TextStringObject("a"), writer._add_object(action("/JavaScript"))])
    tree = DictionaryObject({name("/JavaScript"): DictionaryObject({name("/Names"): names})})
    writer.root_object[name("/Names")] = tree


def launch_action(writer):
    writer.root_object[name("/OpenAction")] = writer._add_object(action("/Launch"))


def page_action(writer):
    additional = DictionaryObject({name("/O"): action("/JavaScript")})
    writer.pages[1][name("/AA")] = writer._add_object(additional)


def chained_action(writer):
    first = DictionaryObject({name("/S"): name("/URI"), name("/Next"): action("/SubmitForm")})
    writer.root_object[name("/OpenAction")] = ArrayObject([first])
    writer.root_object[name("/OpenAction")] = first


def attachment(writer):
    writer.add_attachment("virus.exe", b"MZ")


def annotation_with_file(writer):
    note = DictionaryObject(
        {name("/Type"): name("/Annot"), name("/Subtype"): name("/FileAttachment")}
    )
    writer.pages[0][name("/Annots")] = ArrayObject([writer._add_object(note)])


def xfa_form(writer):
    writer.root_object[name("/AcroForm")] = DictionaryObject(
        {name("/XFA"): TextStringObject("<xdp/>"), name("/Fields"): ArrayObject()}
    )


@pytest.mark.parametrize(
    "make_active",
    [
        open_action,
        named_javascript,
        launch_action,
        page_action,
        chained_action,
        attachment,
        annotation_with_file,
        xfa_form,
    ],
)
def test_upload_of_a_pdf_that_does_something_is_refused(make_active):
    writer = document()
    assert receive(written(writer)).pages == 2
    make_active(writer)
    assert refusal(written(writer)).code == "pdf_active"


def test_upload_of_a_pdf_with_a_script_in_a_compressed_object_is_refused():
    pdf = pydyf.PDF()
    pdf.add_page(
        pydyf.Dictionary({"Type": "/Page", "Parent": pdf.pages.reference, "MediaBox": "[0 0 9 9]"})
    )
    script = pydyf.Dictionary({"S": "/JavaScript", "JS": pydyf.String("app.alert(1)")})
    output = io.BytesIO()
    pdf.write(output, compress=True)
    assert receive(output.getvalue()).pages == 1
    pdf.add_object(script)
    pdf.catalog["OpenAction"] = script.reference
    output = io.BytesIO()
    pdf.write(output, compress=True)
    assert b"JavaScript" not in output.getvalue()
    assert refusal(output.getvalue()).code == "pdf_active"


def test_upload_of_a_pdf_with_a_cycle_ends():
    writer = document()
    loop = DictionaryObject()
    reference = writer._add_object(loop)
    loop[name("/Loop")] = ArrayObject([reference])
    writer.root_object[name("/Loop")] = reference
    assert receive(written(writer)).pages == 2


def test_upload_of_a_pdf_with_too_many_objects_is_refused(monkeypatch):
    monkeypatch.setattr("core.uploads.MAX_PDF_OBJECTS", 50)
    writer = document(1)
    writer.root_object[name("/Many")] = ArrayObject(
        writer._add_object(DictionaryObject({name("/N"): NumberObject(n)})) for n in range(60)
    )
    assert refusal(written(writer)).code == "pdf_complex"


@pytest.mark.parametrize("content", [b"%PDF-1.7\n", b"%PDF-1.7\n" + b"x" * 5000, b"%PDF-\xff\xfe"])
def test_upload_of_a_damaged_pdf_is_refused(content):
    assert refusal(content, "a.pdf").code == "unreadable"


def test_upload_as_file_has_a_name_of_ours():
    file = receive(encoded(photograph()), "张三的身份证.jpg").as_file()
    assert file.name == "upload.jpg"
    assert file.read() == receive(encoded(photograph())).content


def test_pictures_are_decoded_a_few_at_once_and_pdfs_do_not_wait_for_them():
    picture = encoded(photograph())
    with ThreadPoolExecutor(2) as pool:
        for _ in range(DECODED_AT_ONCE):
            uploads._decoding.acquire()
        try:
            waiting = pool.submit(receive, picture)
            assert pool.submit(receive, written(document())).result(timeout=10).kind == "pdf"
            with pytest.raises(NotYet):
                waiting.result(timeout=0.3)
        finally:
            uploads._decoding.release(DECODED_AT_ONCE)
        assert waiting.result(timeout=10).kind == "image"
