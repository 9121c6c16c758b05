"""Printed forms: when they can be had, that each is made once, and what is on them."""

import contextlib
import datetime as dt
import hashlib
import io
import json
import logging
import re
import subprocess
import sys
import threading
import time

import pytest
import segno
from celery import current_app
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.urls import reverse
from django.utils import translation
from pypdf import PageObject, PdfReader

from applications import documents, filing, sections, snapshots
from applications.documents import DocumentNotAvailable, request_document
from applications.models import Document, DocumentKind, DocumentStatus
from applications.printed_forms import MARKS, TABLES
from core import clock
from core.text import mask_name
from organisations.models import Role
from reviews import services as reviews
from reviews.models import Opinion
from tests.factories.chain import Chain, instant
from tests.factories.long_form import FULL_ANSWERS, RARE_NAME, fill_in_fully, photograph
from tests.factories.people import OrganisationFactory, UserFactory, officer
from tests.live.site import ROOT, environment

FORM, COMMITMENT, NOTICE, EVALUATION = (
    DocumentKind.APPLICATION_FORM,
    DocumentKind.COMMITMENT,
    DocumentKind.NOTICE_FORM,
    DocumentKind.EVALUATION_FORM,
)


def submitted(chain: Chain, **fields):
    application = chain.draft(**fields)
    for photo in application.evidence.filter(section="person"):
        photo.file.save("photo.jpg", ContentFile(photograph()))
    return chain.submit(application)


def fully_submitted(chain: Chain):
    application = chain.draft(applicant=UserFactory(name=RARE_NAME))
    fill_in_fully(application)
    return chain.submit(application)


def on_notice(chain: Chain, application=None):
    return chain.approve(application or submitted(chain), "2020-11-26 10:00")


def accepted(chain: Chain, application=None):
    application = chain.report(on_notice(chain, application), "2020-12-04 09:00")
    for day in ("2020-12-05", "2020-12-08", "2020-12-16"):
        application = chain.approve(application, f"{day} 10:00")
    return application


def made(application, kind) -> Document:
    """Return the current document of a kind, rendered."""
    document = request_document(application=application, kind=kind)
    documents.render_document(document_id=document.pk)
    document.refresh_from_db()
    assert document.status == DocumentStatus.READY
    return document


def pages_of(document: Document) -> list[PageObject]:
    with document.file.open("rb") as file:
        return PdfReader(io.BytesIO(file.read())).pages


def text_of(pages: list[PageObject]) -> str:
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def qr_codes(page: PageObject) -> list[set[tuple[int, int]]]:
    """Return the dark modules of each QR code that a page draws, as (column, row)."""
    found = []
    drawn = page.get_contents().get_data().decode("latin-1")
    for strokes in re.findall(r"\n0 0 m\n((?:[\d.]+ [\d.]+ [ml]\n)+)", drawn):
        lines = re.findall(r"(\d+) (\d+)\.5 m\n(\d+) \2\.5 l\n", strokes)
        found.append(
            {(x, int(y)) for first, y, last in lines for x in range(int(first), int(last))}
        )
    return found


def modules_of(address: str) -> set[tuple[int, int]]:
    matrix = segno.make(address, error="m", micro=False).matrix
    return {(x + 4, y + 4) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark}


# --- When a form can be had --------------------------------------------------------------


def offered(application) -> list[str]:
    application.refresh_from_db()
    return [offer.kind for offer in documents.offers(application)]


def test_forms_are_offered_as_the_chain_goes_on(chain):
    application = chain.draft()
    assert offered(application) == []
    chain.submit(application)
    assert offered(application) == [FORM, COMMITMENT]  # B9
    chain.approve(application, "2020-11-26 10:00")
    assert offered(application) == [FORM, COMMITMENT, NOTICE]  # C22
    chain.report(application, "2020-12-04 09:00")
    chain.approve(application, "2020-12-05 10:00")
    chain.approve(application, "2020-12-08 10:00")
    assert offered(application) == [FORM, COMMITMENT, NOTICE]
    chain.approve(application, "2020-12-16 10:00")
    assert offered(application) == [FORM, COMMITMENT, NOTICE, EVALUATION]  # C35
    copies = {offer.kind: offer.copies for offer in documents.offers(application)}
    assert copies == {FORM: None, COMMITMENT: None, NOTICE: 15, EVALUATION: 2}


