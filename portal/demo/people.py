"""The demo's invented organisations, and who acts for them. All names are made up."""

from dataclasses import dataclass

from organisations.models import OrganisationKind as Kind
from organisations.models import Role

PASSWORD = "zhicheng-demo-2020"  # noqa: S105 - printed at start and in the README


@dataclass(frozen=True)
class OrganisationPlan:
    """An organisation to make; ``above`` is the key of its supervisor."""

    key: str
    name: str
    kind: Kind
    above: str | None = None
    contact: str = ""
    address: str = ""
    code_kind: str = "11"


ORGANISATIONS = [
    OrganisationPlan("bureau", "示范市职称改革办公室", Kind.MUNICIPAL_BUREAU, None, "方老师"),
    OrganisationPlan(
        *("title_office", "云溪区职称改革办公室", Kind.DISTRICT_TITLE_OFFICE, "bureau", "周老师"),
        "云溪区政务服务中心二楼6号窗口",
    ),
    OrganisationPlan(
        *("industry", "云溪区经济和信息化委员会", Kind.DISTRICT_AUTHORITY, "title_office"),
        *("吴老师", "云溪区行政中心一号楼"),
    ),
    OrganisationPlan(
        *("housing", "云溪区住房和城乡建设委员会", Kind.DISTRICT_AUTHORITY, "title_office"),
        *("郑老师", "云溪区行政中心二号楼"),
    ),
    OrganisationPlan(
        *("agency", "云溪区人才服务中心", Kind.PERSONNEL_AGENCY, "title_office", "孙老师"),
        *("云溪区人力资源市场一楼", "12"),
    ),
    OrganisationPlan(
        *("transport", "示范市交通运输局", Kind.MUNICIPAL_AUTHORITY, "bureau", "钱老师"),
        "示范市行政中心五号楼",
    ),
    OrganisationPlan(
        *("machinery", "云溪精密机械有限公司", Kind.EMPLOYER, "industry", "人事部 冯女士"),
        *("云溪工业园一路1号", "91"),
    ),
    OrganisationPlan(
        *("digital", "云溪数智科技有限公司", Kind.EMPLOYER, "industry", "综合部 褚先生"),
        *("云溪软件园3栋", "91"),
    ),
    OrganisationPlan(
        *("construction", "云溪城建集团有限公司", Kind.EMPLOYER, "housing", "人力资源部 卫女士"),
        *("云溪大道88号", "91"),
    ),
    OrganisationPlan(
        *("materials", "云溪新材料有限公司", Kind.EMPLOYER, None, "行政部 蒋先生"),
        *("云溪工业园六路9号", "91"),
    ),
    OrganisationPlan(
        *("highway", "示范市公路规划设计院", Kind.EMPLOYER, "transport", "组织人事科 沈女士"),
        *("示范市环城路16号", "12"),
    ),
    OrganisationPlan(
        *("port", "示范市港务集团有限公司", Kind.EMPLOYER, "transport", "人力资源部 韩先生"),
        *("示范市滨江路2号", "91"),
    ),
]


@dataclass(frozen=True)
class OfficerPlan:
    """A person who acts for one or more organisations."""

    name: str
    roles: list[tuple[str, Role]]  # (key of the organisation, role)
    group: str
    note: str


_EMPLOYER = "用人单位"
_AUTHORITY = "主管部门、人事代理机构"
_TITLE_OFFICE = "职改办、市级主管部门"
COMMITTEE = "评委会办公室"
COUNTER = "收费窗口"
STAFF = "系统管理"
APPLICANT = "申报人"

OFFICERS = [
    OfficerPlan(
        "冯月华", [("machinery", Role.APPROVER)], _EMPLOYER, "云溪精密机械有限公司，审批人员"
    ),
    OfficerPlan(
        *("陈𬭎", [("machinery", Role.REVIEWER)], _EMPLOYER),
        "云溪精密机械有限公司，审核人员：只能逐项核对，不能审批",
    ),
    OfficerPlan(
        *("袁思齐", [("machinery", Role.ADMINISTRATOR)], _EMPLOYER),
        "云溪精密机械有限公司，单位管理员；本人也在申报，须回避自己的申报",
    ),
    OfficerPlan(
        *("褚一鸣", [("digital", Role.APPROVER), ("machinery", Role.READER)], _EMPLOYER),
        "云溪数智科技有限公司，审批人员；同时可以查看云溪精密机械的申报",
    ),
    OfficerPlan(
        "卫青岚", [("construction", Role.APPROVER)], _EMPLOYER, "云溪城建集团有限公司，审批人员"
    ),
    OfficerPlan(
        "蒋牧之", [("materials", Role.APPROVER)], _EMPLOYER, "云溪新材料有限公司，审批人员"
    ),
    OfficerPlan(
        "沈知秋", [("highway", Role.APPROVER)], _EMPLOYER, "示范市公路规划设计院，审批人员"
    ),
    OfficerPlan("韩牧野", [("port", Role.APPROVER)], _EMPLOYER, "示范市港务集团有限公司，审批人员"),
    OfficerPlan(
        "吴砚秋", [("industry", Role.APPROVER)], _AUTHORITY, "云溪区经济和信息化委员会，审批人员"
    ),
    OfficerPlan(
        "郑书和", [("housing", Role.APPROVER)], _AUTHORITY, "云溪区住房和城乡建设委员会，审批人员"
    ),
    OfficerPlan("孙亦可", [("agency", Role.APPROVER)], _AUTHORITY, "云溪区人才服务中心，审批人员"),
    OfficerPlan(
        "周𠅤", [("title_office", Role.APPROVER)], _TITLE_OFFICE, "云溪区职称改革办公室，审批人员"
    ),
    OfficerPlan(
        *("邱明远", [("title_office", Role.READER)], _TITLE_OFFICE),
        "云溪区职称改革办公室，查看人员：不能办理",
    ),
    OfficerPlan(
        "钱若溪", [("transport", Role.APPROVER)], _TITLE_OFFICE, "示范市交通运输局，审批人员"
    ),
]

# One of each for every committee office that a loaded schedule names.
COMMITTEE_NAMES = ["白景行", "何以宁", "施若谷", "潘知远", "葛清和", "范临川"]
CLERK_NAMES = ["彭秋实", "鲁望舒", "韦朝阳", "苗嘉禾", "花映雪", "俞长风"]

_SURNAMES = (
    "林唐罗邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊"
)
_GIVEN_NAMES = """
    㛃 思远 若兰 嘉树 清源 书瑶 子衿 望北 晓棠 云帆 雨桐 知行 明澈 向晚 念初 怀瑾 柏舟 星野
    听澜 一诺 安然 景明 致远 采薇 南乔 长庚 以沫 青禾 临风 朝颜 守正 观澜 时雨 弘毅 惟初
    静姝 承宇 沐阳 予安 闻笛 秉烛 松年 若水 千帆 秋白 疏桐 寄远
"""


def applicant_name(number: int) -> str:
    """Return the name of the ``number``-th applicant; no two are the same."""
    given_names = _GIVEN_NAMES.split()
    return _SURNAMES[number % len(_SURNAMES)] + given_names[number % len(given_names)]
