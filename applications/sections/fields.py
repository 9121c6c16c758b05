"""Form fields of the sections: lenient in what they take, uniform in what they keep."""

import datetime as dt
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core import clock

EARLIEST_YEAR = 1940
_MONTH = re.compile(r"(\d{4})(?:\s*[-./年]\s*|(?=\d\d$))(\d{1,2})\s*月?")


def check_not_later_than_today(day: dt.date) -> None:
    """Refuse a day that has not come, and one that nobody alive has worked on."""
    if day > clock.today():
        raise ValidationError(_("不能晚于今天。"), code="future")
    if day.year < EARLIEST_YEAR:
        raise ValidationError(_("年份不对，请核对。"), code="year")


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
            raise ValidationError(
                _("请填写年和月，例如 2008-09（2008 年 9 月）。"), code="invalid"
            ) from None
        check_not_later_than_today(first_day)
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
        options.setdefault("error_messages", {}).setdefault(
            "invalid", _("请填写完整的日期，例如 2012-06-30（2012 年 6 月 30 日）。")
        )
        super().__init__(validators=[check_not_later_than_today], **options)


class YearField(forms.IntegerField):
    """A calendar year, not later than this one."""

    def __init__(self, **options: Any) -> None:
        options.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "numeric", "size": 5, "maxlength": 4})
        )
        options.setdefault("error_messages", {}).setdefault(
            "invalid", _("请填写四位数的年份，例如 2019。")
        )
        super().__init__(**options)

    def validate(self, value: int | None) -> None:
        """Refuse years to come and years long past."""
        super().validate(value)
        if value is not None and not EARLIEST_YEAR <= value <= clock.today().year:
            raise ValidationError(_("请填写四位数的年份，不能晚于今年。"), code="range")


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
        error_messages={"invalid": _("请填写数字。")},
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
        error_messages={"invalid": _("请填写数字。")},
        **options,
    )
    field.unit = unit
    return field