@pytest.mark.parametrize("kind", DocumentKind)
def test_document_of_a_draft_is_refused(chain, kind):
    with pytest.raises(DocumentNotAvailable):
        request_document(application=chain.draft(), kind=kind)
    assert not Document.objects.exists()


def test_forms_of_a_recalled_file_are_not_current(chain):
    application = submitted(chain)
    document = request_document(application=application, kind=FORM)
    application = filing.recall_application(
        application=application, actor=application.applicant, at=instant("2020-11-18 10:00")
    ).application
    assert offered(application) == []
    document.refresh_from_db()
    assert not documents.is_current(document)


def test_notice_form_of_a_notice_taken_down_is_not_offered(chain):
    application = on_notice(chain)
    document = request_document(application=application, kind=NOTICE)
    application = chain.give_back(application, "2020-11-27 10:00")
    assert offered(application) == [FORM, COMMITMENT]
    document.refresh_from_db()
    assert not documents.is_current(document)


# --- Made once ---------------------------------------------------------------------------


def test_document_of_one_submit_is_made_once(chain):
    application = submitted(chain)
    first = made(application, FORM)
    application = on_notice(chain, application)
    again = request_document(application=application, kind=FORM)
    assert (again.pk, again.file.name) == (first.pk, first.file.name)
    assert not documents.render_document(document_id=first.pk)


def test_document_of_a_new_submit_takes_the_place_of_the_old(chain):
    application = submitted(chain)
    first = request_document(application=application, kind=FORM)
    application = chain.give_back(application, "2020-11-19 10:00")
    application.entries.filter(section="statement").update(data={"text": "补充后的述职。"})
    application = chain.submit(application, "2020-11-20 10:00")
    second = request_document(application=application, kind=FORM)
    assert second.pk != first.pk
    assert "补充后的述职" in second.content
    assert "补充后的述职" not in first.content
    first.refresh_from_db()
    assert documents.is_current(second)
    assert not documents.is_current(first)


def test_document_asked_for_in_english_is_chinese(chain):
    application = submitted(chain)
    with translation.override("en"):
        document = request_document(application=application, kind=FORM)
    assert "现职称级别" in document.content


def test_document_asked_for_by_two_at_once_is_one(committed_chain):
    application = submitted(committed_chain)
    barrier = threading.Barrier(2)
    found, errors = [], []

    def ask():
        try:
            barrier.wait(10)
            found.append(request_document(application=application, kind=FORM).pk)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(found) == 2
    assert list(Document.objects.values_list("pk", flat=True)) == list(set(found))


def test_evaluation_form_is_frozen_at_acceptance(chain):
    application = accepted(chain)
    document = request_document(application=application, kind=EVALUATION)
    frozen = document.content
    application = chain.pay(application)
    Opinion.objects.create(
        application=application,
        transition=application.transitions.last(),
        step_name="后来的环节",
        organisation=chain.committee,
        author=chain.clerk,
        text="受理以后写的意见",
        given_at=instant("2020-12-23 10:00"),
    )
    chain.employer.name = "更名后的单位"
    chain.employer.save()
    again = request_document(application=application, kind=EVALUATION)
    assert again.pk == document.pk
    assert again.content == frozen
    assert Document.objects.filter(kind=EVALUATION).count() == 1


