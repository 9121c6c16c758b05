"""Model fields that are encrypted at rest, and the keyed index to look them up by.

``FIELD_ENCRYPTION_KEYS`` holds Fernet keys: the first encrypts, all of them decrypt. To
change the key, put the new one in front, run ``manage.py reencrypt_fields``, and take the
old one away. ``BLIND_INDEX_KEY`` cannot be changed without computing every index anew.
"""

import hashlib
import hmac
import json
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core import checks
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connection, models, transaction
from django.db.models.functions import Cast

from core.models import AppendOnlyModel


class DecryptionFailed(Exception):
    """None of the configured keys opens a stored value."""


@lru_cache(maxsize=4)
def _ciphers(keys: tuple[str, ...]) -> tuple[Fernet, ...]:
    if not keys:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS: at least one key is needed.")
    try:
        return tuple(Fernet(key) for key in keys)
    except ValueError as error:
        raise ImproperlyConfigured(
            "FIELD_ENCRYPTION_KEYS: each key is 32 bytes in url-safe base64 "
            "(cryptography.fernet.Fernet.generate_key makes one)."
        ) from error


def encrypt(text: str) -> str:
    """Return ``text`` encrypted with the first key, as ASCII text."""
    cipher = _ciphers(tuple(settings.FIELD_ENCRYPTION_KEYS))[0]
    return cipher.encrypt(text.encode()).decode("ascii")


def decrypt(token: str) -> str:
    """Return what ``token`` holds; raise :class:`DecryptionFailed` when no key opens it."""
    ciphers = _ciphers(tuple(settings.FIELD_ENCRYPTION_KEYS))
    try:
        return MultiFernet(ciphers).decrypt(token.encode()).decode()
    except InvalidToken:
        raise DecryptionFailed("No key in FIELD_ENCRYPTION_KEYS opens a stored value.") from None


def is_encrypted_with_first_key(token: str) -> bool:
    """Tell whether ``token`` needs no other key than the first."""
    try:
        _ciphers(tuple(settings.FIELD_ENCRYPTION_KEYS))[0].decrypt(token.encode())
    except InvalidToken:
        return False
    return True


class EncryptedField(models.Field):
    """What the encrypted fields share: a text column that cannot be searched.

    ``None`` and the empty string are stored as they are. Every lookup but ``isnull``
    raises ``FieldError``: equal values have different ciphertexts.
    """

    def get_internal_type(self) -> str:
        return "TextField"

    def dump(self, value: Any) -> str:
        """Return the text to encrypt."""
        return str(value)

    def load(self, text: str) -> Any:
        """Return the value of decrypted ``text``."""
        return text

    def get_db_prep_value(self, value, connection, prepared=False):
        if not prepared:
            value = self.get_prep_value(value)
        if value is None or value == "":
            return value
        return encrypt(self.dump(value))

    def from_db_value(self, value, expression, connection):
        if value is None or value == "":
            return value
        return self.load(decrypt(value))

    def get_lookup(self, lookup_name):
        if lookup_name != "isnull":
            raise FieldError(
                f"'{self.name}' is encrypted and has no lookup '{lookup_name}'; "
                "look it up by its blind index."
            )
        return super().get_lookup(lookup_name)

    def get_transform(self, lookup_name):
        raise FieldError(f"'{self.name}' is encrypted and has no transform '{lookup_name}'.")

    def check(self, **kwargs):
        errors = super().check(**kwargs)
        if self.unique or self.db_index:
            errors.append(
                checks.Error(
                    "An encrypted field cannot be unique or indexed: equal values differ.",
                    hint="Index its blind_index() beside it.",
                    obj=self,
                    id="core.E001",
                )
            )
        return errors


class EncryptedTextField(EncryptedField, models.TextField):
    """Long text, encrypted at rest."""


class EncryptedCharField(EncryptedField, models.CharField):
    """A line of text, encrypted at rest; ``max_length`` counts its own characters."""


class EncryptedJSONField(EncryptedField, models.JSONField):
    """Plain JSON values, encrypted at rest; ``""`` is a value like any other."""

    def dump(self, value):
        return json.dumps(value, cls=self.encoder, ensure_ascii=False)

    def load(self, text):
        return json.loads(text, cls=self.decoder)

    def get_db_prep_value(self, value, connection, prepared=False):
        return None if value is None else encrypt(self.dump(value))

    def from_db_value(self, value, expression, connection):
        return None if value is None else self.load(decrypt(value))


# --- Looking up ------------------------------------------------------------------


def blind_index(value: str, *, purpose: str) -> str:
    """Return 64 hexadecimal digits by which an encrypted ``value`` can be found.

    An HMAC-SHA256 under a key of its own for each ``purpose`` ("phone", "identity
    number"), so that the indexes of two columns cannot be compared. Width, case, spaces
    and hyphens do not count.
    """
    text = unicodedata.normalize("NFKC", value).upper()
    text = "".join(text.split()).replace("-", "")
    if not text:
        raise ValueError("An empty value has no index.")
    key = hmac.digest(settings.BLIND_INDEX_KEY.encode(), purpose.encode(), hashlib.sha256)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


# --- Changing the key --------------------------------------------------------------


def encrypted_fields(model: type[models.Model]) -> list[EncryptedField]:
    """Return the encrypted fields of ``model``'s own table."""
    return [f for f in model._meta.local_concrete_fields if isinstance(f, EncryptedField)]


def rows_to_reencrypt(model: type[models.Model]) -> Iterator[Any]:
    """Yield the primary keys of rows with a value that the first key does not open."""
    fields = encrypted_fields(model)
    stored = [Cast(field.name, models.TextField()) for field in fields]
    if not fields:
        return
    for pk, *tokens in model._base_manager.values_list("pk", *stored).iterator():
        if any(token and not is_encrypted_with_first_key(token) for token in tokens):
            yield pk


def reencrypt_row(model: type[models.Model], pk: Any) -> None:
    """Write the encrypted fields of one row again, under the first key.

    In a table whose rows are written once, only its owner may.
    """
    names = [field.name for field in encrypted_fields(model)]
    with transaction.atomic(), connection.cursor() as cursor:
        if issubclass(model, AppendOnlyModel):
            cursor.execute("SET LOCAL zhicheng.retention = 'on'")
        row = model._base_manager.select_for_update().filter(pk=pk).values(*names).first()
        if row is not None:
            model._base_manager.filter(pk=pk).update(**row)
        cursor.execute("SET LOCAL zhicheng.retention = 'off'")
