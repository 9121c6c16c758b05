"""Achievements before and since the present title.

Every kind has ``title``, ``role``, ``result`` and ``happened_on``; the public notice shows
the first three.
"""

from django import forms
from django.utils.translation import gettext_lazy as _

from applications.sections.base import Fieldset, SectionForm
from applications.sections.fields import MonthField, amount, choice, drop_down, line, paragraph

SINCE, BEFORE = "since", "before"


class AchievementForm(SectionForm):
    """What all achievements have: when, relative to the present title, and whether it counts most.

    Subclasses put their own fields between.
    """

    def __init__(self, *args, **options) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("period", SINCE)


def period() -> forms.ChoiceField:
    """Return the field that says whether an achievement is of before the present title."""
    return choice(
        _("取得时间段"), [(SINCE, _("任现职称以来")), (BEFORE, _("任现职称以前"))], initial=SINCE
    )


def representative() -> forms.BooleanField:
    """Return the field that marks a representative work (代表作)."""
    return forms.BooleanField(
        label=_("列为代表性成果"),
        required=False,
        help_text=_("代表性成果供评审专家重点审阅，数量有限，请选最能说明水平的。"),
    )


class ProjectForm(AchievementForm):
    """A project: role, amount, result."""

    title = line(_("项目名称"), max_length=150)
    source = drop_down(
        _("项目级别"),
        [
            ("national", _("国家级")),
            ("provincial", _("省部级")),
            ("municipal", _("市厅级")),
            ("county", _("区县级")),
            ("organisation", _("单位自立")),
            ("commissioned", _("受委托（横向）")),
        ],
    )
    amount = amount(_("经费或产值"), unit=_("万元"), required=False, help_text=_("以万元为单位。"))
    started_on = MonthField(label=_("开始时间"))
    happened_on = MonthField(label=_("完成时间"), help_text=_("未完成的项目请填最近一个节点。"))
    role = line(
        _("本人承担的任务和排名"), max_length=100, help_text=_("例如“项目负责人，排名第 1/8”。")
    )
    result = paragraph(
        _("完成情况和效益"), max_length=500, help_text=_("验收结论、技术指标或经济社会效益。")
    )
    period = period()
    is_representative = representative()

    layout = [
        Fieldset(
            [
                "title",
                ("source", "amount"),
                ("started_on", "happened_on"),
                "role",
                "result",
                "period",
                "is_representative",
            ]
        )
    ]

    def clean(self) -> None:
        self.check_order("started_on", "happened_on", _("完成时间不能早于开始时间。"))


class PaperForm(AchievementForm):
    """A paper: order of authorship, journal, year, volume and page, index."""

    title = line(_("论文题目"), max_length=200)
    role = drop_down(
        _("署名"),
        [
            ("sole", _("独著")),
            ("first", _("第一作者")),
            ("corresponding", _("通讯作者")),
            ("second", _("第二作者")),
            ("third", _("第三作者")),
            ("later", _("第四及以后")),
        ],
    )
    journal = line(_("期刊或会议"), max_length=120)
    happened_on = MonthField(label=_("发表时间"))
    issue = line(
        _("年、卷、期、页"), max_length=60, size=28, help_text=_("例如“2018，34（5）：12–19”。")
    )
    result = line(
        _("收录情况"),
        max_length=100,
        size=28,
        required=False,
        help_text=_("例如“北大核心”“CSSCI”；没有可以不填。"),
    )
    period = period()
    is_representative = representative()

    layout = [
        Fieldset(
            [
                "title",
                "journal",
                ("role", "happened_on"),
                "issue",
                "result",
                "period",
                "is_representative",
            ]
        )
    ]


class BookForm(AchievementForm):
    """A book, or a part in one."""

    title = line(_("著作名称"), max_length=200)
    role = drop_down(
        _("本人作用"),
        [
            ("sole", _("独著")),
            ("editor", _("主编")),
            ("deputy_editor", _("副主编")),
            ("author", _("参编")),
            ("translator", _("翻译")),
        ],
    )
    publisher = line(_("出版社"))
    isbn = line("ISBN", max_length=20, size=20, required=False)
    happened_on = MonthField(label=_("出版时间"))
    result = line(
        _("本人撰写的部分"), max_length=100, help_text=_("章节和字数，例如“第 3、4 章，5 万字”。")
    )
    period = period()
    is_representative = representative()

    layout = [
        Fieldset(
            [
                "title",
                ("role", "happened_on"),
                ("publisher", "isbn"),
                "result",
                "period",
                "is_representative",
            ]
        )
    ]


class PatentForm(AchievementForm):
    """A patent, or a software copyright."""

    title = line(_("专利名称"), max_length=150)
    kind = drop_down(
        _("类别"),
        [
            ("invention", _("发明专利")),
            ("utility", _("实用新型专利")),
            ("design", _("外观设计专利")),
            ("software", _("软件著作权")),
        ],
    )
    number = line(_("专利号或登记号"), max_length=40, size=24)
    happened_on = MonthField(label=_("授权时间"))
    role = line(_("本人排名"), max_length=40, size=16, help_text=_("例如“第 1 发明人”。"))
    result = paragraph(_("转化应用情况"), max_length=300, rows=3, required=False)
    period = period()
    is_representative = representative()

    layout = [
        Fieldset(
            [
                "title",
                ("kind", "number"),
                ("happened_on", "role"),
                "result",
                "period",
                "is_representative",
            ]
        )
    ]


class AwardForm(AchievementForm):
    """An award or an honour."""

    title = line(_("奖励名称"), max_length=150)
    result = line(_("等级"), max_length=60, size=20, help_text=_("例如“省部级二等奖”。"))
    awarded_by = line(_("授奖单位"))
    happened_on = MonthField(label=_("获奖时间"))
    role = line(
        _("本人排名"), max_length=40, size=16, help_text=_("例如“第 2 完成人”；个人荣誉填“本人”。")
    )
    period = period()
    is_representative = representative()

    layout = [
        Fieldset(
            [
                "title",
                ("result", "happened_on"),
                "awarded_by",
                "role",
                "period",
                "is_representative",
            ]
        )
    ]


class ReportForm(AchievementForm):
    """A technical report, a plan, a standard."""

    title = line(_("报告名称"), max_length=150, help_text=_("技术报告、规划方案、标准规程等。"))
    role = line(_("本人作用"), max_length=100, help_text=_("例如“主笔，承担 60%”。"))
    happened_on = MonthField(label=_("完成时间"))
    result = paragraph(_("采纳应用情况"), max_length=300, rows=3)
    period = period()
    is_representative = representative()
