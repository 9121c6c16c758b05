"""Who may import whom, and who may point at whom."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[1]
LAYERS = [
    {app.strip() for app in layer.split("|")}
    for layer in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ][0]["layers"]
]
ROW = {app: row for row, layer in enumerate(LAYERS) for app in layer}


def test_imports_go_only_downwards():
    # In a process of its own: import-linter sets up logging for everybody.
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_app_of_ours_has_a_row():
    ours = {path.parent.name for path in ROOT.glob("*/apps.py")} | {"config"}
    assert ours == set(ROW)


def test_foreign_keys_go_only_downwards():
    """Import-linter cannot see a foreign key written as a string."""
    wrong = []
    for model in apps.get_models():
        app = model._meta.app_label
        for field in model._meta.get_fields():
            if field.auto_created or not field.is_relation or field.related_model is None:
                continue
            other = field.related_model._meta.app_label
            if app in ROW and other in ROW and app != other and ROW[other] <= ROW[app]:
                wrong.append(f"{model._meta.label}.{field.name} -> {other}")
    assert wrong == []


@pytest.mark.django_db
def test_models_have_their_migrations():
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=3)


def test_code_names_no_city():
    """Both notices are data: nothing about either city is in code."""
    cities = re.compile("北京(?!时间)|重庆|beijing|chongqing", re.IGNORECASE)
    naming = [
        f"{path.relative_to(ROOT)}:{number}"
        for app in ROW
        for path in sorted((ROOT / app).rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if cities.search(line)
    ]
    assert naming == []
