"""All sections in the order of the form, and what a track asks of them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applications.sections import achievements, person
from applications.sections.base import Limits, Section
from applications.sections.fields import word_errors
from core.text import mask_identity_number
from core.validators import parse_identity_number
from schedules.models import Track

# In a track's ``required_sections``: at least one achievement, of whatever kind.
ACHIEVEMENT = "achievement"
MAX_REPRESENTATIVE_WORKS = 5

BASICS = gettext_lazy("基本情况")
CAREER = gettext_lazy("学习与工作")
ACHIEVEMENTS = gettext_lazy("业绩成果")
STATEMENT = gettext_lazy("述职")

_COPIES = gettext_lazy("上传能证明这一项的材料（证书、合同、盖章页等）的照片或 PDF。")

_SECTIONS = [
    Section(
        "person",
        gettext_lazy("个人信息"),
        person.PersonForm,
        BASICS,
        is_required=True,
        help=gettext_lazy("姓名、证件号码和手机号取自您的实名账号。"),
        evidence=gettext_lazy("近期免冠证件照一张，手机拍摄即可，系统自动调整大小。"),
        limits=Limits(max_files=1, kinds=("image",)),
    ),
    Section(
        "present_title",
        gettext_lazy("现职称"),
        person.PresentTitleForm,
        BASICS,
        is_required=True,
        evidence=gettext_lazy("现职称证书、聘书的照片或 PDF。"),
    ),
    Section(
        "exceptional",
        gettext_lazy("申报方式"),
        person.ExceptionalForm,
        BASICS,
        is_required=True,
        evidence=gettext_lazy("破格申报的，上传两位专家签名的推荐书。"),
    ),
    Section(
        "education",
        gettext_lazy("学历学位"),
        person.EducationForm,
        CAREER,
        repeats=True,
        is_required=True,
        help=gettext_lazy("从最高学历填起；与申报专业有关的其他学历也请填写。"),
        item=gettext_lazy("学历"),
        heading=("school", "level"),
        evidence=gettext_lazy("毕业证书、学位证书的照片或 PDF。"),
    ),
    Section(
        "work_history",
        gettext_lazy("工作经历"),
        person.WorkForm,
        CAREER,
        repeats=True,
        is_required=True,
        help=gettext_lazy("从参加工作时填起，到现在为止，中间不要间断。"),
        item=gettext_lazy("工作经历"),
        heading=("employer", "post"),
        evidence=_COPIES,
    ),
    Section(
        "training",
        gettext_lazy("继续教育"),
        person.TrainingForm,
        CAREER,
        repeats=True,
        help=gettext_lazy("任现职称以来各年度的继续教育学时，一年填一条。"),
        item=gettext_lazy("年度学时"),
        heading=("year",),
        evidence=gettext_lazy("继续教育证书或学时证明。"),
    ),
    Section(
        "assessment",
        gettext_lazy("年度考核"),
        person.AssessmentForm,
        CAREER,
        repeats=True,
        is_required=True,
        help=gettext_lazy("任现职称以来各年度的考核结果，一年填一条。"),
        item=gettext_lazy("年度考核"),
        heading=("year", "result"),
        evidence=gettext_lazy("盖章的年度考核表。"),
    ),
    *(
        Section(
            f"achievement_{code}",
            title,
            form_class,
            ACHIEVEMENTS,
            repeats=True,
            item=item,
            heading=("title",),
            evidence=_COPIES,
        )
        for code, title, form_class, item in [
            (
                "project",
                gettext_lazy("专业技术项目"),
                achievements.ProjectForm,
                gettext_lazy("项目"),
            ),
            ("paper", gettext_lazy("论文"), achievements.PaperForm, gettext_lazy("论文")),
            ("book", gettext_lazy("著作"), achievements.BookForm, gettext_lazy("著作")),
            (
                "patent",
                gettext_lazy("专利与软件著作权"),
                achievements.PatentForm,
                gettext_lazy("专利或软件著作权"),
            ),
            ("award", gettext_lazy("获奖与荣誉"), achievements.AwardForm, gettext_lazy("奖励")),
            (
                "report",
                gettext_lazy("技术报告与标准"),
                achievements.ReportForm,
                gettext_lazy("报告"),
            ),
        ]
    ),
    Section(
        "statement",
        gettext_lazy("个人述职"),
        person.StatementForm,
        STATEMENT,
        is_required=True,
        limits=Limits(max_files=0),
    ),
]
registry: dict[str, Section] = {section.code: section for section in _SECTIONS}
for _section in _SECTIONS:
    for _field in _section.form_class.base_fields.values():
        word_errors(_field)


def get(code: str) -> Section:
    """Return the section with this code; ``KeyError`` when there is none."""
    return registry[code]


def display(code: str, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (label, text) of one item's fields, as people read them."""
    return registry[code].display(data)


def heading(code: str, data: Mapping[str, Any]) -> str:
    """Return a title for one item; empty when nothing that titles it has been typed."""
    return registry[code].heading_of(data)


def required_for(track: Track) -> list[str]:
    """Return the codes that an application in this track needs; see also ``ACHIEVEMENT``."""
    if track.required_sections:
        return list(track.required_sections)
    return [*(code for code, section in registry.items() if section.is_required), ACHIEVEMENT]


def limits_for(track: Track, code: str) -> Limits:
    """Return what the track allows and asks in a section.

    ``track.evidence_rules`` maps section codes, and ``"default"`` for all of those that
    have no limits of their own here, to values for :class:`Limits`.
    """
    section = registry[code]
    rules = dict(track.evidence_rules.get(code, {}))
    if section.limits == Limits():
        rules = {**track.evidence_rules.get("default", {}), **rules}
    known = {key: value for key, value in rules.items() if key in Limits.__dataclass_fields__}
    if "kinds" in known:
        known["kinds"] = tuple(known["kinds"])
    return replace(section.limits, **known)


def max_representative(track: Track) -> int:
    """Return how many achievements may be marked as representative works."""
    return track.evidence_rules.get("default", {}).get(
        "max_representative", MAX_REPRESENTATIVE_WORKS
    )


def personal_rows(*, name: str, identity_number: str, phone: str) -> list[tuple[str, str]]:
    """Return (label, text) of what comes from the account; the identity number is masked.

    Sex and date of birth are read off the identity number.
    """
    rows = [(_("姓名"), name)]
    try:
        facts = parse_identity_number(identity_number)
    except ValidationError:
        facts = None
    if facts is not None:
        rows += [(_("性别"), str(facts.sex.label)), (_("出生日期"), f"{facts.born_on:%Y-%m-%d}")]
    return [
        *rows,
        (_("身份证号码"), mask_identity_number(identity_number)),
        (_("手机号码"), phone),
    ]
