"""What has changed between two frozen states, for who checks it again and who corrects it."""

from dataclasses import dataclass
from enum import Enum

from django.utils.translation import gettext as _

from applications import sections
from applications.models import Application, Snapshot
from applications.snapshots import content_of, personal_content, personal_of
from schedules.models import Rank

# What a notice shows of an achievement; a change of it is proposed as material (B22, C33).
NOTICE_KEYS = ("title", "role", "result")
APPLIED_FOR = "applied_for"


class Kind(Enum):
    """What happened to an entry."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class FieldChange:
    """One answer, before and after; "" where there was none."""

    label: str
    old: str
    new: str
    is_material: bool = False


@dataclass(frozen=True)
class EntryDiff:
    """One entry of a section; ``changes`` is empty when it is unchanged."""

    entry_id: str
    kind: Kind
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True)
class SectionDiff:
    """One section in both states, its entries in the new order, then those removed."""

    code: str
    title: str
    entries: tuple[EntryDiff, ...]

    @property
    def is_changed(self) -> bool:
        """Say whether anything in the section differs."""
        return any(entry.kind is not Kind.UNCHANGED for entry in self.entries)

    @property
    def is_material(self) -> bool:
        """Say whether what a public notice shows differs."""
        return any(change.is_material for change in self.changes)

    @property
    def changes(self) -> list[FieldChange]:
        """Return all changes of the section, in order."""
        return [change for entry in self.entries for change in entry.changes]


def compare(old: Snapshot, new: Snapshot) -> list[SectionDiff]:
    """Return every section of either snapshot, in the order of the form.

    The first one, ``applied_for``, holds the title, the employer and the person's name,
    identity number and telephone (these two without their values).
    """
    return _compare(old.data, personal_of(old), new.data, personal_of(new))


def compare_with_working_copy(old: Snapshot, application: Application) -> list[SectionDiff]:
    """Return what a resubmission now would change."""
    return _compare(
        old.data, personal_of(old), content_of(application), personal_content(application)
    )


def changed(diffs: list[SectionDiff]) -> list[SectionDiff]:
    """Return the sections that differ."""
    return [diff for diff in diffs if diff.is_changed]


def _compare(old: dict, old_personal: dict, new: dict, new_personal: dict) -> list[SectionDiff]:
    diffs = [_compare_heading(old, old_personal, new, new_personal)]
    for section in sections.registry.values():
        before = old["sections"].get(section.code, [])
        after = new["sections"].get(section.code, [])
        if before or after:
            diffs.append(_compare_section(section, before, after))
    return diffs


def _compare_heading(old: dict, old_personal: dict, new: dict, new_personal: dict) -> SectionDiff:
    labels = {
        "title": _("申报职称"),
        "series": _("系列"),
        "specialty": _("专业"),
        "rank": _("级别"),
        "track": _("申报通道"),
        "employer": _("工作单位"),
        "personnel_agency": _("人事代理机构"),
    }
    changes = [
        FieldChange(label, before, after, is_material=key in ("title", "employer"))
        for key, label in labels.items()
        if (before := _heading_text(old, key)) != (after := _heading_text(new, key))
    ]
    if old_personal["name"] != new_personal["name"]:
        changes.append(
            FieldChange(_("姓名"), old_personal["name"], new_personal["name"], is_material=True)
        )
    for key, label in (("identity_number", _("身份证号码")), ("phone", _("手机号码"))):
        if old_personal[key] != new_personal[key]:
            changes.append(FieldChange(label, _("原号码"), _("已变更")))
    kind = Kind.CHANGED if changes else Kind.UNCHANGED
    return SectionDiff(APPLIED_FOR, _("申报职称与单位"), (EntryDiff("", kind, tuple(changes)),))


def _heading_text(data: dict, key: str) -> str:
    value = data["applied_for"].get(key, "")
    return str(Rank(value).label) if key == "rank" and value in Rank else value


def _compare_section(section, before: list[dict], after: list[dict]) -> SectionDiff:
    old_by_id = {entry["id"]: (number, entry) for number, entry in enumerate(before, 1)}
    entries = []
    for number, entry in enumerate(after, 1):
        _old_number, old = old_by_id.pop(entry["id"], (0, None))
        entries.append(_compare_entry(section, number, old, entry))
    entries += [
        _compare_entry(section, number, entry, None) for number, entry in old_by_id.values()
    ]
    return SectionDiff(section.code, str(section.title), tuple(entries))


def _compare_entry(section, number: int, old: dict | None, new: dict | None) -> EntryDiff:
    prefix = _("第%d条") % number if section.repeats else ""
    is_on_notice = section.code.startswith("achievement_")
    if old is None or new is None:
        entry = new or old
        change = FieldChange(
            prefix or str(section.title),
            _whole(section.code, old),
            _whole(section.code, new),
            is_material=is_on_notice,
        )
        return EntryDiff(entry["id"], Kind.ADDED if old is None else Kind.REMOVED, (change,))
    on_notice = _labels_on_notice(section) if is_on_notice else ()
    before = _answers(section.code, old)
    after = _answers(section.code, new)
    changes = [
        FieldChange(
            f"{prefix} · {label}" if prefix else label,
            before.get(label, ""),
            after.get(label, ""),
            is_material=label in on_notice,
        )
        for label in {**after, **before}
        if before.get(label, "") != after.get(label, "")
    ]
    old_files, new_files = _files(old), _files(new)
    if old_files != new_files:
        label = _("佐证材料")
        changes.append(
            FieldChange(
                f"{prefix} · {label}" if prefix else label,
                "\n".join(old_files.values()),
                _new_files_text(old_files, new_files),
            )
        )
    kind = Kind.CHANGED if changes else Kind.UNCHANGED
    return EntryDiff(new["id"], kind, tuple(changes))


def _labels_on_notice(section) -> set[str]:
    fields = section.form_class.base_fields
    return {str(fields[key].label) for key in NOTICE_KEYS if key in fields}


def _answers(code: str, entry: dict) -> dict[str, str]:
    return {str(label): str(text) for label, text in sections.display(code, entry["data"])}


def _whole(code: str, entry: dict | None) -> str:
    """Return an entry as lines of "label：answer"."""
    if entry is None:
        return ""
    rows = [f"{label}：{text}" for label, text in sections.display(code, entry["data"]) if text]
    files = _files(entry)
    if files:
        rows.append(_("佐证材料：%s") % "、".join(files.values()))
    return "\n".join(rows)


def _files(entry: dict) -> dict[str, str]:
    """Return digest → name of the entry's evidence."""
    return {item["sha256"]: item["name"] for item in entry["evidence"]}


def _new_files_text(old: dict[str, str], new: dict[str, str]) -> str:
    """Return the names; a new file under an old name is marked, or the two would look alike."""
    return "\n".join(
        _("%s（新文件）") % name if digest not in old and name in old.values() else name
        for digest, name in new.items()
    )
