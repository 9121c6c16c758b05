"""Load a schedule from a file: a year's notice as somebody typed it (docs/schedules.md).

The file is read into plain values first, with every fault noted under its path
(``tracks[0].steps[2].closes``); only a faultless file is written, in one transaction.
Loading the same file again changes nothing.
"""

import datetime as dt
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from core import clock
from organisations.models import Organisation, OrganisationKind
from schedules import kinds
from schedules.models import (
    CorrectionUntil,
    HolderRule,
    OpenTitle,
    Rank,
    Schedule,
    ScheduleLink,
    Step,
    Title,
    Track,
)
from schedules.services import announce_change, changed_fixed_fields, sets_deadlines

_REQUIRED = object()


class ScheduleFileError(Exception):
    """A schedule file cannot be loaded; ``faults`` are lines that name the YAML path."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


# --- Reading -----------------------------------------------------------------------


class _StrictLoader(yaml.SafeLoader):
    """YAML in which a key given twice is a fault, not the last one wins."""


def _mapping_without_repeats(loader: _StrictLoader, node: yaml.MappingNode) -> dict:
    keys = [loader.construct_object(key) for key, _value in node.value]
    for key, (key_node, _value) in zip(keys, node.value, strict=True):
        if keys.count(key) > 1:
            raise yaml.MarkedYAMLError(
                problem=_("“%s”写了两次") % key, problem_mark=key_node.start_mark
            )
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor("tag:yaml.org,2002:map", _mapping_without_repeats)


def read_file(path: Path) -> dict:
    """Return the data of a schedule file; raise :class:`ScheduleFileError` on bad YAML."""
    try:
        # The loader is a SafeLoader.
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)  # noqa: S506
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ScheduleFileError([str(error)]) from error
    if not isinstance(data, dict):
        raise ScheduleFileError([_("文件的最外层应当是键值对。")])
    return data


def _parsed(value: Any) -> Any:
    """Return the date or instant that a text holds: YAML reads only some of them itself."""
    if isinstance(value, str):
        for kind in (dt.date, dt.datetime):
            with suppress(ValueError):
                return kind.fromisoformat(value)
    return value


def shifted(value: Any, by: dt.timedelta) -> Any:
    """Return a file's data with every date moved by ``by``."""
    match value:
        case dt.date():  # a datetime is one too
            return value + by
        case dict():
            return {key: shifted(item, by) for key, item in value.items()}
        case list():
            return [shifted(item, by) for item in value]
    return value


