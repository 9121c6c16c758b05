"""The translations: complete, compiled, with the placeholders of their sources, and in use."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.urls import reverse
from django.utils.translation.template import templatize

from portal import selectors
from tests.factories.people import UserFactory

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = {
    language: ROOT / "locale" / language / "LC_MESSAGES" / "django.po"
    for language in ("en", "zh_Hans")
}
NOT_TRANSLATED = {"tests", "bench", "var", "migrations"}  # as in `make messages`

CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
TAG = re.compile(r"</?[a-z]+")

GETTEXT = {"_", "gettext", "gettext_lazy", "gettext_noop", "pgettext", "pgettext_lazy"}
GETTEXT |= {"ngettext", "ngettext_lazy"}
QUOTED = r"""u?('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
TEMPLATE_CALL = re.compile(rf"\b(p?n?p?gettext)\({QUOTED}(?:, *{QUOTED})?")


def catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(CATALOGUES[language]))


def texts_of(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) or [entry.msgstr]


def outside_f_strings(node: ast.AST) -> Iterator[ast.AST]:
    """Walk the tree as xgettext does, which does not look into f-strings."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.JoinedStr):
            yield from outside_f_strings(child)


def python_texts() -> Iterator[tuple[str, str]]:
    """Yield (file, text) of every text that the Python code hands to gettext."""
    for path in sorted(ROOT.glob("*/**/*.py")):
        parts = path.relative_to(ROOT).parts
        if parts[0].startswith(".") or NOT_TRANSLATED.intersection(parts):
            continue
        source = path.read_text()
        if "gettext" not in source:
            continue
        for node in outside_f_strings(ast.parse(source)):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            arguments = node.args[1:2] if name.startswith("pgettext") else node.args[:1]
            if name in GETTEXT and arguments and isinstance(arguments[0], ast.Constant):
                yield "/".join(parts), arguments[0].value


def template_texts() -> Iterator[tuple[str, str]]:
    """Yield (file, text) of every text that the templates translate."""
    for path in sorted((ROOT / "templates").rglob("*.*")):
        calls = TEMPLATE_CALL.findall(templatize(path.read_text(), origin=str(path)))
        for function, first, second in calls:
            text = second if function == "pgettext" else first
            yield str(path.relative_to(ROOT)), ast.literal_eval(text)


def test_english_has_no_gap():
    entries = catalogue("en")
    gaps = [entry.msgid for entry in entries if entry.fuzzy or not all(texts_of(entry))]
    assert (gaps, entries.obsolete_entries()) == ([], [])


def test_english_knows_every_text_of_code_and_templates():
    known = {entry.msgid for entry in catalogue("en")}
    missing = [
        (place, text) for place, text in [*python_texts(), *template_texts()] if text not in known
    ]
    assert missing == [], "run `make messages` and translate what is new"


@pytest.mark.parametrize("language", CATALOGUES)
def test_compiled_file_says_the_same_as_its_source(language):
    def entries(file):
        return sorted((each.msgctxt or "", each.msgid, *texts_of(each)) for each in file)

    compiled = polib.mofile(str(CATALOGUES[language].with_suffix(".mo")))
    assert entries(compiled) == entries(catalogue(language))


@pytest.mark.parametrize("language", CATALOGUES)
@pytest.mark.parametrize("pattern", [PLACEHOLDER, TAG], ids=["placeholders", "tags"])
def test_translation_keeps_what_must_stay(language, pattern):
    changed = [
        (entry.msgid, text)
        for entry in catalogue(language)
        for text in texts_of(entry)
        if sorted(pattern.findall(text)) != sorted(pattern.findall(entry.msgid))
    ]
    assert changed == []


def test_english_leaves_no_chinese_but_quotations_of_data():
    """Chinese stands in the English texts only where an example from the data is quoted."""
    left = {
        quoted
        for entry in catalogue("en")
        for text in texts_of(entry)
        for quoted in CHINESE.findall(re.sub('"[^"]*"', "", text))
    }
    assert left == set()


def test_english_in_an_attribute_has_no_double_quote():
    """``{% translate %}`` does not escape its text, which would end the attribute."""
    english = {entry.msgid: entry.msgstr for entry in catalogue("en")}
    in_attributes = re.compile(r"""="\{% *translate '([^']+)' *%\}""")
    texts = {
        english[source]
        for path in (ROOT / "templates").rglob("*.html")
        for source in in_attributes.findall(path.read_text())
    }
    assert texts
    assert [text for text in texts if '"' in text] == []


@pytest.fixture
def english(client):
    """Return a client who has switched to English."""
    selectors.forget_support()
    client.post(reverse("set_language"), {"language": "en", "next": "/"})
    yield client
    selectors.forget_support()


def chinese_of(response) -> list[str]:
    """Return the Chinese on a page, without the button that switches back."""
    html = re.sub(r'<button[^>]*lang="zh-Hans">.*?</button>', "", response.content.decode())
    assert '<html lang="en">' in html
    return CHINESE.findall(html)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    ["portal:home", "account_login", "account_signup", "account_reset_password", "verify"],
)
def test_public_page_in_english_has_no_chinese(english, name):
    response = english.get(reverse(name))
    assert (response.status_code, chinese_of(response)) == (200, [])


@pytest.mark.django_db
def test_missing_page_in_english_has_no_chinese(english):
    response = english.get("/no-such-page/")
    assert (response.status_code, chinese_of(response)) == (404, [])


@pytest.mark.django_db
def test_sign_up_refused_in_english_has_no_chinese(english):
    form = {"phone": "160", "identity_number": "123", "name": "1", "password1": "123"}
    response = english.post(reverse("account_signup"), form)
    assert "There is a problem" in response.content.decode()
    assert chinese_of(response) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        "portal:dashboard",
        "applications:index",
        "applications:start",
        "account_overview",
        "account_change_password",
        "usersessions_list",
    ],
)
def test_page_of_a_person_in_english_has_no_chinese(english, name):
    english.force_login(UserFactory(name="Lin Zhiyuan", language="en"))
    response = english.get(reverse(name))
    assert (response.status_code, chinese_of(response)) == (200, [])
