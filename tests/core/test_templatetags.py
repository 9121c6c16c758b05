"""Dates as readers see them, and what the components are fed with."""

import datetime as dt

import pytest
from django import forms
from django.template import Context, Template
from django.utils import translation

from core import clock
from core.templatetags import zhicheng

MORNING = dt.datetime(2020, 12, 1, 9, 0, tzinfo=clock.SHANGHAI)
CLOSE = dt.datetime(2020, 12, 5, 0, 0, tzinfo=clock.SHANGHAI)  # C26: "by 12/4"


@pytest.fixture(autouse=True)
def pinned_clock():
    with clock.pinned(MORNING):
        yield


DATE_FILTERS = ("date_cn", "day_cn", "instant_cn", "from_short", "until_cn", "until_short")


class SampleForm(forms.Form):
    name = forms.CharField(label="姓名", help_text="与身份证一致")
    mode = forms.ChoiceField(label="学习形式", choices=[("a", "全日制")], widget=forms.RadioSelect)
    note = forms.CharField(label="备注", required=False)
    title = forms.CharField(label="职称", required=False)
    token = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["title"].needed_to_submit = True


def test_date_cn_names_the_weekday():
    assert zhicheng.date_cn(dt.date(2020, 11, 26)) == "2020年11月26日 周四"


def test_date_cn_uses_china_standard_time():
    evening_before = dt.datetime(2020, 11, 25, 16, 0, tzinfo=dt.UTC)
    assert zhicheng.date_cn(evening_before) == "2020年11月26日 周四"


def test_date_cn_english_page_writes_english():
    with translation.override("en"):
        assert zhicheng.date_cn(dt.date(2020, 11, 26)) == "Thu 26 Nov 2020"


def test_day_cn_other_year_shows_it():
    assert zhicheng.day_cn(dt.date(2020, 11, 26)) == "11月26日"
    assert zhicheng.day_cn(dt.date(2021, 1, 4)) == "2021年1月4日"


def test_instant_cn_current_year_leaves_it_out():
    assert zhicheng.instant_cn(dt.datetime(2020, 12, 4, 9, 0, tzinfo=dt.UTC)) == "12月4日 17:00"


def test_from_short_midnight_is_the_day_alone():
    assert zhicheng.from_short(dt.datetime(2020, 11, 16, 16, 0, tzinfo=dt.UTC)) == "11月17日"
    assert zhicheng.from_short(dt.datetime(2020, 11, 17, 1, 0, tzinfo=dt.UTC)) == "11月17日 09:00"


def test_until_cn_midnight_belongs_to_the_day_before():
    assert zhicheng.until_cn(CLOSE) == "2020年12月4日 24:00"


def test_until_cn_time_of_day_stays():
    assert zhicheng.until_cn(CLOSE - dt.timedelta(hours=7)) == "2020年12月4日 17:00"


def test_until_short_english_page_keeps_the_half_open_end():
    with translation.override("en"):
        assert zhicheng.until_short(CLOSE) == "4 Dec 24:00"


@pytest.mark.parametrize("name", DATE_FILTERS)
def test_date_filters_without_a_value_show_nothing(name):
    assert getattr(zhicheng, name)(None) == ""


@pytest.mark.parametrize(
    ("now", "days"),
    [
        (MORNING, 3),
        (dt.datetime(2020, 12, 3, 23, 59, tzinfo=clock.SHANGHAI), 1),
        (dt.datetime(2020, 12, 4, 23, 59, tzinfo=clock.SHANGHAI), 0),
        (CLOSE, -1),
    ],
)
def test_days_left_counts_days_after_today(now, days):
    with clock.pinned(now):
        assert zhicheng.days_left(CLOSE) == days


def test_days_left_closed_earlier_today_is_past():
    with clock.pinned(CLOSE - dt.timedelta(hours=6)):
        assert zhicheng.days_left(CLOSE - dt.timedelta(hours=7)) == -1


def test_days_left_without_a_close_is_none():
    assert zhicheng.days_left(None) is None


def test_error_entries_lead_to_the_first_input_of_each_field():
    form = SampleForm({"name": "", "mode": "x"})
    assert [target for target, _ in zhicheng.error_entries(form)] == ["id_name", "id_mode_0", ""]


def test_error_entries_take_formsets_and_lists():
    formset = forms.formset_factory(SampleForm, min_num=1, validate_min=True, extra=0)(
        {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-mode": "a"}
    )
    entries = zhicheng.error_entries([SampleForm(), formset])
    assert "id_form-0-name" in [target for target, _ in entries]


def test_error_entries_name_the_field_once():
    form = SampleForm({"mode": "a", "token": "t"})
    assert next(message for _, message in zhicheng.error_entries(form)).startswith("姓名：")
    form.add_error("title", "职称与级别不符。")
    assert ("id_title", "职称与级别不符。") in zhicheng.error_entries(form)


def test_error_entries_without_forms_are_none():
    assert zhicheng.error_entries("") == []


def test_field_group_renders_the_named_fields_in_order():
    html = str(zhicheng.field_group(SampleForm(), "note name"))
    assert html.index('name="note"') < html.index('name="name"')
    assert 'name="mode"' not in html


def test_field_with_an_error_is_described_by_hint_and_error():
    html = SampleForm({"name": ""})["name"].as_field_group()
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_error"' in html
    assert 'id="id_name_helptext"' in html
    assert 'aria-invalid="true"' in html


def test_optional_field_is_marked_unless_needed_to_submit():
    form = SampleForm()
    assert "（选填）" in form["note"].as_field_group()
    assert "（选填）" not in form["title"].as_field_group()
    assert "（选填）" not in form["name"].as_field_group()


def test_marked_old_and_new_mark_what_changed():
    assert zhicheng.marked_old("参与改造", "主持改造") == "<del>参与</del>改造"
    assert zhicheng.marked_new("主持改造", "参与改造") == "<ins>主持</ins>改造"


def test_marked_new_escapes_what_was_typed():
    assert zhicheng.marked_new("<b>甲</b>", "") == "<ins>&lt;b&gt;甲&lt;/b&gt;</ins>"


def test_marked_new_long_text_is_marked_whole():
    long = "甲" * zhicheng.LONGEST_MARKED_TEXT
    assert zhicheng.marked_new(long + "乙", long) == f"<ins>{long}乙</ins>"


def test_deadline_component_shows_the_days_left():
    html = Template('{% include "components/deadline.html" %}').render(
        Context({"closes_at": CLOSE})
    )
    assert "还剩 3 天" in html
    assert "12月4日 24:00" in html
    assert "deadline--near" in html