class _Reader:
    """Take typed values out of one mapping, noting faults and assumptions by path."""

    def __init__(self, data: Any, path: str, faults: list[str], assumptions: list[dict]) -> None:
        self.path, self.faults, self.assumptions = path, faults, assumptions
        self._taken: set[str] = set()
        if isinstance(data, Mapping) and data.get("assumed") and "value" not in data:
            # A whole mapping can be assumed: {name: …, assumed: true, note: …}
            data = dict(data)
            self._assume(path, data.get("name", ""), data)
            del data["assumed"]
            data.pop("note", None)
        if not isinstance(data, Mapping):
            self.fault("", _("应当是键值对。"))
            data = {}
        self.data = data

    def where(self, key: str) -> str:
        return ".".join(filter(None, [self.path, key]))

    def fault(self, key: str, text: str) -> None:
        self.faults.append(f"{self.where(key)}: {text}")

    def _assume(self, path: str, value: Any, holder: Mapping) -> None:
        note = holder.get("note", "")
        if holder.get("assumed") is not True or not isinstance(note, str) or not note:
            self.faults.append(
                _("%s: 设定的事项要写 assumed: true，并在 note 中说明。") % (path or ".")
            )
        if isinstance(value, dt.date):
            value = value.isoformat()
        self.assumptions.append({"path": path, "value": value, "note": note})

    def take(self, key: str, default: Any = _REQUIRED) -> Any:
        self._taken.add(key)
        if key not in self.data:
            if default is _REQUIRED:
                self.fault(key, _("必须填写。"))
                return None
            return default
        value = self.data[key]
        if isinstance(value, Mapping) and "assumed" in value and "value" in value:
            if extra := set(value) - {"value", "assumed", "note"}:
                self.fault(key, _("不认识的键：%s。") % "、".join(sorted(map(str, extra))))
            self._assume(self.where(key), value["value"], value)
            value = value["value"]
        return value

    def _typed(self, key: str, default: Any, kind: type | tuple, text: str) -> Any:
        value = self.take(key, default)
        if value is default or value is None:
            return value
        # True is an int to Python, but not to whoever writes a file.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.fault(key, text)
            return None if default is _REQUIRED else default
        return value

    def text(self, key: str, default: Any = _REQUIRED) -> Any:
        value = self._typed(key, default, str, _("应当是文字。"))
        return value.strip() if isinstance(value, str) else value

    def number(self, key: str, default: Any = _REQUIRED) -> Any:
        return self._typed(key, default, int, _("应当是整数。"))

    def yes_or_no(self, key: str, default: Any = _REQUIRED) -> Any:
        return self._typed(key, default, bool, _("应当是 true 或 false。"))

    def items(self, key: str, default: Any = _REQUIRED) -> list:
        return self._typed(key, default, list, _("应当是列表。")) or []

    def mapping(self, key: str) -> dict:
        return dict(self._typed(key, {}, Mapping, _("应当是键值对。")) or {})

    def choice(self, key: str, choices: Any, default: Any = _REQUIRED) -> Any:
        value = self.text(key, default)
        if value is not default and value is not None and value not in choices:
            self.fault(key, _("应当是其中之一：%s。") % "、".join(map(str, choices)))
            return None if default is _REQUIRED else default
        return value

    def money(self, key: str) -> Decimal:
        value = self.take(key, 0)
        try:
            if isinstance(value, bool):
                raise InvalidOperation
            return Decimal(str(value))
        except InvalidOperation:
            self.fault(key, _("应当是金额（元）。"))
            return Decimal(0)

    def day(self, key: str) -> dt.date | None:
        value = _parsed(self.take(key, None))
        if value is None or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
            return value
        self.fault(key, _("应当是日期，如 2020-11-17。"))
        return None

    def instant(self, key: str, *, is_end: bool, default: Any = _REQUIRED) -> dt.datetime | None:
        """Read a local instant; a date alone that ends something means through that day."""
        value = self.take(key, default)
        if value is None or value is default:
            return None
        value = _parsed(value)
        if isinstance(value, dt.datetime):
            if value.tzinfo is not None:
                self.fault(key, _("时间不写时区，一律是北京时间。"))
                return None
            return value.replace(tzinfo=clock.SHANGHAI)
        if isinstance(value, dt.date):
            return clock.start_of(value + dt.timedelta(days=1) if is_end else value)
        self.fault(key, _("应当是日期或时间，如 2020-11-23 或 2020-11-23 17:00。"))
        return None

    def inner(self, key: str, default: Any = _REQUIRED) -> "_Reader":
        return _Reader(self.take(key, default), self.where(key), self.faults, self.assumptions)

    def each(self, key: str, default: Any = _REQUIRED) -> "list[_Reader]":
        return [
            _Reader(item, f"{self.where(key)}[{number}]", self.faults, self.assumptions)
            for number, item in enumerate(self.items(key, default))
        ]

    def named(self, key: str) -> "dict[str, _Reader]":
        return {
            str(name): _Reader(item, f"{self.where(key)}.{name}", self.faults, self.assumptions)
            for name, item in self.mapping(key).items()
        }

    def done(self) -> None:
        if extra := [str(key) for key in self.data if key not in self._taken]:
            self.fault("", _("不认识的键：%s。") % "、".join(extra))


# --- What a file says --------------------------------------------------------------


@dataclass
class _Row:
    """The values of one row that a file describes, and where it describes them."""

    path: str
    values: dict[str, Any]
    parts: dict[str, list["_Row"]] = field(default_factory=dict)


