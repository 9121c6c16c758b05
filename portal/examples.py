"""Invented content for the style guide, one of every component."""

import datetime as dt
from types import SimpleNamespace

from django import forms
from django.core.paginator import Paginator
from django.utils.translation import gettext_lazy as _

from core import clock


class ExampleForm(forms.Form):
    """One of every kind of field."""

    name = forms.CharField(
        label=_("姓名"),
        max_length=20,
        help_text=_("与身份证一致；少数民族姓名中的间隔号请完整填写。"),
        widget=forms.TextInput(attrs={"size": 12, "autocomplete": "name"}),
    )
    former_name = forms.CharField(
        label=_("曾用名"), required=False, widget=forms.TextInput(attrs={"size": 12})
    )
    birth_on = forms.DateField(
        label=_("出生日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    mode = forms.ChoiceField(
        label=_("学习形式"),
        choices=[("full", _("全日制")), ("part", _("在职")), ("self", _("自学考试"))],
        widget=forms.RadioSelect,
    )
    rank = forms.ChoiceField(
        label=_("申报级别"), choices=[("", "—"), ("a", _("正高级")), ("b", _("副高级"))]
    )
    kinds = forms.MultipleChoiceField(
        label=_("业绩类型"),
        required=False,
        choices=[("p", _("项目")), ("t", _("论文")), ("a", _("奖励"))],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("可以多选。"),
    )
    statement = forms.CharField(
        label=_("个人述职"),
        max_length=800,
        widget=forms.Textarea(attrs={"rows": 5, "data-count": ""}),
    )
    photo = forms.FileField(
        label=_("证件照片"), help_text=_("手机拍摄即可，过大的照片会自动压缩。"), required=False
    )
    agreed = forms.BooleanField(label=_("我承诺以上内容真实，愿意承担不实申报的后果。"))


def context(request) -> dict:
    """Return what the style guide's template shows."""
    now = clock.now()
    midnight = clock.start_of(now.date())
    day = dt.timedelta(days=1)
    invalid = ExampleForm({"name": "", "former_name": "王一", "mode": "x", "statement": "…"})
    return {
        "example_form": ExampleForm(initial={"former_name": "", "mode": "full"}, prefix="ok"),
        "invalid_form": invalid,
        "page_obj": Paginator(range(412), 20).get_page(request.GET.get("page", 7)),
        "deadlines": [midnight + day * days for days in (18, 4, 2, 1, 0)],
        "now": now,
        "tasks": _tasks(),
        "rows": _rows(),
        "stages": _stages(midnight),
        "queue": _queue(midnight),
        "files": [
            SimpleNamespace(name="专利证书.jpg", url="#", size=824_000, state="", delete_url="#"),
            SimpleNamespace(
                name="项目验收报告（盖章页）.pdf",
                url="#",
                size=2_400_000,
                state=_("共 6 页"),
                delete_url="#",
            ),
        ],
        "changes": _changes(),
        "crumbs": [
            {"label": _("我的申报"), "url": "#"},
            {"label": _("高级经济师"), "url": "#"},
            {"label": _("工作经历")},
        ],
        "contact": {
            "organisation": _("云溪区职改办"),
            "name": _("周老师"),
            "telephone": "16000000021",
            "address": _("云溪区政务服务中心二楼 6 号窗口"),
        },
    }


def _tasks() -> list[dict]:
    return [
        {"title": _("个人信息"), "url": "#", "status": "done"},
        {"title": _("学历学位"), "url": "#", "status": "in_progress", "hint": _("已填 1 条")},
        {
            "title": _("现职称"),
            "url": "#",
            "status": "error",
            "hint": _("取得时间晚于聘任时间"),
        },
        {"title": _("业绩成果与佐证材料"), "url": "#", "status": "not_started"},
        {"title": _("培训经历"), "url": "#", "status": "optional"},
        {"title": _("检查并提交"), "url": "", "status": "blocked"},
    ]


def _rows() -> list[dict]:
    return [
        {"key": _("姓名"), "value": "林知远", "url": "#"},
        {"key": _("身份证号码"), "value": "5099**********0017"},
        {"key": _("现职称"), "value": _("经济师（中级），2014 年取得"), "url": "#"},
        {"key": _("曾用名"), "value": "", "url": "#"},
    ]


def _stages(midnight: dt.datetime) -> list[dict]:
    day = dt.timedelta(days=1)
    return [
        {
            "title": _("申报人填报"),
            "state": "done",
            "done_at": midnight - day * 6 + dt.timedelta(hours=10, minutes=32),
        },
        {"title": _("用人单位审核"), "state": "missed", "closes_at": midnight - day * 2},
        {
            "title": _("用人单位公示"),
            "state": "current",
            "opens_at": midnight - day * 3,
            "closes_at": midnight + day * 4,
            "advisory_on": (midnight + day * 2).date(),
            "holder": _("云溪精密机械有限公司"),
            "due_at": midnight + day * 4,
            "contact": {"name": _("何敏"), "telephone": "16000000012"},
            "note": _("公示满五个工作日后方可上报。"),
        },
        {"title": _("人事代理机构审核"), "state": "skipped"},
        {
            "title": _("区职改办审核"),
            "state": "upcoming",
            "opens_at": midnight + day * 3,
            "closes_at": midnight + day * 14,
        },
    ]


def _queue(midnight: dt.datetime) -> list[SimpleNamespace]:
    people = ["林知远", "欧阳若兰", "㛃予安", "阿依古丽·买买提"]
    return [
        SimpleNamespace(
            name=name,
            title=_("高级经济师"),
            employer=_("云溪精密机械有限公司"),
            due_at=midnight + dt.timedelta(days=index + 1),
            is_returned=index == 1,
        )
        for index, name in enumerate(people)
    ]


def _changes() -> list[dict]:
    return [
        {
            "label": _("项目一：承担任务"),
            "old": "参与智能产线改造，负责成本核算。",
            "new": "主持智能产线改造，负责成本核算与效益分析。",
            "is_material": True,
        },
        {"label": _("继续教育学时（2019 年）"), "old": "", "new": "96"},
    ]
