import base64
import io
import logging
import re
from pathlib import Path

import pypdf
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from fontTools.ttLib import TTFont
from PIL import Image

from core.pdf import RenderingFailed, private_url, render_pdf
from core.qr import qr_svg

RARE = "㛃𬭎𠅤"  # extensions A, E and B, all in the table of characters for names


@pytest.fixture(autouse=True)
def sample_templates(settings):
    (engine,) = settings.TEMPLATES
    sample = Path(__file__).parent / "templates"
    settings.TEMPLATES = [engine | {"DIRS": [*engine["DIRS"], sample]}]


@pytest.fixture
def photo():
    output = io.BytesIO()
    Image.effect_noise((1800, 2400), 60).convert("RGB").save(output, "JPEG")
    name = default_storage.save("photo.jpg", ContentFile(output.getvalue()))
    yield name
    default_storage.delete(name)


def render(template="core_tests/sample.html", **context) -> pypdf.PdfReader:
    context = {
        "document_title": "专业技术资格申报信息表",
        "verification_url": "https://example.invalid/v/0123456789ab",
        "verification_code": "0123-4567-89ab",
        "name": "张三",
        "repeat": range(2),
        "rows": range(2),
    } | context
    return pypdf.PdfReader(io.BytesIO(render_pdf(template=template, context=context)))


def text_of(page: pypdf.PageObject) -> str:
    return re.sub(r"\s", "", page.extract_text())


def test_pdf_is_a4_with_title_and_text():
    pdf = render()
    page = pdf.pages[0]
    assert [round(side) for side in page.mediabox[2:]] == [595, 842]
    assert pdf.metadata.title == "专业技术资格申报信息表"
    assert "一、专业技术工作业绩" in text_of(page)


def test_pdf_shows_code_and_page_number_on_every_page():
    pdf = render(rows=range(90))
    pages = [text_of(page) for page in pdf.pages]
    assert len(pages) >= 4
    for number, text in enumerate(pages, start=1):
        assert f"第{number}页/共{len(pages)}页" in text
        assert "扫码核验0123-4567-89ab" in text
    assert all("序号题目" in text for text in pages[1:-1])  # the table's head repeats


def test_pdf_draws_the_qr_code_on_every_page():
    short, long = "https://example.invalid/v/1", "https://example.invalid/v/" + "1" * 200

    def lines(address):
        pages = render(rows=range(90), verification_url=address).pages
        return [page.get_contents().get_data().count(b" l\n") for page in pages]

    # Nothing else in the document depends on the address.
    difference = qr_svg(long).count("h") - qr_svg(short).count("h")
    assert difference > 200
    growth = [after - before for before, after in zip(lines(short), lines(long), strict=True)]
    assert len(growth) >= 4
    assert growth == [growth[0]] * len(growth)
    assert growth[0] >= difference


def embedded_glyphs(pdf: pypdf.PdfReader) -> set[str]:
    """Return the characters whose glyphs are embedded in the document, and not empty."""
    found = set()
    for page in pdf.pages:
        for font in page["/Resources"]["/Font"].values():
            descendant = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
            program = descendant.get("/FontFile3") or descendant["/FontFile2"]
            glyphs = TTFont(io.BytesIO(program.get_object().get_data())).getGlyphSet()
            mapping = font["/ToUnicode"].get_object().get_data().decode()
            for glyph, character in re.findall(r"<([0-9a-f]+)> <([0-9a-f]+)>", mapping, re.I):
                if 0 < int(glyph, 16) < len(glyphs):
                    found.add(bytes.fromhex(character).decode("utf-16-be"))
    return found


def test_pdf_has_the_glyphs_of_rare_characters_in_names():
    pdf = render(name=f"李{RARE}")
    assert f"李{RARE}" in text_of(pdf.pages[0])
    assert set(RARE) < embedded_glyphs(pdf)


def test_pdf_of_a_character_that_no_font_has_embeds_no_glyph_for_it():
    unassigned = "\U0003fff0"
    assert unassigned not in embedded_glyphs(render(name=unassigned))


def test_pdf_escapes_what_people_typed():
    pdf = render(name="<b>&amp;<img src=x>")
    assert "<b>&amp;<imgsrc=x>" in text_of(pdf.pages[0])


def test_pdf_shows_a_private_photograph_shrunk(photo):
    stored = default_storage.size(photo)
    pdf = render(photo=private_url(photo))
    (image,) = pdf.pages[0].images
    assert image.image.width < 400
    size = len(image.data)
    assert 0 < size < stored / 10


@pytest.mark.parametrize("name", ["00/00/none.jpg", "../../../etc/hostname"])
def test_pdf_whose_photograph_is_gone_fails(name):
    with pytest.raises(RenderingFailed):
        render(photo=private_url(name))


def picture_of(path: Path) -> str:
    path.write_bytes(base64.b64decode(PIXEL.partition(",")[2]))
    return path.as_uri()


PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAC"
    "hwGA60e6kgAAAABJRU5ErkJggg=="
)


def test_pdf_shows_a_picture_given_as_data():
    assert len(render(photo=PIXEL).pages[0].images) == 1


def test_pdf_opens_no_file_of_the_disk(tmp_path):
    with pytest.raises(RenderingFailed):
        render(photo=picture_of(tmp_path / "a.png"))


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/a.png",
        "https://169.254.169.254/latest",
        "ftp://127.0.0.1/a.png",
        "static:../config/settings.py",
        "static:none.png",
        "FILE:///etc/hostname",
    ],
)
def test_pdf_opens_no_other_address(address):
    with pytest.raises(RenderingFailed):
        render(photo=address)


def test_pdf_rendering_says_nothing(caplog):
    with caplog.at_level(logging.DEBUG, "weasyprint"):
        render()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
