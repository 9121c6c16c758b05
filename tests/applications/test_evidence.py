"""Evidence: what is taken in, what is refused, and who may look at it."""

import io

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image
from pypdf import PdfWriter

from accounts.models import User
from applications import filing, tasks
from applications.errors import ActionDenied, ActionNotAvailable, ActionRefused
from applications.evidence import (
    MAX_UPLOADS,
    attach_evidence,
    remove_evidence,
    restore_evidence,
)
from applications.models import Application, Evidence, EvidenceStatus, SectionEntry
from organisations.models import Role
from reviews import services as reviews
from tests.factories.chain import Chain, instant
from tests.factories.people import UserFactory, officer

FILING = "2020-11-18 09:00"


def photo(colour: str = "steelblue", name: str = "证书.jpg", size=(40, 30)) -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return SimpleUploadedFile(name, buffer.getvalue(), content_type="image/jpeg")


def document(pages: int = 2, name: str = "合同.pdf") -> SimpleUploadedFile:
    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(width=100, height=100)
    buffer = io.BytesIO()
    writer.write(buffer)
    return SimpleUploadedFile(name, buffer.getvalue(), content_type="application/pdf")


@pytest.fixture
def draft(chain: Chain, at) -> Application:
    at(FILING)
    return chain.draft()


@pytest.fixture
def education(draft: Application) -> SectionEntry:
    return draft.entries.get(section="education")


@pytest.fixture
def mine(client: Client, draft: Application) -> Client:
    client.force_login(draft.applicant)
    return client


def attach(application: Application, file: SimpleUploadedFile, entry: SectionEntry) -> Evidence:
    return attach_evidence(
        application=application,
        actor=application.applicant,
        section=entry.section,
        entry=entry,
        file=file,
        name=file.name,
    )


def upload_url(entry: SectionEntry) -> str:
    arguments = [entry.application.public_id, entry.section, entry.public_id]
    return reverse("applications:entry_upload", args=arguments)


def url(name: str, evidence: Evidence) -> str:
    arguments = [evidence.application.public_id, evidence.public_id]
    return reverse(f"applications:{name}", args=arguments)


# --- The services -------------------------------------------------------------------------


def test_attached_file_belongs_to_its_item_and_counts_as_a_change(draft, education):
    made = attach(draft, photo(), education)
    assert (made.entry, made.section, made.original_name) == (education, "education", "证书.jpg")
    assert made.content_type == "image/jpeg"
    with made.file.open("rb") as stored:
        assert Image.open(stored).size == (40, 30)
    draft.refresh_from_db()
    assert draft.content_version == 1


def test_same_file_twice_on_one_item_is_one_file(draft, education):
    assert attach(draft, photo(), education) == attach(draft, photo(name="又.jpg"), education)
    draft.refresh_from_db()
    assert draft.content_version == 1


def test_same_file_may_prove_two_items(draft, education):
    other = draft.entries.get(section="achievement_project")
    assert attach(draft, photo(), education) != attach(draft, photo(), other)


def test_files_beyond_the_tracks_limit_are_refused(draft, education):
    for colour in ("red", "green", "blue"):
        attach(draft, photo(colour), education)  # one is there already; the limit is four
    with pytest.raises(ActionRefused, match="最多上传 4 份"):
        attach(draft, photo("black"), education)
    assert education.evidence.count() == 4


def test_uploads_of_an_application_are_limited_removed_ones_included(draft, education):
    made = attach(draft, photo(), education)
    remove_evidence(application=draft, actor=draft.applicant, evidence=made)
    others = MAX_UPLOADS - draft.evidence.count()
    removed = {"section": "education", "size": 1, "status": EvidenceStatus.REMOVED}
    draft.evidence.bulk_create(Evidence(application=draft, **removed) for _each in range(others))
    with pytest.raises(ActionRefused, match="已达 500 份"):
        attach(draft, photo("red"), education)
    back = restore_evidence(application=draft, actor=draft.applicant, evidence=made)
    assert back.status == EvidenceStatus.READY


def test_photo_of_the_person_cannot_be_a_pdf(draft):
    person = draft.entries.get(section="person")
    with pytest.raises(ActionRefused, match="只能上传照片"):
        attach(draft, document(), person)


def test_pages_and_bytes_are_limited_by_the_track(draft, education):
    draft.track.evidence_rules["education"] |= {"max_pages": 3}
    draft.track.save()
    assert attach(draft, document(3), education).pages == 3
    with pytest.raises(ActionRefused, match="4 页，最多 3 页"):
        attach(draft, document(4), education)
    draft.track.evidence_rules["education"] |= {"max_bytes": 200}
    with pytest.raises(ActionRefused, match="超过 200"):
        attach(draft, photo(), education)


