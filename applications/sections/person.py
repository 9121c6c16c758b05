"""Who applies, and what they were: person, education, present title, work, self-statement."""

from django.utils.translation import gettext_lazy as _

from applications.sections.base import Fieldset, SectionForm
from applications.sections.fields import (
    MonthField,
    PastDateField,
    YearField,
    choice,
    drop_down,
    line,
    number,
    paragraph,
)
from schedules.models import Rank

# GB/T 3304, in its order.
_ETHNIC_GROUPS = (
    "汉族 蒙古族 回族 藏族 维吾尔族 苗族 彝族 壮族 布依族 朝鲜族 满族 侗族 瑶族 白族 土家族 "
    "哈尼族 哈萨克族 傣族 黎族 傈僳族 佤族 畲族 高山族 拉祜族 水族 东乡族 纳西族 景颇族 "
    "柯尔克孜族 土族 达斡尔族 仫佬族 羌族 布朗族 撒拉族 毛南族 仡佬族 锡伯族 阿昌族 普米族 "
    "塔吉克族 怒族 乌孜别克族 俄罗斯族 鄂温克族 德昂族 保安族 裕固族 京族 塔塔尔族 独龙族 "
    "鄂伦春族 赫哲族 门巴族 珞巴族 基诺族 其他"
)
ETHNIC_GROUPS = _ETHNIC_GROUPS.split()
_AFFILIATIONS = (
    "中共党员 中共预备党员 共青团员 民革党员 民盟盟员 民建会员 民进会员 农工党党员 致公党党员 "
    "九三学社社员 台盟盟员 无党派人士 群众"
)
AFFILIATIONS = _AFFILIATIONS.split()
NO_TITLE = "none"


class PersonForm(SectionForm):
    """Personal information; name, identity number and telephone come from the account."""

    former_name = line(_("曾用名"), max_length=80, size=14, required=False)
    ethnicity = drop_down(_("民族"), [(name, name) for name in ETHNIC_GROUPS])
    affiliation = drop_down(_("政治面貌"), [(name, name) for name in AFFILIATIONS])
    first_employed_on = MonthField(
        label=_("参加工作时间"), help_text=_("以人事档案记载的年月为准。")
    )
    post_held = line(
        _("现任职务"),
        max_length=80,
        help_text=_("例如“财务部经理”；没有请填“无”。"),
    )

    layout = [
        Fieldset([("former_name", "ethnicity"), ("affiliation", "first_employed_on"), "post_held"])
    ]


class EducationForm(SectionForm):
    """One course of study."""

    school = line(_("毕业院校"), help_text=_("与毕业证书一致的全称。"))
    subject = line(_("所学专业"))
    level = drop_down(
        _("学历"),
        [
            ("doctorate", _("博士研究生")),
            ("master", _("硕士研究生")),
            ("bachelor", _("大学本科")),
            ("college", _("大学专科")),
            ("secondary", _("中专、高中及以下")),
        ],
    )
    degree = drop_down(
        _("学位"),
        [
            ("doctor", _("博士")),
            ("master", _("硕士")),
            ("bachelor", _("学士")),
            ("none", _("无学位")),
        ],
    )
    mode = choice(
        _("学习形式"),
        [
            ("full_time", _("全日制")),
            ("in_service", _("在职教育")),
            ("self_study", _("自学考试")),
            ("distance", _("网络、函授等")),
        ],
    )
    started_on = MonthField(label=_("入学时间"))
    ended_on = MonthField(label=_("毕业时间"))
    certificate_number = line(
        _("毕业证书编号"),
        max_length=40,
        size=24,
        required=False,
        help_text=_("没有编号的早年证书可以不填。"),
    )

    layout = [
        Fieldset(
            [
                "school",
                "subject",
                ("level", "degree"),
                "mode",
                ("started_on", "ended_on"),
                "certificate_number",
            ]
        )
    ]

    def clean(self) -> None:
        self.check_order("started_on", "ended_on", _("毕业时间不能早于入学时间。"))


class PresentTitleForm(SectionForm):
    """The title held now."""

    rank = choice(
        _("现职称级别"),
        [
            (Rank.ASSOCIATE_SENIOR, _("副高级")),
            (Rank.INTERMEDIATE, _("中级")),
            (Rank.JUNIOR, _("初级")),
            (Rank.FULL_SENIOR, _("正高级")),
            (NO_TITLE, _("尚未取得职称")),
        ],
    )
    name = line(
        _("现职称名称"), max_length=60, size=24, required=False, help_text=_("例如“高级经济师”。")
    )
    obtained_on = PastDateField(
        label=_("取得时间"), required=False, help_text=_("职称证书上的批准日期。")
    )
    employed_since = PastDateField(
        label=_("聘任时间"), required=False, help_text=_("单位聘用到该职称岗位的日期。")
    )
    issued_by = line(_("审批或发证单位"), required=False)
    years_in_field = number(
        _("从事本专业工作年限"), max_value=60, unit=_("年"), help_text=_("到今年为止，满多少年。")
    )

    needed = ("name", "obtained_on", "issued_by")
    layout = [
        Fieldset(["rank"]),
        Fieldset(
            ["name", ("obtained_on", "employed_since"), "issued_by"], only_for="present-title"
        ),
        Fieldset(["years_in_field"]),
    ]

    def __init__(self, *args, **options) -> None:
        super().__init__(*args, **options)
        for name in self.needed:
            self.fields[name].needed_to_submit = True

    @classmethod
    def irrelevant(cls, data):
        """Leave the title's particulars out for those who hold none."""
        if data.get("rank") == NO_TITLE:
            return frozenset({"name", "obtained_on", "employed_since", "issued_by"})
        return frozenset()

    def clean(self) -> None:
        if self.cleaned_data.get("rank") == NO_TITLE:
            return
        for name in self.needed:
            if name not in self.errors and not self.cleaned_data.get(name):
                self.add_missing(name)
        self.check_order("obtained_on", "employed_since", _("聘任时间不能早于取得时间。"))