def test_evaluation_form_has_the_last_opinion_of_each_office(chain):
    application = submitted(chain)
    application = chain.report(on_notice(chain, application), "2020-12-04 09:00")
    application = chain.approve(application, "2020-12-05 10:00")
    application = chain.give_back(application, "2020-12-07 10:00")
    application = chain.submit(application, "2020-12-08 10:00")
    application = chain.approve(application, "2020-12-08 14:00")
    application = chain.report(application, "2020-12-08 15:00")
    for day in ("2020-12-09", "2020-12-10", "2020-12-16"):
        application = chain.approve(application, f"{day} 10:00")
    form = json.loads(request_document(application=application, kind=EVALUATION).content)
    boxes = [(box["title"].replace("\n", ""), box["given_on"]) for box in form["opinions"]]
    assert boxes == [
        ("用人单位推荐意见", "2020年12月8日"),
        ("单位公示情况", "2020年12月4日"),
        ("区县主管部门推荐意见", "2020年12月9日"),
        ("区县职改办推荐意见", "2020年12月10日"),
        ("评委会办公室受理意见", "2020年12月16日"),
    ]


# --- What is on them ---------------------------------------------------------------------


def test_every_answer_has_its_place_on_the_form():
    for code, table in TABLES.items():
        columns = [name for column in table.columns for name in column.fields]
        printed = {*columns, *table.below, *MARKS}
        assert set(sections.get(code).form_class.base_fields) <= printed, code
        assert sum(column.width for column in table.columns) == 100, code
    assert set(sections.registry) - set(TABLES) == {
        "person",
        "present_title",
        "exceptional",
        "statement",
    }


def test_application_form_shows_everything_that_was_submitted(chain):
    application = fully_submitted(chain)
    document = made(application, FORM)
    pages = pages_of(document)
    text = text_of(pages)
    assert len(pages) == document.pages >= 5
    assert RARE_NAME in text
    assert application.applicant.identity_number in text
    assert application.applicant.phone in text
    for code, items in FULL_ANSWERS.items():
        for data in items:
            for _label, answer in sections.display(code, data):
                if (
                    answer not in ("是", "否", "任现职称以来", "任现职称以前")
                    and "月" not in answer
                ):
                    # Longer ones may go on over the foot of a page.
                    assert re.sub(r"\s", "", answer)[:12] in text, answer
    assert "2016.03—2018.11" in text
    assert "2012.03—今" in text
    assert "★跨江大桥" in text
    drawn = [page.get_contents().get_data().count(b" Do\n") for page in pages]
    assert drawn == [1] + [0] * (len(pages) - 1)  # the photograph
    for number, page in enumerate(pages, start=1):
        assert f"第{number}页/共{len(pages)}页" in text_of([page])


@pytest.mark.parametrize("kind", [COMMITMENT, NOTICE])
def test_every_page_leads_to_the_page_that_confirms_it(chain, kind, settings):
    settings.SITE_URL = "https://zhicheng.example"
    document = made(on_notice(chain), kind)
    address = f"https://zhicheng.example/v/{document.code}/"
    for page in pages_of(document):
        assert modules_of(address) in qr_codes(page)
        assert document.code.upper() in text_of([page])


def test_commitment_has_its_text_and_room_to_sign(chain):
    text = text_of(pages_of(made(submitted(chain), COMMITMENT)))
    assert "郑重承诺" in text
    assert "不存在伪造、变造" in text
    assert "承诺人（签名）" in text


def test_notice_form_tells_the_public_what_it_needs_and_no_more(chain, settings):
    settings.SITE_URL = "https://zhicheng.example"
    application = on_notice(chain, fully_submitted(chain))
    notice = application.notices.get()
    pages = pages_of(made(application, NOTICE))
    text = text_of(pages)
    assert application.applicant.identity_number not in text
    assert application.applicant.phone not in text
    assert "2020年11月26日至2020年12月3日" in text
    for shown in (RARE_NAME, "江北第一机械厂", "正高级工程师", "联系人：联系人", "000-0000000"):
        assert shown in text
    assert "第一作者" in text  # in words, not as it is stored
    assert modules_of(f"https://zhicheng.example/notices/{notice.token}/") in qr_codes(pages[0])


