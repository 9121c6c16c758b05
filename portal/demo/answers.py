"""What the demo's invented applicants wrote, and the papers that prove it."""

import io
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont

Answers = dict[str, list[dict[str, str]]]

_SCHOOLS = ["示范大学", "云溪理工大学", "南山财经大学", "东湖交通学院", "西岭大学"]
_ENGINEERING = [
    ("机械设计制造及其自动化", "智能装配产线改造", "数控机床主轴可靠性提升"),
    ("土木工程", "云溪大桥加固设计", "老旧小区管网综合改造"),
    ("计算机科学与技术", "城市停车诱导平台", "工业数据采集网关"),
    ("环境工程", "云溪污水处理厂提标改造", "工业园区中水回用"),
    ("道路桥梁与渡河工程", "示范市环线快速路设计", "高填方路基沉降控制"),
]
_ECONOMICS = [
    ("会计学", "集团全面预算管理体系建设", "供应链成本分析与控制"),
    ("金融学", "技术改造项目融资方案", "应收账款风险预警"),
    ("工商管理", "混合所有制改革实施方案", "区域市场拓展三年规划"),
    ("人力资源管理", "专业技术人员薪酬体系改革", "技能人才评价办法"),
]
_RESULTS = [
    "项目通过验收，年节约成本约320万元，成果在本单位推广应用。",
    "按期完成并投入使用，运行两年稳定，获得主管部门通报表扬。",
    "成果纳入单位标准，培养技术骨干6人，经济效益明显。",
]


def complete(*, number: int, title_code: str, employer: str) -> Answers:
    """Return the answers of the ``number``-th applicant to every section, all valid."""
    is_engineer = title_code.endswith("engineer")
    themes = _ENGINEERING if is_engineer else _ECONOMICS
    subject, first_project, second_project = themes[number % len(themes)]
    born = 1968 + number % 15
    finished = born + 22
    is_full = title_code.startswith("full")
    obtained = 2012 + number % 4
    present = ("高级工程师" if is_engineer else "高级经济师") if is_full else "经济师"
    return {
        "person": [
            {
                "former_name": "",
                "ethnicity": ("汉族", "土家族", "苗族", "回族")[number % 4],
                "affiliation": ("中共党员", "群众", "民盟盟员")[number % 3],
                "first_employed_on": f"{finished}-07",
                "post_held": "技术中心主任" if is_engineer else "财务部经理",
            }
        ],
        "present_title": [
            {
                "rank": "associate_senior" if is_full else "intermediate",
                "name": present,
                "obtained_on": f"{obtained}-12-20",
                "employed_since": f"{obtained + 1}-01-01",
                "issued_by": "示范市职称改革办公室",
                "years_in_field": str(2020 - finished),
            }
        ],
        "exceptional": [{"route": "rank_by_rank"}],
        "education": [
            {
                "school": _SCHOOLS[number % len(_SCHOOLS)],
                "subject": subject,
                "level": "bachelor",
                "degree": "bachelor",
                "mode": "full_time",
                "started_on": f"{finished - 4}-09",
                "ended_on": f"{finished}-07",
                "certificate_number": f"1099{finished}05{number:06d}",
            }
        ],
        "work_history": [
            {
                "employer": employer,
                "post": "技术中心，主任" if is_engineer else "财务部，经理",
                "started_on": f"{obtained + 1}-01",
                "ended_on": "",
                "duties": f"负责{first_project}等项目的组织、实施和评价。",
            },
            {
                "employer": employer,
                "post": "技术员" if is_engineer else "会计",
                "started_on": f"{finished}-07",
                "ended_on": f"{obtained}-12",
                "duties": "从事本专业技术工作，参与多个重点项目。",
            },
        ],
        "training": [
            {
                "year": str(year),
                "specialty_hours": "60",
                "public_hours": "30",
                "content": "专业技术人员继续教育",
            }
            for year in (2018, 2019)
        ],
        "assessment": [
            {
                "year": str(year),
                "result": "excellent" if (year + number) % 3 == 0 else "competent",
                "assessed_by": employer,
            }
            for year in (2017, 2018, 2019)
        ],
        "achievement_project": [
            {
                "title": first_project,
                "source": "municipal",
                "amount": str(120 + 30 * (number % 9)),
                "started_on": f"{obtained + 1}-03",
                "happened_on": f"{obtained + 3}-11",
                "role": "项目负责人，排名第1/8",
                "result": _RESULTS[number % 3],
                "period": "since",
                "is_representative": "on",
            },
            {
                "title": second_project,
                "source": "organisation",
                "amount": str(60 + 10 * (number % 7)),
                "started_on": "2018-02",
                "happened_on": "2019-10",
                "role": "主要参加者，排名第2/6",
                "result": _RESULTS[(number + 1) % 3],
                "period": "since",
            },
        ],
        "achievement_paper": [
            {
                "title": f"{first_project}的实践与思考",
                "role": "first",
                "journal": "示范技术" if is_engineer else "示范经济管理",
                "happened_on": "2018-06",
                "issue": f"2018，{30 + number % 6}（3）：{10 + number % 40}–{15 + number % 40}",
                "result": "省级期刊",
                "period": "since",
                "is_representative": "on",
            }
        ],
        "statement": [{"text": _statement(first_project, second_project)}],
    }


