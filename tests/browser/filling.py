"""The applicant's part: what is typed into every section, and the photographs."""

import io
import random
import re
from collections.abc import Iterable

from PIL import Image
from playwright.sync_api import Locator, Page, expect

UPRIGHT_WIDTH, UPRIGHT_HEIGHT = 3024, 4032


def telephone_photo() -> bytes:
    """Return a JPEG of about 5 MB as a telephone held upright writes it.

    The pixels lie on their side, EXIF says how to turn them and where the picture was
    taken. Turned upright, the left half is red and the right half blue.
    """
    random.seed(0)
    grain = Image.frombytes("L", (1512, 2016), random.randbytes(1512 * 2016))
    grain = grain.resize((UPRIGHT_WIDTH, UPRIGHT_HEIGHT))
    left = Image.new("L", grain.size, 0)
    left.paste(255, (0, 0, UPRIGHT_WIDTH // 2, UPRIGHT_HEIGHT))
    right = left.point(lambda value: 255 - value)
    dark = grain.point(lambda value: value // 3)
    upright = Image.merge("RGB", (Image.composite(grain, dark, left), dark, grain))
    upright.paste(Image.merge("RGB", (dark, dark, grain)), mask=right)
    lying = upright.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise to see it upright
    exif[0x010F] = "Telephone"
    exif.get_ifd(0x8825)[1] = "N"
    file = io.BytesIO()
    lying.save(file, "JPEG", quality=88, exif=exif)
    return file.getvalue()


def small_photo(number: int) -> bytes:
    """Return a small JPEG; no two numbers give the same."""
    file = io.BytesIO()
    Image.new("RGB", (640, 480), (200, number % 256, 120)).save(file, "JPEG")
    return file.getvalue()


def upload(page: Page, name: str, content: bytes) -> Locator:
    """Choose a file as evidence; return its row in the list."""
    page.get_by_label("拍照或选择文件").set_input_files(
        {"name": name, "mimeType": "image/jpeg", "buffer": content}
    )
    return (
        page.get_by_role("list", name="已上传的文件").get_by_role("listitem").filter(has_text=name)
    )


def type_in(page: Page, answers: dict[str, str]) -> None:
    """Fill in the fields with these labels; ``"○"`` before an answer means a radio button."""
    form = page.locator("#section-form")
    for label, answer in answers.items():
        if answer.startswith("○"):
            group = form.get_by_role("group", name=label)
            group.get_by_label(answer.removeprefix("○"), exact=True).check()
            continue
        field = form.get_by_label(re.compile(f"^{label}"))
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(label=answer)
        else:
            field.fill(answer)


def save(page: Page) -> None:
    """Save the page and go on."""
    with page.expect_navigation():
        page.get_by_role("button", name="保存并继续").click()


def add(page: Page, what: str, answers: dict[str, str], photos: Iterable[str] = ()) -> None:
    """Add one item to a section that repeats, with its evidence."""
    page.get_by_role("button", name=re.compile(f"^(添加|再添加一条){what}$")).click()
    type_in(page, answers)
    for number, name in enumerate(photos):
        row = upload(page, name, small_photo(number))
        expect(row.get_by_role("link", name="移除")).to_be_visible()
    save(page)
    expect(page.get_by_role("status").filter(has_text="已保存")).to_be_visible()


def go_on(page: Page, title: str) -> None:
    """Leave a section that repeats for the next one."""
    page.get_by_role("link", name=f"继续：{title}").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)


def fill_in_from_present_title(page: Page) -> None:
    """Fill in every section that is needed after the person's, as the pages lead on."""
    expect(page.get_by_role("heading", level=1)).to_contain_text("现职称")
    type_in(
        page,
        {
            "现职称级别": "○副高级",
            "现职称名称": "高级工程师",
            "取得时间": "2014-12-20",
            "聘任时间": "2015-01-01",
            "审批或发证单位": "示范市职称改革办公室",
            "从事本专业工作年限": "15",
        },
    )
    upload(page, "职称证书.jpg", small_photo(1)).get_by_role("link", name="移除").wait_for()
    save(page)

    expect(page.get_by_role("heading", level=1)).to_contain_text("申报方式")
    expect(page.get_by_label("破格理由")).to_be_hidden()
    type_in(page, {"申报方式": "○逐级申报"})
    save(page)

    expect(page.get_by_role("heading", level=1)).to_contain_text("学历学位")
    add(
        page,
        "学历",
        {
            "毕业院校": "示范大学",
            "所学专业": "机械工程",
            "学历": "大学本科",
            "学位": "学士",
            "学习形式": "○全日制",
            "入学时间": "2001-09",
            "毕业时间": "2005-07",
        },
        ["毕业证书.jpg"],
    )
    go_on(page, "工作经历")
    add(
        page,
        "工作经历",
        {
            "工作单位": "江北第一机械厂",
            "部门和职务": "技术中心，主任",
            "开始时间": "2005-07",
            "从事的专业技术工作": "负责产线设计和工艺改进。",
        },
    )
    go_on(page, "继续教育")
    go_on(page, "年度考核")
    add(page, "年度考核", {"年度": "2019", "考核结果": "○合格（称职）"})
    go_on(page, "专业技术项目")
    add(
        page,
        "项目",
        {
            "项目名称": "智能装配产线改造",
            "项目级别": "市厅级",
            "经费或产值": "320",
            "开始时间": "2016-03",
            "完成时间": "2018-11",
            "本人承担的任务和排名": "项目负责人，排名第1/8",
            "完成情况和效益": "通过验收，年节约成本约三百万元。",
        },
        ["验收意见.jpg", "应用证明.jpg"],
    )
    for title in ("论文", "著作", "专利与软件著作权", "获奖与荣誉", "技术报告与标准", "个人述职"):
        go_on(page, title)
    type_in(page, {"个人述职": "任现职称以来，主持了智能装配产线的改造。"})
    save(page)