def test_evaluation_form_has_opinions_and_room_for_the_result(chain):
    text = text_of(pages_of(made(accepted(chain), EVALUATION)))
    assert "职称评审表" in text
    for title in ("用人单位推荐意见", "区县主管部门推荐意见", "区县职改办推荐意见"):
        assert title in text
    assert "同意推荐" in text
    assert "公示5个工作日，公示期间没有收到异议" in text
    assert "评委总人数出席人数同意不同意弃权" in text


# --- Making it ---------------------------------------------------------------------------


def test_document_is_stored_with_its_digest(chain):
    document = made(submitted(chain), COMMITMENT)
    with document.file.open("rb") as file:
        content = file.read()
    assert content.startswith(b"%PDF-")
    assert hashlib.sha256(content).hexdigest() == document.sha256
    assert document.pages == len(PdfReader(io.BytesIO(content)).pages)


def sweep() -> None:
    current_app.tasks["applications.render_waiting_documents"].apply(throw=True)


def test_waiting_document_is_made_by_the_sweep(chain):
    document = request_document(application=submitted(chain), kind=COMMITMENT)
    sweep()
    document.refresh_from_db()
    assert document.status == DocumentStatus.READY


def test_leased_document_is_left_to_its_worker(chain):
    document = request_document(application=submitted(chain), kind=COMMITMENT)
    Document.objects.update(leased_until=clock.system_now() + dt.timedelta(seconds=30))
    sweep()
    assert not documents.render_document(document_id=document.pk)
    document.refresh_from_db()
    assert document.status == DocumentStatus.WAITING


def test_document_of_a_killed_worker_is_made_after_its_lease(committed_chain, monkeypatch):
    document = request_document(application=submitted(committed_chain), kind=COMMITMENT)
    code = (
        "import django, datetime; django.setup();"
        "from applications import documents;"
        "documents.LEASE = datetime.timedelta(seconds=20);"
        f"documents.render_document(document_id={document.pk})"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment()) as worker:
        while document.leased_until is None and worker.poll() is None:
            time.sleep(0.02)
            document.refresh_from_db()
        worker.kill()
    document.refresh_from_db()
    assert document.status == DocumentStatus.WAITING
    sweep()
    document.refresh_from_db()
    assert document.status == DocumentStatus.WAITING
    while clock.system_now() <= document.leased_until:
        time.sleep(0.1)
    sweep()
    document.refresh_from_db()
    assert document.status == DocumentStatus.READY
    assert document.attempts == 2


def test_worker_whose_lease_was_taken_over_leaves_no_file(chain, monkeypatch):
    document = request_document(application=submitted(chain), kind=COMMITMENT)
    monkeypatch.setattr(documents, "LEASE", dt.timedelta(0))
    render, stored = documents.render, []

    def overtaken(slow):
        """Let another worker finish while this one renders."""
        if not stored:
            stored.append("")
            assert documents.render_document(document_id=slow.pk)
            stored[0] = Document.objects.get(pk=slow.pk).file.name
        return render(slow)

    monkeypatch.setattr(documents, "render", overtaken)
    assert not documents.render_document(document_id=document.pk)
    document.refresh_from_db()
    assert document.file.name == stored[0]
    assert default_storage.exists(stored[0])


def test_document_that_cannot_be_made_fails_and_can_be_tried_again(chain, client):
    application = fully_submitted(chain)
    photo = application.evidence.get(section="person")
    with photo.file.open("rb") as file:
        picture = file.read()
    default_storage.delete(photo.file.name)
    document = request_document(application=application, kind=FORM)
    for attempt in range(1, documents.MAX_ATTEMPTS + 1):
        assert document.status == DocumentStatus.WAITING
        sweep()
        document.refresh_from_db()
        assert document.attempts == attempt
    assert document.status == DocumentStatus.FAILED
    client.force_login(application.applicant)
    page = reverse("applications:document", args=[application.public_id, FORM])
    assert "重新生成" in client.get(page).content.decode()
    restored = default_storage.path(photo.file.name)
    with open(restored, "wb") as file:
        file.write(picture)
    assert client.post(page).status_code == 302
    sweep()
    document.refresh_from_db()
    assert document.status == DocumentStatus.READY


