"""Form fields of the sections: lenient in what they take, uniform in what they keep."""

import datetime as dt
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core import clock

EARLIEST_YEAR = 1940
_MONTH = re.compile(r"(\d{4})(?:\s*[-./年]\s*|(?=\d\d$))(\d{1,2})\s*月?")


def word_errors(field: forms.Field) -> None:
    """Give a field messages that name it, so that they can stand alone in a list."""
    wordings = {
        "required": _("请填写“{label}”。"),
        "max_length": _("“{label}”太长，请精简。"),
        "max_value": _("“{label}”太大，请核对。"),
        "min_value": _("“{label}”不能小于 0。"),
        "max_digits": _("“{label}”位数太多，请核对。"),
        "max_decimal_places": _("“{label}”最多四位小数。"),
        "max_whole_digits": _("“{label}”位数太多，请核对。"),
        "invalid": _("“{label}”请填写数字。"),
        "invalid_choice": _("请重新选择“{label}”。"),
    }
    if isinstance(field, forms.ChoiceField):
        wordings["required"] = _("请选择“{label}”。")
    if isinstance(field, MonthField):
        wordings["invalid"] = _("“{label}”请填写年和月，例如 2008-09（2008 年 9 月）。")
    if isinstance(field, PastDateField):
        wordings["invalid"] = _("“{label}”请填写完整的日期，例如 2012-06-30。")
    if isinstance(field, YearField):
        wordings["invalid"] = _("“{label}”请填写四位数的年份，例如 2019。")
    for code, wording in wordings.items():
        field.error_messages[code] = format_lazy(wording, label=field.label)


def _check_has_come(day: dt.date, label: Any) -> None:
    """Refuse a day that has not come, and one that nobody alive has worked on."""
    if day > clock.today():
        raise ValidationError(_("“%s”不能晚于今天。") % label, code="future")
    if day.year < EARLIEST_YEAR:
        raise ValidationError(_("“%s”的年份不对，请核对。") % label, code="year")


class MonthField(forms.CharField):
    """A month; takes 2008-09, 2008.9, 2008年9月, 200809 and gives "2008-09"."""

    def __init__(self, **options: Any) -> None:
        options.setdefault(
            "widget", forms.TextInput(attrs={"type": "month", "size": 10, "placeholder": "2008-09"})
        )
        super().__init__(**options)

    def clean(self, value: Any) -> str:
        """Return the month as ``YYYY-MM``, not later than this month; empty if allowed."""
        text = super().clean(value)
        if not text:
            return ""
        match = _MONTH.fullmatch(text)
        try:
            first_day = dt.date(int(match[1]), int(match[2]), 1)
        except (TypeError, ValueError):
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        _check_has_come(first_day, self.label)
        return f"{first_day:%Y-%m}"


class PastDateField(forms.DateField):
    """A day that has come."""

    input_formats = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d"]

    def __init__(self, **options: Any) -> None:
        options.setdefault(
            "widget",
            forms.DateInput(
                attrs={"type": "date", "size": 12, "placeholder": "2012-06-30"}, format="%Y-%m-%d"
            ),
        )
        super().__init__(**options)

    def validate(self, value: dt.date | None) -> None:
        """Refuse days to come and days long past."""
        super().validate(value)
        if value is not None:
            _check_has_come(value, self.label)


class YearField(forms.IntegerField):
    """A calendar year, not later than this one."""

    def __init__(self, **options: Any) -> None:
        options.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "numeric", "size": 5, "maxlength": 4})
        )
        super().__init__(**options)

    def validate(self, value: int | None) -> None:
        """Refuse years to come and years long past."""
        super().validate(value)
        if value is not None and not EARLIEST_YEAR <= value <= clock.today().year:
            raise ValidationError(_("“%s”请核对，不能晚于今年。") % self.label, code="range")


def line(label: Any, *, max_length: int = 100, size: int | None = None, **options: Any):
    """Return a field of one line; ``size`` is the width of its box in characters."""
    attrs = {"size": size} if size else {}
    return forms.CharField(
        label=label, max_length=max_length, widget=forms.TextInput(attrs=attrs), **options
    )


def paragraph(label: Any, *, max_length: int, rows: int = 4, **options: Any):
    """Return a field of several lines that counts the characters left."""
    return forms.CharField(
        label=label,
        max_length=max_length,
        widget=forms.Textarea(attrs={"rows": rows, "data-count": ""}),
        **options,
    )


def choice(label: Any, choices: list[tuple[str, Any]], **options: Any) -> forms.ChoiceField:
    """Return a choice from a short list, as radio buttons on one line."""
    return forms.ChoiceField(
        label=label,
        choices=choices,
        widget=forms.RadioSelect(attrs={"class": "choices--inline"}),
        **options,
    )


def drop_down(label: Any, choices: list[tuple[str, Any]], **options: Any) -> forms.ChoiceField:
    """Return a choice from a long list."""
    return forms.ChoiceField(label=label, choices=[("", _("请选择")), *choices], **options)


def number(label: Any, *, max_value: int, unit: Any = "", **options: Any) -> forms.IntegerField:
    """Return a whole number from nought; ``unit`` follows it where it is shown."""
    field = forms.IntegerField(
        label=label,
        min_value=0,
        max_value=max_value,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 6}),
        **options,
    )
    field.unit = unit
    return field


def amount(label: Any, *, unit: Any, **options: Any) -> forms.DecimalField:
    """Return an amount with up to four decimals; ``unit`` follows it where it is shown."""
    field = forms.DecimalField(
        label=label,
        min_value=0,
        max_digits=12,
        decimal_places=4,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "size": 10}),
        **options,
    )
    field.unit = unit
    return field