class ExceptionalForm(SectionForm):
    """Rank by rank, or exceptional with the recommendation of two experts (令第40号)."""

    route = choice(
        _("申报方式"),
        [("rank_by_rank", _("逐级申报")), ("exceptional", _("破格申报"))],
        help_text=_("学历、资历符合规定的选“逐级”；不具备规定学历、资历，但业绩突出的选“破格”。"),
    )
    reason = paragraph(_("破格理由"), max_length=800, rows=5, required=False)
    recommender_1_name = line(_("推荐专家一：姓名"), max_length=40, size=12, required=False)
    recommender_1_title = line(_("职称"), max_length=40, size=16, required=False)
    recommender_1_organisation = line(_("工作单位"), required=False)
    recommender_2_name = line(_("推荐专家二：姓名"), max_length=40, size=12, required=False)
    recommender_2_title = line(_("职称"), max_length=40, size=16, required=False)
    recommender_2_organisation = line(_("工作单位"), required=False)

    needed = (
        "reason",
        *(f"recommender_{n}_{part}" for n in (1, 2) for part in ("name", "title", "organisation")),
    )
    layout = [
        Fieldset(["route"]),
        Fieldset(
            [
                "reason",
                ("recommender_1_name", "recommender_1_title"),
                "recommender_1_organisation",
                ("recommender_2_name", "recommender_2_title"),
                "recommender_2_organisation",
            ],
            legend=_("破格申报须填写"),
            only_for="exceptional",
        ),
    ]

    def __init__(self, *args, **options) -> None:
        super().__init__(*args, **options)
        for name in self.needed:
            self.fields[name].needed_to_submit = True

    @classmethod
    def irrelevant(cls, data):
        """Leave reason and recommenders out for those who apply rank by rank."""
        return frozenset() if data.get("route") == "exceptional" else frozenset(cls.needed)

    def clean(self) -> None:
        if self.cleaned_data.get("route") != "exceptional":
            return
        for name in self.needed:
            if name not in self.errors and not self.cleaned_data.get(name):
                self.add_missing(name, _("破格申报须填写此项。"))
        first = self.cleaned_data.get("recommender_1_name")
        if first and first == self.cleaned_data.get("recommender_2_name"):
            self.add_error("recommender_2_name", _("两位推荐专家不能是同一人。"))


class WorkForm(SectionForm):
    """One employment."""

    employer = line(_("工作单位"))
    post = line(_("部门和职务"), help_text=_("例如“财务部，成本会计”。"))
    started_on = MonthField(label=_("开始时间"))
    ended_on = MonthField(
        label=_("结束时间"), required=False, help_text=_("现在还在做的，请留空。")
    )
    duties = paragraph(
        _("从事的专业技术工作"), max_length=300, rows=3, help_text=_("一两句话，说明负责什么。")
    )

    layout = [Fieldset(["employer", "post", ("started_on", "ended_on"), "duties"])]

    def clean(self) -> None:
        self.check_order("started_on", "ended_on", _("结束时间不能早于开始时间。"))


class TrainingForm(SectionForm):
    """Continuing education of one year, in hours."""

    year = YearField(label=_("年度"))
    specialty_hours = number(_("专业科目学时"), max_value=2000, unit=_("学时"))
    public_hours = number(_("公需科目学时"), max_value=2000, unit=_("学时"))
    content = line(
        _("主要内容"), max_length=200, required=False, help_text=_("培训班或课程的名称。")
    )

    layout = [Fieldset(["year", ("specialty_hours", "public_hours"), "content"])]


class AssessmentForm(SectionForm):
    """The annual assessment of one year."""

    year = YearField(label=_("年度"))
    result = choice(
        _("考核结果"),
        [
            ("excellent", _("优秀")),
            ("competent", _("合格（称职）")),
            ("basic", _("基本合格")),
            ("failed", _("不合格")),
            ("exempt", _("未参加考核")),
        ],
    )
    assessed_by = line(_("考核单位"), required=False)


class StatementForm(SectionForm):
    """What the applicant says of their own work."""

    text = paragraph(
        _("个人述职"),
        max_length=3000,
        rows=16,
        help_text=_("任现职称以来履行岗位职责的情况、专业能力和主要贡献，建议 800 至 2000 字。"),
    )