def test_file_that_is_none_leaves_nothing_behind(draft, education):
    with pytest.raises(ValidationError):
        attach(draft, SimpleUploadedFile("合同.jpg", b"PK not a picture"), education)
    assert education.evidence.count() == 1


def test_evidence_of_a_submitted_file_is_fixed(draft, education, chain: Chain):
    chain.submit(draft, FILING)
    there = education.evidence.get()
    with pytest.raises(ActionNotAvailable):
        attach(draft, photo(), education)
    with pytest.raises(ActionNotAvailable):
        remove_evidence(application=draft, actor=draft.applicant, evidence=there)


def test_nobody_else_attaches_evidence(draft, education, chain: Chain):
    for actor in (UserFactory(), chain.officer_of(chain.employer)):
        with pytest.raises(ActionDenied):
            attach_evidence(
                application=draft,
                actor=actor,
                section="education",
                entry=education,
                file=photo(),
                name="a.jpg",
            )


def test_removed_file_comes_back_with_its_bytes(draft, education):
    made = attach(draft, photo(), education)
    remove_evidence(application=draft, actor=draft.applicant, evidence=made)
    made.refresh_from_db()
    assert made.status == EvidenceStatus.REMOVED
    assert made.file.storage.exists(made.file.name)
    restore_evidence(application=draft, actor=draft.applicant, evidence=made)
    made.refresh_from_db()
    assert made.status == EvidenceStatus.READY


def test_removed_file_that_was_uploaded_again_stays_removed(draft, education):
    first = attach(draft, photo(), education)
    remove_evidence(application=draft, actor=draft.applicant, evidence=first)
    again = attach(draft, photo(), education)
    assert again != first
    restored = restore_evidence(application=draft, actor=draft.applicant, evidence=first)
    assert restored == again


def test_long_name_keeps_its_ending(draft, education):
    made = attach(draft, photo(name="长" * 300 + ".jpg"), education)
    assert len(made.original_name) <= 200
    assert made.original_name.endswith(".jpg")


def test_thumbnail_is_made_once(draft, education):
    made = attach(draft, photo(size=(800, 400)), education)
    tasks.make_thumbnail(made.pk)
    made.refresh_from_db()
    first = made.thumbnail.name
    with made.thumbnail.open("rb") as stored:
        assert Image.open(stored).size == (320, 160)
    tasks.make_thumbnail(made.pk)
    made.refresh_from_db()
    assert made.thumbnail.name == first


def test_thumbnail_of_a_pdf_or_of_nothing_is_none(draft, education):
    made = attach(draft, document(), education)
    tasks.make_thumbnail(made.pk)
    made.refresh_from_db()
    assert not made.thumbnail
    tasks.make_thumbnail(0)


# --- Uploading ----------------------------------------------------------------------------


def test_script_gets_the_row_of_its_file(mine, education):
    response = mine.post(upload_url(education), {"file": photo()}, headers={"X-Upload": "1"})
    assert response.status_code == 201
    text = response.content.decode()
    assert text.strip().startswith("<li")
    assert "证书.jpg" in text


@pytest.mark.parametrize(
    ("file", "status", "words"),
    [
        (SimpleUploadedFile("a.docx", b"PK"), 422, "无法识别"),
        (SimpleUploadedFile("a.jpg", b""), 422, "空"),
        (None, 400, "没有收到文件"),
    ],
)
def test_script_is_told_why_a_file_was_refused(mine, education, file, status, words):
    posted = {"file": file} if file else {}
    response = mine.post(upload_url(education), posted, headers={"X-Upload": "1"})
    assert response.status_code == status
    assert words in response.json()["error"]


def test_script_is_told_that_the_limit_is_reached(mine, draft, education):
    draft.track.evidence_rules["education"] |= {"max_files": 1}
    draft.track.save()
    response = mine.post(upload_url(education), {"file": photo()}, headers={"X-Upload": "1"})
    assert response.status_code == 409
    assert "最多上传 1 份" in response.json()["error"]


def test_plain_form_takes_several_files_and_reports_each_refusal(mine, education):
    files = [photo(), SimpleUploadedFile("坏.jpg", b"xx"), document()]
    response = mine.post(upload_url(education), {"file": files}, follow=True)
    text = response.content.decode()
    assert "坏.jpg：" in text
    assert "合同.pdf" in text
    assert education.evidence.count() == 3


def test_plain_form_without_a_file_says_so(mine, education):
    assert "请先选择文件" in mine.post(upload_url(education), follow=True).content.decode()


def test_first_photo_of_a_person_makes_the_entry(mine, draft):
    draft.entries.filter(section="person").delete()
    address = reverse("applications:upload", args=[draft.public_id, "person"])
    mine.post(address, {"file": photo()})
    assert draft.entries.get(section="person").evidence.count() == 1


