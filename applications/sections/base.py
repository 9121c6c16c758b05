"""What a section of the application form is."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from applications.sections.fields import MonthField


@dataclass(frozen=True)
class Fieldset:
    """Fields that stand together on the page; a tuple in ``rows`` shares one line.

    ``only_for`` is the CSS hook of a part that matters for one answer only.
    """

    rows: list[str | tuple[str, ...]]
    legend: Any = ""
    only_for: str = ""


class SectionForm(forms.Form):
    """A section's fields. Valid means complete; what is not valid is kept all the same."""

    use_required_attribute = False
    layout: ClassVar[list[Fieldset]] = []

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, label_suffix="", **options)

    @classmethod
    def irrelevant(cls, data: Mapping[str, Any]) -> frozenset[str]:
        """Return the fields that do not matter, given the other answers."""
        return frozenset()

    def fieldsets(self) -> list[dict[str, Any]]:
        """Return the fields as the page shows them: fieldsets of lines of bound fields."""
        layout = self.layout or [Fieldset(list(self.fields))]
        return [
            {
                "legend": part.legend,
                "only_for": part.only_for,
                "rows": [
                    [self[name] for name in ((row,) if isinstance(row, str) else row)]
                    for row in part.rows
                ],
            }
            for part in layout
        ]

    @property
    def has_wrong_answers(self) -> bool:
        """Say whether an answer is wrong, and not just missing yet."""
        return any(
            error.code != "required"
            for errors in self.errors.as_data().values()
            for error in errors
        )

    def forget_missing(self) -> None:
        """Drop the errors of what is missing: nobody has said that the form is finished."""
        for name, errors in list(self.errors.as_data().items()):
            wrong = [error for error in errors if error.code != "required"]
            if wrong:
                self.errors[name] = self.error_class(
                    wrong, renderer=self.renderer, field_id=self[name].auto_id
                )
            else:
                del self.errors[name]

    def add_missing(self, name: str, message: Any = None) -> None:
        """Say that a field which the other answers ask for is empty."""
        text = message or self.fields[name].error_messages["required"]
        self.add_error(name, ValidationError(text, code="required"))

    def check_order(self, first: str, last: str, message: Any) -> None:
        """Add ``message`` to ``last`` when both are there and it lies before ``first``."""
        starts, ends = self.cleaned_data.get(first), self.cleaned_data.get(last)
        if starts and ends and ends < starts:
            self.add_error(last, message)


@dataclass(frozen=True)
class Limits:
    """What a track asks of the evidence of one item of a section, and how many items."""

    min_files: int = 0
    max_files: int = 10
    max_bytes: int | None = None
    max_pages: int | None = None
    kinds: tuple[str, ...] = ("image", "pdf")
    max_items: int = 50


@dataclass(frozen=True)
class Section:
    """One part of the form (表单部分): its code, its Chinese title, and the form of an item.

    ``item`` is what one item of a repeating section is called; ``heading`` names the
    fields whose values title an item. ``evidence`` says what to upload with an item.
    """

    code: str
    title: Any
    form_class: type[SectionForm]
    group: Any
    repeats: bool = False
    is_required: bool = False
    help: Any = ""
    item: Any = ""
    heading: tuple[str, ...] = ()
    evidence: Any = ""
    limits: Limits = field(default_factory=Limits)

    def typed(self, posted: Mapping[str, Any]) -> dict[str, Any]:
        """Return the section's fields from a request's data, as they were typed."""
        return {
            name: _plain(field.widget.value_from_datadict(posted, {}, name))
            for name, field in self.form_class.base_fields.items()
        }

    def checked(self, typed: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        """Return what is to be stored of ``typed``, and whether the form accepts it.

        Fields that are right are stored in their uniform shape, the others as typed.
        """
        form = self.form_class(dict(typed))
        is_complete = form.is_valid()
        right = {name: _stored(value) for name, value in form.cleaned_data.items()}
        return {**typed, **right}, is_complete

    def display(self, data: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return (label, text) of each field that matters, in the order of the form."""
        irrelevant = self.form_class.irrelevant(data)
        return [
            (str(field.label), text_of(field, data.get(name)))
            for name, field in self.form_class.base_fields.items()
            if name not in irrelevant
        ]

    def heading_of(self, data: Mapping[str, Any]) -> str:
        """Return a title for one item, from what has been typed so far."""
        fields = self.form_class.base_fields
        parts = [text_of(fields[name], data.get(name)) for name in self.heading]
        return " · ".join(part for part in parts if part)


def text_of(field: forms.Field, value: Any) -> str:
    """Return a stored value as people read it; what is not valid, as it was typed."""
    if isinstance(field, forms.BooleanField):
        return _("是") if value in (True, "on", "true", "True") else _("否")
    text = "" if value is None else str(value)
    if not text:
        return ""
    if isinstance(field, forms.ChoiceField):
        return next((str(label) for code, label in field.choices if code == text), text)
    if isinstance(field, MonthField):
        return _month_text(text)
    if isinstance(field, forms.DateField):
        return _date_text(text)
    unit = getattr(field, "unit", "")
    return f"{text} {unit}" if unit else text


def _month_text(text: str) -> str:
    year, _dash, month = text.partition("-")
    if not (year.isdecimal() and month.isdecimal()):
        return text
    return _("%(year)s年%(month)s月") % {"year": year, "month": int(month)}


def _date_text(text: str) -> str:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return text
    return _("%(year)s年%(month)s月%(day)s日") % {
        "year": day.year,
        "month": day.month,
        "day": day.day,
    }


def _plain(value: Any) -> Any:
    """Return a typed value as JSON and PostgreSQL can hold it."""
    if isinstance(value, str):
        return value.replace("\x00", "").replace("\r\n", "\n")
    return "" if value is None else value


def _stored(value: Any) -> Any:
    match value:
        case bool():
            return value
        case None:
            return ""
        case dt.date():
            return value.isoformat()
        case Decimal():
            return format(value.normalize(), "f")
        case _:
            return str(value)
