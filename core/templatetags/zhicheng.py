"""Template filters for dates, deadlines, forms and comparisons.

Dates are written as each language writes them, on China Standard Time. Windows are
half-open: one that "ends on 4 December" closes at 5 December 00:00, and is shown as
4 December 24:00, as the public notices put it.
"""

import datetime as dt
import difflib
from collections.abc import Iterator

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from core import clock

register = template.Library()

MIDNIGHT = dt.time.min
CHINESE_WEEKDAYS = "一二三四五六日"
# Fixed here: strftime would follow the server's locale, not the reader's language.
ENGLISH_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ENGLISH_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun")
ENGLISH_MONTHS += ("Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Character by character comparison is quadratic; beyond this the whole text is marked.
LONGEST_MARKED_TEXT = 4000


def _in_english() -> bool:
    return (get_language() or "").startswith("en")


def _local(value: dt.date | dt.datetime) -> dt.date | dt.datetime:
    return value.astimezone(clock.SHANGHAI) if isinstance(value, dt.datetime) else value


def _day(value: dt.date, *, with_year: bool) -> str:
    if _in_english():
        text = f"{value.day} {ENGLISH_MONTHS[value.month - 1]}"
        return f"{text} {value.year}" if with_year else text
    text = f"{value.month}月{value.day}日"
    return f"{value.year}年{text}" if with_year else text


def _last_moment(closes_at: dt.datetime) -> tuple[dt.date, str]:
    """Return the day and the time of day at which a half-open window ends."""
    local = closes_at.astimezone(clock.SHANGHAI)
    if local.time() == MIDNIGHT:
        return local.date() - dt.timedelta(days=1), "24:00"
    return local.date(), f"{local:%H:%M}"


@register.filter(expects_localtime=False)
def date_cn(value: dt.date | dt.datetime | None) -> str:
    """Return the day with its year and weekday: 2020年11月26日 周四."""
    if not value:
        return ""
    value = _local(value)
    if _in_english():
        return f"{ENGLISH_WEEKDAYS[value.weekday()]} {_day(value, with_year=True)}"
    return f"{_day(value, with_year=True)} 周{CHINESE_WEEKDAYS[value.weekday()]}"


@register.filter(expects_localtime=False)
def day_cn(value: dt.date | dt.datetime | None) -> str:
    """Return month and day, and the year only when it is not the current one."""
    if not value:
        return ""
    value = _local(value)
    return _day(value, with_year=value.year != clock.now().year)


@register.filter(expects_localtime=False)
def instant_cn(value: dt.datetime | None) -> str:
    """Return an instant: 12月4日 17:00, with the year when it is not the current one."""
    if not value:
        return ""
    local = _local(value)
    return f"{_day(local, with_year=local.year != clock.now().year)} {local:%H:%M}"


@register.filter(expects_localtime=False)
def from_short(opens_at: dt.datetime | None) -> str:
    """Return the start of a window: the day, and the time of day unless it is 00:00."""
    if not opens_at:
        return ""
    if opens_at.astimezone(clock.SHANGHAI).time() == MIDNIGHT:
        return day_cn(opens_at)
    return instant_cn(opens_at)


@register.filter(expects_localtime=False)
def until_cn(closes_at: dt.datetime | None) -> str:
    """Return the end of a half-open window: 2020年12月4日 24:00 for 12-05 00:00."""
    if not closes_at:
        return ""
    day, time = _last_moment(closes_at)
    return f"{_day(day, with_year=True)} {time}"


@register.filter(expects_localtime=False)
def until_short(closes_at: dt.datetime | None) -> str:
    """Return :func:`until_cn` without the year when it is the current one."""
    if not closes_at:
        return ""
    day, time = _last_moment(closes_at)
    return f"{_day(day, with_year=day.year != clock.now().year)} {time}"


@register.filter(expects_localtime=False)
def days_left(closes_at: dt.datetime | None) -> int | None:
    """Return how many days come after today before ``closes_at``; 0 today, -1 when past."""
    if not closes_at:
        return None
    now = clock.now()
    if now >= closes_at:
        return -1
    return (_last_moment(closes_at)[0] - now.date()).days


@register.filter
def elided_pages(page_obj) -> Iterator[int | str]:
    """Return the page numbers around the current one, with … for those left out."""
    return page_obj.paginator.get_elided_page_range(page_obj.number, on_each_side=2, on_ends=1)


@register.filter
def error_entries(forms) -> list[tuple[str, str]]:
    """Return (id of the field, message) for every error of a form, formset or list of them."""
    if not forms:
        return []
    if hasattr(forms, "fields"):
        return _form_entries(forms)
    entries = []
    if hasattr(forms, "management_form"):
        entries.extend(("", message) for message in forms.non_form_errors())
    for each in forms:
        entries.extend(error_entries(each))
    return entries


def _form_entries(form) -> list[tuple[str, str]]:
    entries = [("", message) for message in form.non_field_errors()]
    for bound_field in form:
        if bound_field.errors:
            target = _focus_target(bound_field)
            entries.extend((target, _named(bound_field, error)) for error in bound_field.errors)
    return entries


def _named(bound_field, message: str) -> str:
    """Return the message with the field's label in front, unless it names it already."""
    label = str(bound_field.label).rstrip("。：:？?")
    if not label or label in message:
        return message
    return f"{label}: {message}" if _in_english() else f"{label}：{message}"


def _focus_target(bound_field) -> str:
    """Return the id of the first input: of a group of choices, the first choice."""
    if bound_field.is_hidden:
        return ""
    return bound_field.id_for_label or (bound_field.auto_id and f"{bound_field.auto_id}_0")


@register.simple_tag
def field_group(form, names: str) -> SafeString:
    """Render the named fields of ``form`` in this order: ``{% field_group form "name sex" %}``."""
    return mark_safe("".join(form[name].as_field_group() for name in names.split()))  # noqa: S308


@register.filter
def marked_old(old, new) -> SafeString:
    """Return ``old`` with what is gone in ``new`` inside ``<del>``."""
    return _marked(str(old or ""), str(new or ""), "del")


@register.filter
def marked_new(new, old) -> SafeString:
    """Return ``new`` with what was not in ``old`` inside ``<ins>``."""
    return _marked(str(new or ""), str(old or ""), "ins")


def _marked(shown: str, other: str, tag: str) -> SafeString:
    """Return ``shown``, escaped, with the runs that ``other`` lacks wrapped in ``tag``."""
    if len(shown) + len(other) > LONGEST_MARKED_TEXT:
        runs = [(shown == other, shown)]
    else:
        matcher = difflib.SequenceMatcher(None, shown, other, autojunk=False)
        runs = [
            (action == "equal", shown[start:end])
            for action, start, end, _, _ in matcher.get_opcodes()
        ]
    pieces = []
    for is_common, text in runs:
        text = conditional_escape(text)
        pieces.append(text if is_common or not text else f"<{tag}>{text}</{tag}>")
    return mark_safe("".join(pieces))  # noqa: S308 - every piece is escaped above