def test_row_asks_for_its_picture_until_it_is_there(mine, draft, education):
    made = attach(draft, photo(), education)
    text = mine.get(url("evidence_row", made), {"asked": "1"}).content.decode()
    assert "asked=2" in text
    assert "hx-get" not in mine.get(url("evidence_row", made), {"asked": "7"}).content.decode()
    tasks.make_thumbnail(made.pk)
    text = mine.get(url("evidence_row", made), {"asked": "1"}).content.decode()
    assert "<img" in text
    assert "hx-get" not in text


# --- Removing -----------------------------------------------------------------------------


def test_removal_asks_first_and_can_be_undone(mine, draft, education):
    made = attach(draft, photo(), education)
    assert "要移除“证书.jpg”吗" in mine.get(url("evidence_remove", made)).content.decode()
    made.refresh_from_db()
    assert made.status == EvidenceStatus.READY
    text = mine.post(url("evidence_remove", made), follow=True).content.decode()
    assert "已移除的材料" in text
    mine.post(url("evidence_restore", made))
    made.refresh_from_db()
    assert made.status == EvidenceStatus.READY


# --- Looking ------------------------------------------------------------------------------


def test_owner_sees_the_file_inline_and_privately(mine, draft, education):
    made = attach(draft, photo(), education)
    response = mine.get(url("evidence_file", made))
    assert response.status_code == 200
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Disposition"].startswith("inline")
    assert "private" in response["Cache-Control"]
    assert b"".join(response.streaming_content)[:3] == b"\xff\xd8\xff"


def test_thumbnail_that_is_not_made_yet_is_not_found(mine, draft, education):
    made = attach(draft, photo(), education)
    assert mine.get(url("evidence_thumbnail", made)).status_code == 404
    tasks.make_thumbnail(made.pk)
    response = mine.get(url("evidence_thumbnail", made))
    assert b"".join(response.streaming_content)[:3] == b"\xff\xd8\xff"


def status_for(client: Client, user: User, evidence: Evidence) -> int:
    client.force_login(user)
    response = client.get(url("evidence_file", evidence))
    if response.streaming:
        b"".join(response.streaming_content)
    return response.status_code


def begin(application, chain: Chain, at: str = FILING) -> None:
    application.refresh_from_db()
    reviews.open_application(
        application=application,
        actor=chain.officer_of(chain.employer),
        organisation=chain.employer,
        at=instant(at),
    )


def test_office_sees_what_was_handed_to_it_and_no_more(client, draft, education, chain: Chain):
    made = attach(draft, photo(), education)
    holder = chain.officer_of(chain.employer)
    assert status_for(client, holder, made) == 404  # not handed in yet
    chain.submit(draft, FILING)
    assert status_for(client, holder, made) == 404  # not opened: it can still be recalled
    begin(draft, chain)
    assert status_for(client, holder, made) == 200
    assert status_for(client, officer(chain.employer, Role.READER), made) == 200
    for stranger in (
        UserFactory(),
        chain.officer_of(chain.district_authority),  # not there yet
        chain.officer_of(chain.municipal_employer),
        UserFactory(is_staff=True, is_superuser=True),
    ):
        assert status_for(client, stranger, made) == 404


def test_office_does_not_see_what_is_uploaded_during_a_correction(
    client, draft, education, chain: Chain, at
):
    chain.submit(draft, FILING)
    chain.give_back(draft, "2020-11-19 09:00")
    draft.refresh_from_db()
    made = attach(draft, photo(), education)
    holder = chain.officer_of(chain.employer)
    assert status_for(client, holder, made) == 404
    chain.submit(draft, "2020-11-19 10:00")
    assert status_for(client, holder, made) == 404
    filing.recall_application(
        application=draft, actor=draft.applicant, at=instant("2020-11-19 10:30")
    )
    assert status_for(client, holder, made) == 404
    draft.refresh_from_db()
    chain.submit(draft, "2020-11-19 11:00")
    begin(draft, chain, "2020-11-19 12:00")
    assert status_for(client, holder, made) == 200


def test_file_is_not_found_under_another_application(mine, draft, education, chain: Chain):
    other = chain.draft()
    made = attach(other, photo(), other.entries.get(section="education"))
    address = reverse("applications:evidence_file", args=[draft.public_id, made.public_id])
    assert mine.get(address).status_code == 404


def test_nobody_else_uploads_removes_or_restores(client, draft, education, chain: Chain):
    made = attach(draft, photo(), education)
    for user in (UserFactory(), chain.officer_of(chain.employer)):
        client.force_login(user)
        assert client.post(upload_url(education), {"file": photo("red")}).status_code == 404
        for name in ("evidence_remove", "evidence_restore"):
            assert client.post(url(name, made)).status_code == 404
        assert client.get(url("evidence_row", made)).status_code == 404
    made.refresh_from_db()
    assert made.status == EvidenceStatus.READY
