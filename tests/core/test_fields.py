import pytest
from cryptography.fernet import Fernet
from django.core import checks
from django.core.exceptions import FieldError, ImproperlyConfigured, ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.test.utils import isolate_apps

from core.apps import check_encryption_keys
from core.fields import (
    DecryptionFailed,
    EncryptedCharField,
    EncryptedJSONField,
    EncryptedTextField,
    blind_index,
    decrypt,
    encrypt,
    reencrypt_row,
    rows_to_reencrypt,
)
from core.models import AppendOnlyModel
from core.triggers import append_only

NAME = "张㛃𬭎𠅤"


def make_table(model):
    with connection.schema_editor() as editor:
        editor.create_model(model)


@pytest.fixture
def note(db):
    """A model with one field of each kind, and its table."""
    with isolate_apps("core"):

        class Note(models.Model):
            line = EncryptedCharField(max_length=4, blank=True)
            text = EncryptedTextField(null=True)
            data = EncryptedJSONField(null=True)

            class Meta:
                app_label = "core"

            def __str__(self):
                return str(self.pk)

        make_table(Note)
        yield Note


def stored(pk) -> dict[str, str | None]:
    """Return the columns as PostgreSQL has them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT line, text, data FROM core_note WHERE id = %s", [pk])
        return dict(zip(("line", "text", "data"), cursor.fetchone(), strict=True))


def test_encrypted_fields_come_back_and_are_stored_unreadable(note):
    data = {"姓名": NAME, "years": [1, 2.5, None, True]}
    row = note.objects.create(line=NAME, text=NAME * 1000, data=data)
    assert all(value.startswith("gAAAA") for value in stored(row.pk).values())
    row.refresh_from_db()
    assert (row.line, row.text, row.data) == (NAME, NAME * 1000, data)
    assert list(note.objects.values_list("line", "data")) == [(NAME, data)]


def test_encrypted_fields_of_equal_values_are_stored_differently(note):
    first, second = (note.objects.create(line=NAME, data=1) for _ in range(2))
    assert stored(first.pk)["line"] != stored(second.pk)["line"]
    assert stored(first.pk)["data"] != stored(second.pk)["data"]


def test_encrypted_fields_keep_null_and_the_empty_string(note):
    row = note.objects.create(line="", text=None, data=None)
    assert stored(row.pk) == {"line": "", "text": None, "data": None}
    row.refresh_from_db()
    assert (row.line, row.text, row.data) == ("", None, None)
    assert note.objects.filter(text__isnull=True, data__isnull=True).exists()


@pytest.mark.parametrize("data", [{}, [], "", 0, False])
def test_encrypted_json_keeps_every_empty_value(note, data):
    row = note.objects.create(data=data)
    row.refresh_from_db()
    assert row.data == data
    assert type(row.data) is type(data)


def test_encrypted_fields_are_encrypted_by_every_way_to_write(note):
    row = note.objects.create(line="甲")
    note.objects.filter(pk=row.pk).update(line="乙", data=[2])
    assert stored(row.pk)["line"].startswith("gAAAA")
    row.line, row.data = "丙", [3]
    note.objects.bulk_update([row], ["line", "data"])
    assert stored(row.pk)["line"].startswith("gAAAA")
    assert stored(row.pk)["data"].startswith("gAAAA")
    row.refresh_from_db()
    assert (row.line, row.data) == ("丙", [3])
    (bulk,) = note.objects.bulk_create([note(line="丁")])
    assert decrypt(stored(bulk.pk)["line"]) == "丁"


@pytest.mark.parametrize(
    "lookup",
    [{"line": NAME}, {"line__icontains": "张"}, {"text__in": [NAME]}, {"data": 1}, {"data__a": 1}],
)
def test_encrypted_fields_looked_up_by_value_refuse(note, lookup):
    with pytest.raises(FieldError, match="is encrypted"):
        note.objects.filter(**lookup).exists()


def test_encrypted_char_counts_the_characters_before_encryption(note):
    note(line="一二三四", text="", data=1).full_clean(exclude=["text"])
    with pytest.raises(ValidationError):
        note(line="一二三四五", data=1).full_clean(exclude=["text"])


@isolate_apps("core")
def test_encrypted_field_unique_or_indexed_fails_the_check():
    class Wrong(models.Model):
        unique = EncryptedCharField(max_length=10, unique=True)
        indexed = EncryptedTextField(db_index=True)

        class Meta:
            app_label = "core"

        def __str__(self):
            return self.unique

    assert [error.id for error in Wrong.check()] == ["core.E001", "core.E001"]


def test_encrypted_fields_survive_a_migration_file(note):
    for field in note._meta.local_fields[1:]:
        _, path, args, kwargs = field.deconstruct()
        assert path == f"core.fields.{type(field).__name__}"
        assert type(field)(*args, **kwargs).deconstruct()[1:] == (path, args, kwargs)


# --- Keys ------------------------------------------------------------------------


@pytest.fixture
def changed_key(settings):
    """Put a new key in front when called; return it."""

    def change() -> str:
        key = Fernet.generate_key().decode()
        settings.FIELD_ENCRYPTION_KEYS = [key, *settings.FIELD_ENCRYPTION_KEYS]
        return key

    return change


def test_decrypt_after_a_new_key_in_front_opens_old_and_new(settings, changed_key):
    old = encrypt(NAME)
    changed_key()
    assert decrypt(old) == decrypt(encrypt(NAME)) == NAME
    new = encrypt(NAME)
    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[1:]
    with pytest.raises(DecryptionFailed):
        decrypt(new)


def test_decrypt_of_a_value_changed_in_the_table_raises():
    token = encrypt(NAME)
    with pytest.raises(DecryptionFailed):
        decrypt(token[:-3] + ("AAA" if not token.endswith("AAA") else "BBB"))
    with pytest.raises(DecryptionFailed):
        decrypt("张三")


@pytest.mark.parametrize("keys", [[], [""], ["too short"], ["钥匙"]])
def test_encrypt_with_malformed_keys_says_what_a_key_is(settings, keys):
    settings.FIELD_ENCRYPTION_KEYS = keys
    with pytest.raises(ImproperlyConfigured, match="FIELD_ENCRYPTION_KEYS"):
        encrypt(NAME)
    (error,) = check_encryption_keys(None)
    assert (error.id, error.level) == ("core.E002", checks.CRITICAL)


def test_check_of_the_settings_keys_finds_nothing():
    assert check_encryption_keys(None) == []


def test_reencrypt_row_writes_under_the_first_key_and_is_then_done(note, settings, changed_key):
    rows = [note.objects.create(line=NAME, data=[n]) for n in range(3)]
    rows.append(note.objects.create(line=""))
    assert list(rows_to_reencrypt(note)) == []
    key = changed_key()
    waiting = sorted(rows_to_reencrypt(note))
    assert waiting == [row.pk for row in rows[:3]]
    for pk in waiting:
        reencrypt_row(note, pk)
    assert list(rows_to_reencrypt(note)) == []
    settings.FIELD_ENCRYPTION_KEYS = [key]
    assert list(note.objects.order_by("pk").values_list("line", "data")) == [
        (NAME, [0]),
        (NAME, [1]),
        (NAME, [2]),
        ("", None),
    ]


def test_reencrypt_row_in_a_table_written_once_passes_and_leaves_it_closed(db, changed_key):
    with isolate_apps("core"):

        class Frozen(AppendOnlyModel):
            text = EncryptedTextField()

            class Meta:
                app_label = "core"

        make_table(Frozen)
        with connection.cursor() as cursor:
            for statement, _ in append_only(Frozen._meta.db_table).sql:
                cursor.execute(statement)
        row = Frozen.objects.create(text=NAME)
        changed_key()
        assert list(rows_to_reencrypt(Frozen)) == [row.pk]
        reencrypt_row(Frozen, row.pk)
        assert list(rows_to_reencrypt(Frozen)) == []
        assert Frozen.objects.get().text == NAME
        with pytest.raises(IntegrityError), transaction.atomic():
            Frozen.objects.update(text="")


def test_reencrypt_fields_walks_the_models_of_the_site(db, changed_key, capsys):
    from tests.factories.people import UserFactory

    user = UserFactory()
    phone = user.phone
    changed_key()
    call_command("reencrypt_fields")
    assert capsys.readouterr().out == "accounts.User: 1\n"
    user.refresh_from_db()
    assert user.phone == phone
    call_command("reencrypt_fields")
    assert capsys.readouterr().out == ""


# --- The blind index -------------------------------------------------------------


def test_blind_index_is_the_same_however_the_value_is_written():
    index = blind_index("50990019850302001X", purpose="identity")
    assert len(index) == 64
    assert blind_index(" 509900 19850302-001x ", purpose="identity") == index
    assert blind_index("５０９９００19850302001Ｘ", purpose="identity") == index


def test_blind_index_depends_on_value_purpose_and_key(settings):
    indexes = {
        blind_index("16000000000", purpose="phone"),
        blind_index("16000000001", purpose="phone"),
        blind_index("16000000000", purpose="identity"),
    }
    settings.BLIND_INDEX_KEY = "another"
    indexes.add(blind_index("16000000000", purpose="phone"))
    assert len(indexes) == 4


@pytest.mark.parametrize("value", ["", " ", "-"])
def test_blind_index_of_nothing_is_refused(value):
    with pytest.raises(ValueError, match="no index"):
        blind_index(value, purpose="phone")
