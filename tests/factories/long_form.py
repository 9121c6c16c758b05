"""A form with something in every field of every section, long enough for several pages."""

import hashlib
import io

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw

from applications.models import Application, Evidence, SectionEntry

RARE_NAME = "欧阳㛃𬭎𠅤"  # extensions A, E and B, all in the table of characters for names

_PROJECT = {
    "title": "跨江大桥钢混组合梁关键技术研究与工程示范",
    "source": "provincial",
    "amount": "1280.5",
    "started_on": "2016-03",
    "happened_on": "2018-11",
    "role": "项目负责人，排名第 1/8，负责总体方案和结构计算",
    "result": (
        "提出了一种新的组合梁构造形式，研究成果在 3 项工程中应用，累计节约投资 1200 万元，"
        "缩短工期 4 个月；形成《组合梁桥施工技术规程》，经市科技主管部门组织验收，"
        "专家组认为成果总体达到国内领先水平。相关软件取得登记，并在同类桥梁的监控中继续使用。"
    ),
    "period": "since",
    "is_representative": True,
}
_PAPER = {
    "title": "大跨径组合梁斜拉桥施工阶段受力性能与线形控制研究",
    "role": "first",
    "journal": "《桥梁建设示范学报》",
    "happened_on": "2018-06",
    "issue": "2018，48（3）：12–18",
    "result": "北大核心",
    "period": "since",
    "is_representative": True,
}
_PARAGRAPH = (
    "任现职称以来，本人一直在生产一线从事桥梁结构设计和施工控制，先后主持完成大型项目 6 项，"
    "参与编制地方标准 2 部，解决了组合梁桥面板开裂、斜拉桥合龙温度控制等关键技术难题。"
    "在技术管理方面，建立了覆盖方案、计算、复核的三级审查制度，带领团队完成 BIM 协同平台的建设，"
    "参考 https://example.invalid/a/very/long/address/that/goes/on/and/on/index.html 的做法，"
    "使图纸差错率下降 60%。在人才培养方面，指导青年技术人员 12 名，其中 5 人晋升工程师。"
)

