import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, default_storage
from django.http import Http404

from core.files import private_file_response
from core.storage import PrivateStorage

pytestmark = pytest.mark.django_db  # closing a response ends a request, with its connections


@pytest.fixture
def name():
    name = default_storage.save("a.jpg", ContentFile(b"picture"))
    yield name
    default_storage.delete(name)


def respond(name, **options):
    options = {"download_name": "学位证书.jpg", "content_type": "image/jpeg"} | options
    return private_file_response(name=name, **options)


def body(response) -> bytes:
    content = b"".join(response)
    response.close()
    return content


def test_private_file_is_sent_as_a_download_under_its_chinese_name(name):
    response = respond(name)
    assert body(response) == b"picture"
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Disposition"] == (
        "attachment; filename*=utf-8''%E5%AD%A6%E4%BD%8D%E8%AF%81%E4%B9%A6.jpg"
    )
    assert response["Cache-Control"] == "private, no-cache"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_private_picture_inline_is_sandboxed(name):
    response = respond(name, inline=True)
    assert response["Content-Disposition"].startswith("inline; filename*=")
    policy = response["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "sandbox", "frame-ancestors 'self'"} < set(policy)
    response.close()


def test_private_pdf_inline_loads_nothing_but_is_not_sandboxed(name):
    response = respond(name, inline=True, content_type="application/pdf")
    policy = response["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "sandbox" not in policy
    response.close()


@pytest.mark.parametrize("hostile", ['a"; filename=b.exe', "a\r\nSet-Cookie: x=1", "甲\r\n乙"])
def test_private_file_with_a_hostile_name_adds_no_header(name, hostile):
    response = respond(name, download_name=hostile)
    disposition = response["Content-Disposition"]
    assert "\n" not in disposition
    assert "Set-Cookie" not in response
    assert disposition.count(";") == 1 or disposition.count('\\"') == 1
    response.close()


def test_private_file_that_is_gone_is_not_found():
    with pytest.raises(Http404):
        respond("00/00/none.jpg")


def test_private_file_behind_nginx_is_only_named(settings, name):
    settings.PRIVATE_FILES_LOCATION = "/private/"
    response = respond(name)
    assert response["X-Accel-Redirect"] == f"/private/{name}"
    assert response.content == b""
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Disposition"].startswith("attachment")


def test_private_file_of_another_storage_is_read_through_behind_nginx(settings):
    settings.PRIVATE_FILES_LOCATION = "/private/"
    storage = InMemoryStorage()
    name = storage.save("a.pdf", ContentFile(b"%PDF-"))
    response = respond(name, storage=storage)
    assert "X-Accel-Redirect" not in response
    assert body(response) == b"%PDF-"


def test_private_file_outside_the_storage_is_not_sent():
    with pytest.raises(SuspiciousFileOperation):
        respond("../settings.py")


def test_sites_storage_is_private():
    assert isinstance(default_storage, PrivateStorage)
