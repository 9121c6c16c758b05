import re
import stat
from pathlib import Path

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models
from django.test.utils import isolate_apps

from core.storage import PrivateStorage


@pytest.fixture
def storage(tmp_path):
    return PrivateStorage(location=tmp_path / "media")


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        ("张三的身份证.jpg", "jpg"),
        ("REPORT.PDF", "pdf"),
        ("a/b/c.html.jpg", "jpg"),
        ("no extension", "bin"),
        (".htaccess", "bin"),
        ("a.j%0apg", "bin"),
        ("x." + "y" * 200, "bin"),
    ],
)
def test_storage_saves_under_a_random_name_and_never_the_clients(storage, name, extension):
    saved = storage.save(name, ContentFile(b"content"))
    assert re.fullmatch(rf"([0-9a-f]{{2}})/([0-9a-f]{{2}})/\1\2[0-9a-f]{{28}}\.{extension}", saved)
    with storage.open(saved) as file:
        assert file.read() == b"content"


def test_storage_refuses_a_name_that_climbs(storage):
    with pytest.raises(SuspiciousFileOperation):
        storage.save("../../etc/passwd", ContentFile(b"content"))


def test_storage_saves_the_same_name_twice_under_two_names(storage):
    first, second = (storage.save("a.jpg", ContentFile(b"")) for _ in range(2))
    assert first != second


def test_storage_lets_only_its_own_user_read(storage):
    path = Path(storage.path(storage.save("a.jpg", ContentFile(b"content"))))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for directory in path.parents[:3]:
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_storage_lets_a_group_read_when_told_so(tmp_path):
    storage = PrivateStorage(
        location=tmp_path / "media", file_permissions_mode=0o640, directory_permissions_mode=0o750
    )
    path = Path(storage.path(storage.save("a.jpg", ContentFile(b"content"))))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o750


def test_storage_has_no_addresses(storage):
    saved = storage.save("a.jpg", ContentFile(b"content"))
    with pytest.raises(ValueError, match="private file"):
        storage.url(saved)


@isolate_apps("core")
def test_file_field_on_the_sites_storage_keeps_nothing_of_the_clients_name(settings):
    class Evidence(models.Model):
        file = models.FileField(upload_to="uploads")

        class Meta:
            app_label = "core"

        def __str__(self):
            return self.file.name

    evidence = Evidence()
    evidence.file.save("张三的身份证.jpg", ContentFile(b"content"), save=False)
    name = evidence.file.name
    assert re.fullmatch(r"../../[0-9a-f]{32}\.jpg", name)
    path = Path(default_storage.path(name))
    assert path == Path(settings.MEDIA_ROOT) / name
    assert len(name) < evidence._meta.get_field("file").max_length
    with pytest.raises(ValueError, match="private file"):
        _ = evidence.file.url
    default_storage.delete(name)