FULL_ANSWERS: dict[str, list[dict]] = {
    "person": [
        {
            "former_name": "欧阳晓",
            "ethnicity": "土家族",
            "affiliation": "中共党员",
            "first_employed_on": "2005-07",
            "post_held": "技术中心主任、总工程师办公室副主任",
        }
    ],
    "present_title": [
        {
            "rank": "associate_senior",
            "name": "高级工程师",
            "obtained_on": "2014-12-20",
            "employed_since": "2015-01-01",
            "issued_by": "示范市职称改革办公室",
            "years_in_field": "15",
        }
    ],
    "exceptional": [
        {
            "route": "exceptional",
            "reason": (
                "获省部级科学技术奖二等奖（排名第 2），主持完成的项目填补了本地区组合梁桥的"
                "空白，符合破格申报条件第三条第（二）项。"
            ),
            "recommender_1_name": "甲专家",
            "recommender_1_title": "正高级工程师",
            "recommender_1_organisation": "示范市公路设计院",
            "recommender_2_name": "乙专家",
            "recommender_2_title": "教授",
            "recommender_2_organisation": "示范大学土木工程学院",
        }
    ],
    "education": [
        {
            "school": "示范大学",
            "subject": "桥梁与隧道工程",
            "level": "master",
            "degree": "master",
            "mode": "full_time",
            "started_on": "2002-09",
            "ended_on": "2005-07",
            "certificate_number": "100001200502000123",
        },
        {
            "school": "示范交通学院",
            "subject": "土木工程",
            "level": "bachelor",
            "degree": "bachelor",
            "mode": "full_time",
            "started_on": "1998-09",
            "ended_on": "2002-07",
            "certificate_number": "100011200205000456",
        },
    ],
    "work_history": [
        {
            "employer": "江北第一机械厂",
            "post": "技术中心主任",
            "started_on": "2012-03",
            "ended_on": "",
            "duties": "负责产线和钢结构产品的设计、工艺改进和技术管理，主持重大项目的方案论证。",
        },
        {
            "employer": "示范市公路设计院（集团）股份有限公司第三桥梁设计分院",
            "post": "桥梁室，设计负责人",
            "started_on": "2005-07",
            "ended_on": "2012-02",
            "duties": "承担大跨径桥梁的结构计算和施工图设计。",
        },
    ],
    "training": [
        {
            "year": str(year),
            "specialty_hours": "60",
            "public_hours": "30",
            "content": "智能建造与桥梁健康监测专题研修班；公需科目网络课程",
        }
        for year in range(2015, 2020)
    ],
    "assessment": [
        {
            "year": str(year),
            "result": "excellent" if year % 2 else "competent",
            "assessed_by": "江北第一机械厂",
        }
        for year in range(2015, 2020)
    ],
    "achievement_project": [
        _PROJECT,
        *(
            _PROJECT
            | {
                "title": f"示范路网第 {number} 标段钢结构桥梁设计与施工监控",
                "source": "commissioned",
                "is_representative": False,
            }
            for number in range(1, 5)
        ),
        _PROJECT
        | {
            "title": "旧桥加固设计",
            "started_on": "2010-02",
            "happened_on": "2011-08",
            "amount": "",
            "period": "before",
            "is_representative": False,
        },
    ],
    "achievement_paper": [
        _PAPER,
        _PAPER | {"title": "钢混结合段疲劳试验", "role": "corresponding", "result": ""},
        _PAPER
        | {
            "title": "混凝土收缩徐变对组合梁长期挠度的影响分析",
            "happened_on": "2012-04",
            "issue": "2012，42（2）：33–39",
            "period": "before",
            "is_representative": False,
        },
    ],
    "achievement_book": [
        {
            "title": "组合梁桥设计手册",
            "role": "deputy_editor",
            "publisher": "示范科学技术出版社",
            "isbn": "978-7-000-00000-0",
            "happened_on": "2019-01",
            "result": "第 3、4 章，5 万字",
            "period": "since",
            "is_representative": False,
        }
    ],
    "achievement_patent": [
        {
            "title": "一种钢混组合梁桥面板的连接构造",
            "kind": "invention",
            "number": "ZL201700000000.0",
            "happened_on": "2018-09",
            "role": "第 1 发明人",
            "result": "已在两座桥梁上应用。",
            "period": "since",
            "is_representative": True,
        }
    ],
    "achievement_award": [
        {
            "title": "示范市科学技术进步奖",
            "result": "省部级二等奖",
            "awarded_by": "示范市人民政府",
            "happened_on": "2019-05",
            "role": "第 2 完成人",
            "period": "since",
            "is_representative": True,
        }
    ],
    "achievement_report": [
        {
            "title": "《组合梁桥施工技术规程》（地方标准）",
            "role": "主要起草人，承担 40%",
            "happened_on": "2017-12",
            "result": "经批准发布，在全市公路工程中执行。",
            "period": "since",
            "is_representative": False,
        }
    ],
    "statement": [{"text": "\n".join([_PARAGRAPH] * 6)}],
}


def photograph() -> bytes:
    """Return a JPEG in the size that an upload is shrunk to: a grey head and shoulders."""
    picture = Image.new("RGB", (1714, 2400), "#7fa7d9")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((520, 500, 1190, 1350), fill="#e0c0a0")
    draw.ellipse((200, 1400, 1510, 3000), fill="#334455")
    output = io.BytesIO()
    picture.save(output, "JPEG")
    return output.getvalue()


def fill_in_fully(application: Application) -> None:
    """Replace the answers of a draft by the long ones, with a photograph and other evidence."""
    application.evidence.all().delete()
    application.entries.all().delete()
    for code, items in FULL_ANSWERS.items():
        for position, data in enumerate(items):
            entry = SectionEntry.objects.create(
                application=application,
                section=code,
                position=position,
                data=data,
                is_complete=True,
            )
            if code != "statement":
                _attach(application, entry, name=f"{code}-{position + 1}.jpg")


def _attach(application: Application, entry: SectionEntry, *, name: str) -> None:
    content = photograph()
    evidence = Evidence(
        application=application,
        entry=entry,
        section=entry.section,
        original_name=name,
        content_type="image/jpeg",
        size=len(content),
        sha256=hashlib.sha256(name.encode()).hexdigest(),
    )
    if entry.section == "person":
        evidence.file.save("photo.jpg", ContentFile(content), save=False)
    else:
        evidence.file.name = f"evidence/{name}"
    evidence.save()