def _read_schedule(data: Mapping) -> _Row:
    faults: list[str] = []
    assumptions: list[dict] = []
    top = _Reader(data, "", faults, assumptions)
    registration = top.inner("registration", {})
    row = _Row(
        "",
        {
            "code": top.text("code"),
            "name": top.text("name"),
            "year": top.number("year"),
            "issuing_body": top.text("issuing_body"),
            "document_number": top.text("document_number"),
            "legal_basis": top.text("legal_basis", ""),
            "scope": top.text("scope", ""),
            "is_public": top.yes_or_no("is_public", True),
            "publicity_working_days": top.number("publicity_working_days", 5),
            "one_live_application": top.yes_or_no("one_live_application", True),
            "registration_opens_on": registration.day("opens"),
            "registration_closes_on": registration.day("closes"),
            "support_contact": top.text("support_contact", ""),
            "notes": top.text("notes", ""),
        },
    )
    registration.done()
    row.parts["links"] = [
        _read_link(reader, order) for order, reader in enumerate(top.each("links", []))
    ]
    organisations = {
        name: _read_organisation(reader) for name, reader in top.named("organisations").items()
    }
    for organisation in organisations.values():
        _refer(organisation, "supervisor", organisations, faults)
    row.parts["organisations"] = list(organisations.values())
    row.parts["tracks"] = [
        _read_track(reader, order, organisations) for order, reader in enumerate(top.each("tracks"))
    ]
    top.done()
    row.values["assumptions"] = assumptions
    if faults:
        raise ScheduleFileError(faults)
    return row


def _refer(row: _Row, key: str, organisations: dict[str, _Row], faults: list[str]) -> None:
    """Exchange the name of an organisation in the file for what the file says about it."""
    name = row.values[key]
    if name is not None and name not in organisations:
        faults.append(f"{row.path}.{key}: " + _("organisations 中没有“%s”。") % name)
        name = None
    row.values[key] = organisations[name] if name is not None else None


def _read_link(reader: _Reader, order: int) -> _Row:
    values = {
        "kind": reader.choice("kind", ScheduleLink.Kind.values),
        "title": reader.text("title"),
        "order": order,
    }
    for key in ("document_number", "issuing_body", "contact", "url", "body"):
        values[key] = reader.text(key, "")
    reader.done()
    return _Row(reader.path, values)


def _read_organisation(reader: _Reader) -> _Row:
    values = {
        "name": reader.text("name"),
        "kind": reader.choice("kind", OrganisationKind.values),
        "supervisor": reader.text("supervisor", None),
        "credit_code": reader.text("credit_code", None),
    }
    for key in ("contact_name", "contact_telephone", "address"):
        values[key] = reader.text(key, "")
    reader.done()
    return _Row(reader.path, values)


def _read_track(reader: _Reader, order: int, organisations: dict[str, _Row]) -> _Row:
    row = _Row(
        reader.path,
        {
            "code": reader.text("code"),
            "name": reader.text("name"),
            "order": order,
            "eligibility_claim": reader.text("eligibility_claim", ""),
            "required_sections": reader.items("required_sections", []),
            "evidence_rules": reader.mapping("evidence_rules"),
        },
    )
    row.parts["titles"] = [
        _read_open_title(item, organisations) for item in reader.each("titles", [])
    ]
    row.parts["steps"] = [
        _read_step(item, number) for number, item in enumerate(reader.each("steps"), start=1)
    ]
    reader.done()
    return row


def _read_open_title(reader: _Reader, organisations: dict[str, _Row]) -> _Row:
    title = reader.inner("title")
    row = _Row(
        reader.path,
        {
            "fee": reader.money("fee"),
            "committee_office": reader.text("committee_office", None),
            "agency": reader.text("agency", None),
            "results_publisher": reader.text("results_publisher", None),
        },
    )
    row.parts["title"] = [
        _Row(
            title.path,
            {
                "code": title.text("code"),
                "name": title.text("name"),
                "series": title.text("series"),
                "specialty": title.text("specialty", ""),
                "rank": title.choice("rank", Rank.values),
            },
        )
    ]
    title.done()
    reader.done()
    for key in ("committee_office", "agency", "results_publisher"):
        _refer(row, key, organisations, reader.faults)
    return row


