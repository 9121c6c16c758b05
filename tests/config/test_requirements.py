"""The locked packages: pinned, hashed, and the same in all three files."""

import re
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements"


def pins(name: str) -> set[str]:
    text = (REQUIREMENTS / f"{name}.txt").read_text()
    return set(re.findall(r"^([a-z0-9-]+==[^ ]+)", text, re.MULTILINE))


def direct_names(name: str) -> set[str]:
    text = (REQUIREMENTS / f"{name}.in").read_text()
    return set(re.findall(r"^([a-z][a-z0-9-]*)", text, re.MULTILINE))


def test_each_lock_contains_the_smaller_one():
    assert pins("base") < pins("demo") < pins("test")


@pytest.mark.parametrize("name", ["base", "demo", "test"])
def test_lock_names_no_index_and_hashes_everything(name):
    text = (REQUIREMENTS / f"{name}.txt").read_text()
    assert "://" not in text
    assert "--index-url" not in text
    for requirement in re.split(r"\n(?=[a-z0-9])", text):
        assert "--hash=sha256:" in requirement


@pytest.mark.parametrize("name", ["base", "demo", "test"])
def test_direct_dependency_is_explained(name):
    explained = (REQUIREMENTS.parent / "docs" / "dependencies.md").read_text()
    assert [package for package in direct_names(name) if f"`{package}`" not in explained] == []