def test_document_that_kills_its_workers_is_given_up(chain):
    document = request_document(application=submitted(chain), kind=COMMITMENT)
    Document.objects.update(
        attempts=documents.MAX_ATTEMPTS, leased_until=clock.system_now() - dt.timedelta(seconds=1)
    )
    sweep()
    document.refresh_from_db()
    assert document.status == DocumentStatus.FAILED


def queued_tasks() -> list[tuple[str, dict]]:
    """Take all messages off the broker's queues: name and arguments of each task."""
    found = []
    for name in ("celery", "documents"):
        with (
            current_app.connection_for_read() as broker,
            broker.SimpleQueue(name) as queue,
            contextlib.suppress(queue.Empty),
        ):
            while True:
                message = queue.get_nowait()
                message.ack()
                found.append((message.headers["task"], message.payload[1]))
    return found


def test_approval_has_the_notice_form_made_at_once(chain, django_capture_on_commit_callbacks):
    application = submitted(chain)
    queued_tasks()
    with django_capture_on_commit_callbacks(execute=True):
        on_notice(chain, application)
    wanted = {"application_id": application.pk, "kind": "notice_form"}
    assert (documents.REQUEST_TASK, wanted) in queued_tasks()
    with django_capture_on_commit_callbacks(execute=True):
        current_app.tasks[documents.REQUEST_TASK].apply(kwargs=wanted, throw=True)
    document = application.documents.get()
    assert document.kind == NOTICE
    assert (documents.RENDER_TASK, {"document_id": document.pk}) in queued_tasks()


def test_acceptance_has_the_evaluation_form_made_at_once(chain, django_capture_on_commit_callbacks):
    application = chain.report(on_notice(chain), "2020-12-04 09:00")
    application = chain.approve(application, "2020-12-05 10:00")
    application = chain.approve(application, "2020-12-08 10:00")
    queued_tasks()
    with django_capture_on_commit_callbacks(execute=True):
        chain.approve(application, "2020-12-16 10:00")
    wanted = {"application_id": application.pk, "kind": "evaluation_form"}
    assert (documents.REQUEST_TASK, wanted) in queued_tasks()


# --- Pages -------------------------------------------------------------------------------


def page_of(application, kind) -> str:
    return reverse("applications:document", args=[application.public_id, kind])


def test_page_waits_and_then_offers_the_file(chain, client):
    application = submitted(chain)
    client.force_login(application.applicant)
    url = page_of(application, COMMITMENT)
    waiting = client.get(url)
    assert "正在排队" in waiting.content.decode()
    Document.objects.update(leased_until=clock.system_now() + dt.timedelta(seconds=30))
    assert "正在生成" in client.get(url).content.decode()
    Document.objects.update(leased_until=None)
    assert '<meta http-equiv="refresh"' in waiting.content.decode()
    assert "no-store" in waiting["Cache-Control"]
    sweep()
    part = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    document = Document.objects.get()
    assert documents.file_url(document, application) in part
    file = client.get(documents.file_url(document, application))
    assert file["Content-Type"] == "application/pdf"
    assert file["Content-Disposition"].startswith("attachment")
    assert b"".join(file.streaming_content).startswith(b"%PDF-")


def test_page_of_a_form_that_is_not_there_yet_says_when(chain, client):
    application = submitted(chain)
    client.force_login(application.applicant)
    response = client.get(page_of(application, EVALUATION))
    assert response.status_code == 404
    assert "评委会受理后才能打印" in response.content.decode()


def test_page_of_no_form_is_not_found(chain, client):
    application = submitted(chain)
    client.force_login(application.applicant)
    assert client.get(page_of(application, "diploma")).status_code == 404