def _read_step(reader: _Reader, order: int) -> _Row:
    name = reader.text("name")
    correction = reader.inner("correction", {})
    values = {
        "order": order,
        "code": reader.text("code"),
        "kind": reader.choice("kind", kinds.codes()),
        "name": name,
        "stage": reader.text("stage", name),
        "opens_at": reader.instant("opens", is_end=False),
        "closes_at": reader.instant("closes", is_end=True),
        "advisory_on": reader.day("advisory"),
        "advisory_note": reader.text("advisory_note", ""),
        "holders": [_read_holder(item) for item in reader.each("holders", [])],
        "is_optional": reader.yes_or_no("is_optional", False),
        "ranks": reader.items("ranks", []),
        "correction_until": correction.choice("until", CorrectionUntil.values, ""),
        "correction_closes_at": correction.instant("closes", is_end=True, default=None),
        "correction_days": correction.number("days", None),
        "correction_review_closes_at": correction.instant(
            "review_closes", is_end=True, default=None
        ),
        "is_notified_once": reader.yes_or_no("is_notified_once", False),
        "needs_new_notice_when_material": reader.yes_or_no("needs_new_notice_when_material", False),
        "action_labels": reader.mapping("labels"),
        "settings": reader.mapping("settings"),
    }
    correction.done()
    reader.done()
    return _Row(reader.path, values)


def _read_holder(reader: _Reader) -> dict:
    rule = reader.choice("rule", HolderRule.values)
    holder = {"rule": rule}
    if rule == HolderRule.SUPERVISOR:
        holder["kind"] = reader.choice("kind", OrganisationKind.values)
    reader.done()
    return holder


# --- Writing -----------------------------------------------------------------------


@transaction.atomic
def load_schedule(source: Mapping | Path | str) -> Schedule:
    """Create the schedule that a file (or its data) describes, or bring it up to date.

    The schedule is found by its code; its tracks, steps and titles by theirs. Rows that
    the file no longer has are deleted. Organisations are found by kind and name, and those
    that exist are left as they are. A new schedule is a draft until it is published.

    Raises :class:`ScheduleFileError` with every fault; nothing is written then. With
    applications in the schedule, what they depend on (the steps and their order, who
    holds them, the titles and their fees) is refused; dates and texts may change, and
    ``schedule_changed`` announces it.
    """
    data = source if isinstance(source, Mapping) else read_file(Path(source))
    row = _read_schedule(data)
    faults: list[str] = []
    schedule = Schedule.objects.select_for_update().filter(code=row.values["code"]).first()
    writer = _Writer(faults, is_used=schedule is not None and schedule.applications.exists())
    organisations = writer.write_organisations(row.parts["organisations"])
    schedule = writer.write(Schedule, schedule, row)
    writer.write_links(schedule, row.parts["links"])
    kept = []
    for part in row.parts["tracks"]:
        track = schedule.tracks.filter(code=part.values["code"]).first() if schedule.pk else None
        track = writer.write(Track, track, part, schedule=schedule)
        kept.append(track.pk)
        writer.write_titles(track, part.parts["titles"], organisations)
        writer.write_steps(track, part.parts["steps"])
    if schedule.pk:
        writer.drop(schedule.tracks.exclude(pk__in=kept), "tracks")
    if faults:
        raise ScheduleFileError(faults)
    if writer.sets_deadlines:
        announce_change(schedule)
    return schedule