def shortened(answers: Answers) -> Answers:
    """Return fewer items, for the applications that nobody plays."""
    left_out = ("training", "achievement_paper")
    kept = {code: items[:1] for code, items in answers.items() if code not in left_out}
    return kept | {"achievement_project": answers["achievement_project"]}


def corrected(answers: Answers) -> Answers:
    """Return the answers after a correction: a clearer role, and a project's result spelt out."""
    project = dict(answers["achievement_project"][1])
    project["role"] = "技术负责人，排名第1/6"
    project["result"] += "验收意见和应用证明已补充上传。"
    return {"achievement_project": [answers["achievement_project"][0], project]}


def _statement(first_project: str, second_project: str) -> str:
    return (
        f"任现职称以来，本人主持{first_project}，参与{second_project}，在岗位上承担了方案制定、"
        "组织实施和成果评价等工作。\n"
        "工作中坚持问题导向，注重把成果固化为制度和标准，先后培养多名业务骨干，"
        "年度考核均为合格以上。\n"
        "今后将继续钻研业务，把经验用于更多项目，为单位和行业发展尽力。"
    )


# --- Papers --------------------------------------------------------------------------


def paper(label: str, number: int) -> io.BytesIO:
    """Return a small picture that stands for a photographed certificate or stamped page."""
    image = Image.new("RGB", (600, 840), (250, 247, 238))
    draw = ImageDraw.Draw(image)
    draw.rectangle((24, 24, 576, 816), outline=(150, 120, 60), width=4)
    font = ImageFont.load_default(28)
    draw.text((300, 120), label, fill=(60, 50, 40), font=font, anchor="mm")
    draw.text((300, 170), f"No. 2020-{number:05d}", fill=(60, 50, 40), font=font, anchor="mm")
    for line in range(9):
        width = 420 - (line * 37 + number * 13) % 160
        draw.rectangle((90, 260 + line * 44, 90 + width, 270 + line * 44), fill=(190, 185, 175))
    draw.ellipse((370, 640, 520, 790), outline=(200, 40, 40), width=8)
    draw.text((445, 715), "SEAL", fill=(200, 40, 40), font=font, anchor="mm")
    return _as_file(image)


def portrait(number: int) -> io.BytesIO:
    """Return a small picture that stands for a photograph of a face."""
    image = Image.new("RGB", (295, 413), (67, 142, 219))
    draw = ImageDraw.Draw(image)
    draw.ellipse((95, 90, 200, 220), fill=(236, 205 - number % 20, 180))
    draw.pieslice((40, 230, 255, 560), 180, 360, fill=(40, 50 + number % 60, 70))
    return _as_file(image)


def _as_file(image: Image.Image) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=60)
    file.seek(0)
    return file


# Which sections get a paper, and how the file is called.
PAPERS: dict[str, tuple[str, Callable[[int], io.BytesIO]]] = {
    "person": ("证件照.jpg", portrait),
    "present_title": ("职称证书.jpg", lambda number: paper("CERTIFICATE", number)),
    "education": ("毕业证书.jpg", lambda number: paper("DIPLOMA", number + 100)),
    "achievement_project": ("项目验收意见（盖章页）.jpg", lambda number: paper("REPORT", number)),
    "achievement_paper": ("论文首页.jpg", lambda number: paper("JOURNAL", number + 300)),
}