def test_document_of_another_applicant_is_not_found(chain, client):
    mine, other = submitted(chain), submitted(chain)
    document = made(other, COMMITMENT)
    client.force_login(mine.applicant)
    assert client.get(page_of(other, COMMITMENT)).status_code == 404
    assert client.get(documents.file_url(document, other)).status_code == 404
    assert client.get(documents.file_url(document, mine)).status_code == 404


def opened(chain, application, at: str):
    """Let the office that holds the file begin to check it."""
    application.refresh_from_db()
    return reviews.open_application(
        application=application,
        actor=chain.officer_of(application.holder),
        organisation=application.holder,
        at=instant(at),
    )


def statuses(client, user, application, kind) -> tuple[int, int]:
    """Return what the page of a form and its file answer to somebody."""
    url = documents.file_url(made(application, kind), application)
    client.force_login(user)
    file = client.get(url)
    assert file.getvalue().startswith(b"%PDF-") == (file.status_code == 200)
    return client.get(page_of(application, kind)).status_code, file.status_code


@pytest.mark.parametrize("kind", [FORM, COMMITMENT])
def test_forms_with_numbers_are_for_who_checks_the_opened_file(chain, client, kind, caplog):
    application = submitted(chain)
    reviewer = officer(chain.employer, Role.REVIEWER)
    reader = officer(chain.employer, Role.READER)
    for user in (chain.officer_of(chain.employer), reviewer, reader):
        assert statuses(client, user, application, kind) == (403, 403)
    opened(chain, application, "2020-11-19 09:00")
    with caplog.at_level(logging.INFO, logger="applications.document_views"):
        for user, status in (
            (application.applicant, 200),
            (chain.officer_of(chain.employer), 200),
            (reviewer, 200),
            (reader, 403),
            (chain.officer_of(chain.district_authority), 404),  # not there yet
            (officer(OrganisationFactory()), 404),
        ):
            assert statuses(client, user, application, kind) == (status, status)
    assert reviewer.public_id in caplog.text
    assert reader.public_id not in caplog.text
    assert application.applicant.public_id not in caplog.text


def test_evaluation_form_is_not_for_readers_nor_the_counter(chain, client):
    application = submitted(chain)
    for day in ("2020-11-26", "2020-12-05", "2020-12-08", "2020-12-16"):
        application = opened(chain, application, f"{day} 09:00")
        application = chain.approve(application, f"{day} 10:00")
        if day == "2020-11-26":
            application = chain.report(application, "2020-12-04 09:00")
    for user, status in (
        (application.applicant, 200),
        (chain.officer_of(chain.committee), 200),
        (officer(chain.committee, Role.REVIEWER), 200),
        (chain.officer_of(chain.employer), 200),
        (officer(chain.committee, Role.READER), 403),
        (chain.clerk, 404),
    ):
        assert statuses(client, user, application, EVALUATION) == (status, status)


def test_notice_form_is_for_readers_too(chain, client):
    application = opened(chain, submitted(chain), "2020-11-19 09:00")
    application = on_notice(chain, application)
    reader = officer(chain.employer, Role.READER)
    assert statuses(client, reader, application, NOTICE) == (200, 200)
    assert [offer.kind for offer in documents.offers(application, reader)] == [NOTICE]


def test_office_that_does_not_hold_the_file_keeps_the_form_it_had(chain, client):
    application = opened(chain, submitted(chain), "2020-11-26 09:00")
    application = chain.report(on_notice(chain, application), "2020-12-04 09:00")
    application = opened(chain, application, "2020-12-04 10:00")
    first = made(application, FORM)
    application = chain.give_back(application, "2020-12-04 11:00")
    application.entries.filter(section="statement").update(data={"text": "补充后的述职。"})
    application = chain.submit(application, "2020-12-04 12:00")
    second = made(application, FORM)
    reviewer = chain.officer_of(chain.district_authority)
    had = request_document(application=application, kind=FORM, reader=reviewer)
    assert had == first
    client.force_login(reviewer)
    assert client.get(documents.file_url(first, application)).getvalue()
    assert client.get(documents.file_url(second, application)).status_code == 404
    # The employer has it again, but has not opened it: it can still be recalled.
    employer = chain.officer_of(chain.employer)
    assert documents.offers(application, employer) == []
    application = opened(chain, application, "2020-12-04 13:00")
    assert request_document(application=application, kind=FORM, reader=employer) == second


