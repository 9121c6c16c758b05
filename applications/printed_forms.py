"""The forms that are made of what the applicant submitted, and their content.

The forms are Chinese documents and are not translated; the labels of the answers are
those of the sections' own forms.
"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from applications import sections, snapshots
from applications.commitment import PARAGRAPHS
from applications.documents import Basis, DocumentForm, register
from applications.models import Application, DocumentKind, Evidence, Snapshot
from applications.sections.achievements import BEFORE
from applications.sections.base import text_of
from applications.sections.fields import MonthField
from applications.workflow import Phase
from core import clock
from core.pdf import private_url
from core.validators import parse_identity_number
from schedules.models import Rank

# With up to so many one-line items a table is not divided between pages.
SHORT_TABLE = 6
# What the printed photograph can be made from; a scan in PDF cannot.
PHOTO_TYPES = ("image/jpeg", "image/png")
NUMERALS = [*"一二三四五六七八九十", *(f"十{unit}" for unit in "一二三四五六七八九")]


@dataclass(frozen=True)
class Column:
    """A column of a section's table; several ``fields`` share it, from–to or line by line.

    ``width`` is in hundredths of the table.
    """

    label: str
    fields: tuple[str, ...]
    width: int
    is_centred: bool = False


@dataclass(frozen=True)
class Table:
    """How the items of a repeating section are printed: columns, then long answers below."""

    columns: tuple[Column, ...]
    below: tuple[str, ...] = ()


def _column(label: str, fields: str, width: int, is_centred: bool = False) -> Column:
    return Column(label, tuple(fields.split()), width, is_centred)


TABLES: dict[str, Table] = {
    "education": Table(
        (
            _column("起止年月", "started_on ended_on", 16, True),
            _column("毕业院校", "school", 24),
            _column("所学专业", "subject", 17),
            _column("学历", "level", 11, True),
            _column("学位", "degree", 8, True),
            _column("学习形式", "mode", 9, True),
            _column("证书编号", "certificate_number", 15),
        )
    ),
    "work_history": Table(
        (
            _column("起止年月", "started_on ended_on", 16, True),
            _column("工作单位", "employer", 26),
            _column("部门和职务", "post", 22),
            _column("从事的专业技术工作", "duties", 36),
        )
    ),
    "training": Table(
        (
            _column("年度", "year", 10, True),
            _column("专业科目", "specialty_hours", 15, True),
            _column("公需科目", "public_hours", 15, True),
            _column("主要内容", "content", 60),
        )
    ),
    "assessment": Table(
        (
            _column("年度", "year", 15, True),
            _column("考核结果", "result", 30, True),
            _column("考核单位", "assessed_by", 55),
        )
    ),
    "achievement_project": Table(
        (
            _column("起止年月", "started_on happened_on", 16, True),
            _column("项目名称", "title", 37),
            _column("项目级别", "source", 11, True),
            _column("经费或产值", "amount", 13, True),
            _column("本人承担的任务和排名", "role", 23),
        ),
        below=("result",),
    ),
    "achievement_paper": Table(
        (
            _column("发表时间", "happened_on", 11, True),
            _column("论文题目", "title", 34),
            _column("期刊或会议，年、卷、期、页", "journal issue", 29),
            _column("署名", "role", 11, True),
            _column("收录情况", "result", 15),
        )
    ),
    "achievement_book": Table(
        (
            _column("出版时间", "happened_on", 11, True),
            _column("著作名称", "title", 30),
            _column("出版社，ISBN", "publisher isbn", 24),
            _column("本人作用", "role", 10, True),
            _column("本人撰写的部分", "result", 25),
        )
    ),
    "achievement_patent": Table(
        (
            _column("授权时间", "happened_on", 11, True),
            _column("专利名称", "title", 38),
            _column("类别", "kind", 15, True),
            _column("专利号或登记号", "number", 22),
            _column("本人排名", "role", 14, True),
        ),
        below=("result",),
    ),
    "achievement_award": Table(
        (
            _column("获奖时间", "happened_on", 11, True),
            _column("奖励名称", "title", 34),
            _column("等级", "result", 15, True),
            _column("授奖单位", "awarded_by", 26),
            _column("本人排名", "role", 14, True),
        )
    ),
    "achievement_report": Table(
        (
            _column("完成时间", "happened_on", 11, True),
            _column("名称", "title", 54),
            _column("本人作用", "role", 35),
        ),
        below=("result",),
    ),
}
# Printed as a group of the table and as a mark before the title, not as columns.
MARKS = ("period", "is_representative")


# --- The forms ---------------------------------------------------------------------------


class SubmittedForm(DocumentForm):
    """A form of the submit that stands (B9): after a successful submit, and only then."""

    when = "提交申报后才能打印。"

    def basis(self, application: Application, latest: Snapshot) -> Basis | None:
        # A recalled file is a draft again: what was submitted no longer stands.
        if application.phase == Phase.DRAFT:
            return None
        return Basis(latest)


@register
class ApplicationForm(SubmittedForm):
    """All that the applicant filled in (申报信息表), for signature and stamp (B9, B15)."""

    kind = DocumentKind.APPLICATION_FORM
    template = "pdf/application_form.html"

    def content(self, application: Application, basis: Basis) -> dict:
        return form_content(application, basis.snapshot, _evidence(basis.snapshot))


@register
class Commitment(SubmittedForm):
    """The integrity commitment (诚信承诺书), to be signed by hand (B10)."""

    kind = DocumentKind.COMMITMENT
    template = "pdf/commitment.html"

    def content(self, application: Application, basis: Basis) -> dict:
        return {
            **_head(application, basis.snapshot),
            "paragraphs": [str(paragraph) for paragraph in PARAGRAPHS],
        }


# --- Their content -----------------------------------------------------------------------


def form_content(
    application: Application, snapshot: Snapshot, *more_parts: dict[str, Any]
) -> dict[str, Any]:
    """Return everything that was submitted, as the forms print it, with ``more_parts`` after.

    The parts are numbered in the order of the form. Each has ``fields`` (label and text in
    pairs), or ``columns`` and ``blocks`` of rows, or ``prose``, or nothing: 无. What
    ``is_short`` is not divided between pages.
    """
    given = snapshot.data["sections"]
    head = _head(application, snapshot)

    def single(code: str) -> dict[str, Any]:
        return next((entry["data"] for entry in given.get(code, [])), {})

    parts = [
        {
            "title": "申报情况",
            "fields": _applied_for(head, single("exceptional")),
            "is_short": True,
        },
        *_exceptional(single("exceptional")),
        {
            "title": str(sections.get("present_title").title),
            "fields": _pairs("present_title", single("present_title")),
            "is_short": True,
        },
    ]
    for code, table in TABLES.items():
        if given.get(code):
            parts.append(_rows(code, table, given[code]))
        elif not code.startswith("achievement_"):
            parts.append({"title": str(sections.get(code).title), "is_short": True})
    parts.append(
        {
            "title": str(sections.get("statement").title),
            "prose": _paragraphs(single("statement").get("text", "")),
        }
    )
    parts += more_parts
    # The first part is about the person.
    for numeral, part in zip(NUMERALS[1:], parts, strict=False):
        part["number"] = numeral
    return {
        **head,
        "person": dict(_texts("person", single("person"))),
        "present_title": single("present_title").get("name") or "无",
        "photo": _photo(application, given),
        "parts": parts,
        "next_numbers": NUMERALS[len(parts) + 1 :],
    }


def _head(application: Application, snapshot: Snapshot) -> dict[str, Any]:
    """Return who applies for what, and which submit this is."""
    personal = snapshots.personal_of(snapshot)
    try:
        facts = parse_identity_number(personal["identity_number"])
    except ValidationError:
        sex = born_on = ""
    else:
        sex, born_on = str(facts.sex.label), chinese_day(facts.born_on)
    applied_for = snapshot.data["applied_for"]
    schedule = application.schedule
    office = application.open_title.committee_office or application.open_title.agency
    receipt = application.transitions.filter(snapshot=snapshot).only("receipt_number").first()
    return {
        **personal,
        "sex": sex,
        "born_on": born_on,
        "employer": applied_for["employer"] or applied_for["personnel_agency"],
        "personnel_agency": applied_for["personnel_agency"],
        "applied_for": {**applied_for, "rank": str(Rank(applied_for["rank"]).label)},
        "schedule": schedule.name,
        "year": schedule.year,
        "issuing_body": schedule.issuing_body,
        "office": office.name if office else "",
        "receipt_number": receipt.receipt_number if receipt else "",
        "submitted_on": chinese_day(snapshot.taken_at.astimezone(clock.SHANGHAI)),
    }


def _applied_for(head: dict[str, Any], exceptional: dict) -> list[tuple[str, str]]:
    applied_for = head["applied_for"]
    return [
        ("申报职称", applied_for["title"]),
        ("级别", applied_for["rank"]),
        ("系列", applied_for["series"]),
        ("专业", applied_for["specialty"]),
        ("申报通道", applied_for["track"]),
        ("申报方式", dict(_texts("exceptional", exceptional)).get("route", "")),
        ("评审机构", head["office"]),
        ("人事代理机构", applied_for["personnel_agency"]),
    ]


def _exceptional(data: dict) -> list[dict[str, Any]]:
    """Return the reason and the two recommenders of an exceptional application (破格)."""
    texts = dict(_texts("exceptional", data))
    if "reason" not in texts:
        return []
    recommenders = [
        {
            "cells": [
                _cell(texts[f"recommender_{n}_{part}"], is_centred=part != "organisation")
                for part in ("name", "title", "organisation")
            ]
        }
        for n in (1, 2)
    ]
    return [
        {"title": "破格理由", "prose": _paragraphs(texts["reason"]), "is_short": True},
        {
            "title": "推荐专家",
            "columns": [
                {"label": "姓名", "width": 20},
                {"label": "职称", "width": 25},
                {"label": "工作单位", "width": 55},
            ],
            "blocks": [recommenders],
            "is_short": True,
        },
    ]


def _rows(code: str, table: Table, entries: list[dict]) -> dict[str, Any]:
    """Return a repeating section as a table; achievements are told apart by their period.

    It is in blocks of rows that stay together on a page: an item with the long answers
    below it and the heading above it; and no single line is left alone at either end.
    """
    before = [entry for entry in entries if entry["data"].get("period") == BEFORE]
    since = [entry for entry in entries if entry not in before]
    blocks = []
    for heading, group in (("任现职称以来", since), ("任现职称以前", before)):
        items = [_item(code, table, entry) for entry in group]
        if before and items:
            items[0] = [{"heading": heading}, *items[0]]
        blocks += items
    is_short = len(blocks) <= SHORT_TABLE and not table.below
    return {
        "title": str(sections.get(code).title),
        "columns": [{"label": column.label, "width": column.width} for column in table.columns],
        "blocks": _without_single_lines(blocks),
        "is_short": is_short,
    }


def _without_single_lines(blocks: list[list]) -> list[list]:
    """Join a first and a last block of one row with their neighbour."""
    if len(blocks) > 2 and len(blocks[-1]) == 1:
        blocks = [*blocks[:-2], blocks[-2] + blocks[-1]]
    if len(blocks) > 1 and len(blocks[0]) == 1:
        blocks = [blocks[0] + blocks[1], *blocks[2:]]
    return blocks


def _item(code: str, table: Table, entry: dict) -> list[dict[str, Any]]:
    """Return the rows of one item: its cells, then the long answers across the table."""
    data = entry["data"]
    texts = dict(_texts(code, data))
    fields = sections.get(code).form_class.base_fields
    is_representative = data.get("is_representative") in (True, "on", "true", "True")
    cells = []
    for column in table.columns:
        values = [texts.get(name, "") for name in column.fields]
        if column.fields[0] == "started_on":
            values = ["—".join([values[0], values[1] or "今"])]
        elif column.fields[0] == "title" and is_representative:
            values = [f"★{values[0]}"]
        cells.append(_cell("\n".join(filter(None, values)), is_centred=column.is_centred))
    return [
        {"cells": cells},
        *(
            {"label": str(fields[name].label), "text": texts[name]}
            for name in table.below
            if texts[name]
        ),
    ]


def _cell(text: str, *, is_centred: bool) -> dict[str, Any]:
    return {"text": text, "is_centred": is_centred}


def _pairs(code: str, data: dict) -> list[tuple[str, str]]:
    fields = sections.get(code).form_class.base_fields
    return [(str(fields[name].label), text) for name, text in _texts(code, data)]


def _texts(code: str, data: dict) -> list[tuple[str, str]]:
    """Return (name, text) of each answer that matters; months are written short: 2008.09."""
    form_class = sections.get(code).form_class
    irrelevant = form_class.irrelevant(data)
    return [
        (name, _text(field, data.get(name)))
        for name, field in form_class.base_fields.items()
        if name not in irrelevant
    ]


def _text(field: Any, value: Any) -> str:
    if isinstance(field, MonthField):
        return str(value or "").replace("-", ".")
    return text_of(field, value)


def _photo(application: Application, given: dict) -> str:
    """Return the address of the applicant's photograph, if one was uploaded."""
    ids = [item["id"] for entry in given.get("person", []) for item in entry["evidence"]]
    photo = Evidence.objects.filter(
        application=application, public_id__in=ids, content_type__in=PHOTO_TYPES
    ).first()
    return private_url(photo.file.name) if photo else ""


def _evidence(snapshot: Snapshot) -> dict[str, Any]:
    """Return the list of all files that were submitted, each with the item it proves."""
    files = [
        (str(section.title), sections.heading(code, entry["data"]), item["name"], item["pages"])
        for code, section in sections.registry.items()
        for entry in snapshot.data["sections"].get(code, [])
        for item in entry["evidence"]
    ]
    blocks = [
        [
            {
                "cells": [
                    _cell(str(number), is_centred=True),
                    *(_cell(text, is_centred=False) for text in (part, item, name)),
                    _cell(str(pages), is_centred=True),
                ]
            }
        ]
        for number, (part, item, name, pages) in enumerate(files, start=1)
    ]
    return {
        "title": "佐证材料目录",
        "columns": [
            {"label": "序号", "width": 8},
            {"label": "所属部分", "width": 17},
            {"label": "证明的内容", "width": 30},
            {"label": "文件名", "width": 36},
            {"label": "页数", "width": 9},
        ],
        "blocks": _without_single_lines(blocks),
    }


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def chinese_day(day: Any) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
