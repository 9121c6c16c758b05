"""Where uploads and documents are kept: private, under names that say nothing."""

import re
import secrets
from pathlib import PurePosixPath
from typing import Any

from django.core.files.storage import FileSystemStorage


def random_name(name: str) -> str:
    """Return ``ab/cd/<32 hexadecimal digits>.<extension>``; of ``name`` only the extension stays.

    Nothing of the name that a client sent reaches the disk, and nobody can guess one.
    """
    extension = PurePosixPath(name).suffix.lower()
    if not re.fullmatch(r"\.[a-z0-9]{1,5}", extension):
        extension = ".bin"
    token = secrets.token_hex(16)
    return f"{token[:2]}/{token[2:4]}/{token}{extension}"


class PrivateStorage(FileSystemStorage):
    """Files on disk that have no address; views hand them out (``core.files``).

    Only the site's own user may read them. Where nginx serves the bytes as another
    user, let the two share a group and give ``file_permissions_mode`` and
    ``directory_permissions_mode`` in the ``OPTIONS`` of ``STORAGES``.
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault("file_permissions_mode", 0o600)
        options.setdefault("directory_permissions_mode", 0o700)
        super().__init__(**options)

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return random_name(name)

    def url(self, name: str | None) -> str:
        raise ValueError(
            "A private file has no address: serve it from a view that checks who asks."
        )