def test_resubmission_that_was_recalled_gives_no_form(chain):
    application = opened(chain, submitted(chain), "2020-11-19 09:00")
    first = request_document(application=application, kind=FORM)
    application = chain.give_back(application, "2020-11-19 10:00")
    application.entries.filter(section="statement").update(data={"text": "还没有想好。"})
    application = chain.submit(application, "2020-11-20 10:00")
    second = request_document(application=application, kind=FORM)
    application = filing.recall_application(
        application=application, actor=application.applicant, at=instant("2020-11-20 11:00")
    ).application
    for reader in (None, application.applicant):
        assert request_document(application=application, kind=FORM, reader=reader) == first
    assert documents.is_current(first)
    assert not documents.is_current(second)
    # The employer must open it anew; it has what it returned.
    [stop, *_others] = application.stops.filter(holder=chain.employer)
    [snapshot] = snapshots.given_to(application, [stop])
    assert snapshot == first.snapshot


def test_document_of_nobody_asks_to_sign_in(chain, client):
    response = client.get(page_of(submitted(chain), COMMITMENT))
    assert response.status_code == 302
    assert "/accounts/" in response["Location"]


def test_list_of_forms_takes_few_queries(chain, django_assert_max_num_queries):
    application = accepted(chain)
    application = type(application).objects.select_related("step").get(pk=application.pk)
    for kind in DocumentKind:
        request_document(application=application, kind=kind)
    with django_assert_max_num_queries(5):
        assert len(documents.offers(application)) == 4


# --- The public page that confirms a document ----------------------------------------------


def test_verification_page_confirms_without_personal_data(chain, client):
    application = submitted(chain, applicant=UserFactory(name=RARE_NAME))
    document = made(application, FORM)
    html = client.get(reverse("verify_document", args=[document.code])).content.decode()
    assert mask_name(RARE_NAME) in html
    for shown in ("职称申报信息表", application.number, "正高级工程师", "江北第一机械厂"):
        assert shown in html
    assert document.sha256 in html
    assert "是最新版本" in html
    for hidden in (RARE_NAME, application.applicant.identity_number, application.applicant.phone):
        assert hidden not in html


def test_verification_page_says_when_a_document_is_superseded(chain, client):
    application = submitted(chain)
    document = made(application, FORM)
    application = chain.give_back(application, "2020-11-19 10:00")
    application.entries.filter(section="statement").update(data={"text": "补充后的述职。"})
    chain.submit(application, "2020-11-20 10:00")
    html = client.get(reverse("verify_document", args=[document.code])).content.decode()
    assert "已不是最新版本" in html


def test_verification_of_an_unknown_or_unmade_document_is_not_found(chain, client):
    document = request_document(application=submitted(chain), kind=FORM)
    for code in (document.code, "0" * 24):
        assert client.get(reverse("verify_document", args=[code])).status_code == 404


def test_code_is_taken_as_people_type_it(chain, client):
    document = made(submitted(chain), COMMITMENT)
    typed = documents.grouped_code(document.code).replace("0", "O").replace("1", "I")
    response = client.get(reverse("verify"), {"code": f" {typed}-"})
    assert response["Location"] == reverse("verify_document", args=[document.code])
    wrong = client.get(reverse("verify"), {"code": "0000"})
    assert wrong.status_code == 422
    assert "没有这份文书" in wrong.content.decode()
    assert client.get(reverse("verify")).status_code == 200