class _Writer:
    """Write rows that differ from what is stored, noting faults by path."""

    def __init__(self, faults: list[str], *, is_used: bool) -> None:
        self.faults, self.is_used = faults, is_used
        self.sets_deadlines = False

    def write(
        self, model: type[models.Model], instance: models.Model | None, row: _Row, **links: Any
    ) -> models.Model:
        """Return the row's instance, created or changed where it differs."""
        values = row.values | links
        if instance is None:
            instance = model(**values)
            if self.is_used and model is Step:
                self._refuse(row.path, _("已有人申报，不能增加环节。"))
        else:
            differing = {
                name: value for name, value in values.items() if getattr(instance, name) != value
            }
            if not differing:
                return instance
            self.sets_deadlines |= sets_deadlines(model, differing)
            for name, value in differing.items():
                setattr(instance, name, value)
            if self.is_used:
                for name in changed_fixed_fields(instance):
                    label = model._meta.get_field(name).verbose_name
                    self._refuse(row.path, _("已有人申报，不能更改“%s”。") % label)
        if any(not getattr(value, "pk", True) for value in links.values()):
            return instance  # what it belongs to has faults of its own
        with self._faults_at(row.path):
            instance.full_clean()
            instance.save()
        return instance

    def write_organisations(self, rows: list[_Row]) -> dict[str, Organisation]:
        found: dict[str, Organisation] = {}
        waiting = list(rows)
        while waiting:
            ready = [
                row
                for row in waiting
                if row.values["supervisor"] is None or row.values["supervisor"].path in found
            ]
            if not ready:
                self._refuse(waiting[0].path, _("隶属关系不能形成循环。"))
                break
            for row in ready:
                waiting.remove(row)
                above = row.values["supervisor"]
                values = row.values | {"supervisor": found[above.path] if above else None}
                found[row.path] = self._organisation(row.path, values)
        return found

    def _organisation(self, path: str, values: dict) -> Organisation:
        """Return the organisation of that kind and name, made when there is none."""
        existing = Organisation.objects.filter(kind=values["kind"], name=values["name"])
        organisation = existing.order_by("pk").first()
        if organisation is None:
            organisation = Organisation(**values)
            with self._faults_at(path):
                organisation.full_clean()
                organisation.save()
        return organisation

    def write_links(self, schedule: Schedule, rows: list[_Row]) -> None:
        if not schedule.pk:
            return
        stored = list(schedule.links.values("kind", "title", "order", *_LINK_TEXTS))
        if stored == [row.values for row in rows]:
            return
        schedule.links.all().delete()
        for row in rows:
            link = ScheduleLink(schedule=schedule, **row.values)
            with self._faults_at(row.path):
                link.full_clean()
                link.save()

    def write_titles(
        self, track: Track, rows: list[_Row], organisations: dict[str, Organisation]
    ) -> None:
        kept = []
        for row in rows:
            (inner,) = row.parts["title"]
            title = Title.objects.filter(code=inner.values["code"]).first()
            title = self.write(Title, title, inner)
            row.values |= {
                name: organisations.get(value.path)
                for name, value in row.values.items()
                if isinstance(value, _Row)
            }
            existing = None
            if track.pk and title.pk:
                existing = track.open_titles.filter(title=title).first()
            open_title = self.write(OpenTitle, existing, row, track=track, title=title)
            kept.append(open_title.pk)
        if track.pk:
            self.drop(track.open_titles.exclude(pk__in=kept), "titles")

    def write_steps(self, track: Track, rows: list[_Row]) -> None:
        if track.pk:
            codes = [row.values["code"] for row in rows]
            self.drop(track.steps.exclude(code__in=codes), "steps")
            existing = {step.code: step for step in track.steps.all()}
            moved = [
                step
                for row in rows
                if (step := existing.get(row.values["code"])) and step.order != row.values["order"]
            ]
            if moved and not self.is_used:
                # Out of the way first: an order is unique within its track.
                track.steps.update(order=models.F("order") + 1000)
                existing = {step.code: step for step in track.steps.all()}
        else:
            existing = {}
        for row in rows:
            self.write(Step, existing.get(row.values["code"]), row, track=track)

    def drop(self, rows: models.QuerySet, path: str) -> None:
        """Delete rows that the file no longer has; refused when applications depend on them."""
        for row in rows:
            if self.is_used:
                self._refuse(path, _("已有人申报，不能删去“%s”。") % row)
            else:
                row.delete()

    def _refuse(self, path: str, text: str) -> None:
        self.faults.append(f"{path or '.'}: {text}")

    @contextmanager
    def _faults_at(self, path: str):
        try:
            yield
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                key = "" if name == "__all__" else f".{_FILE_KEYS.get(name, name)}"
                self.faults += [f"{path}{key}: ".lstrip(".") + text for text in messages]


_LINK_TEXTS = ("document_number", "issuing_body", "contact", "url", "body")
# Fields whose name in the file is another.
_FILE_KEYS = {
    "opens_at": "opens",
    "closes_at": "closes",
    "advisory_on": "advisory",
    "action_labels": "labels",
    "correction_until": "correction.until",
    "correction_closes_at": "correction.closes",
    "correction_days": "correction.days",
    "correction_review_closes_at": "correction.review_closes",
    "registration_opens_on": "registration.opens",
    "registration_closes_on": "registration.closes",
}
