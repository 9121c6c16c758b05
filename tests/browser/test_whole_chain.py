"""One applicant's way through every office of the Chongqing notice, in real browsers."""

import datetime as dt
import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from applications.models import Application
from applications.workflow import Phase
from core import invented
from core.validators import Sex
from portal.demo.clock import set_clock
from tests.browser import filling
from tests.browser.desk import check_everything, decide, open_file
from tests.browser.devices import PHONE, Devices, jump_to
from tests.factories.chain import Chain, instant
from tests.factories.people import PASSWORD

NAME = "林𬭎㛃"  # the second lies outside the Basic Multilingual Plane, the third in extension A
IDENTITY_NUMBER = invented.identity_number(dt.date(1983, 5, 17), 21, Sex.FEMALE)
MOBILE = invented.mobile(8765)


@pytest.fixture
def opening(devices: Devices, chain: Chain) -> Devices:
    """Return the devices on the first morning of the filing window."""
    set_clock(to=instant("2020-11-17 09:00"))
    return devices


def test_whole_chain_by_hand_ends_registered(opening: Devices, chain: Chain):
    devices = opening
    applicant = devices.open(PHONE)
    register(applicant)
    begin(applicant)
    refused_while_incomplete(applicant)
    assert devices.taken() == {"422 POST /applications/…/check/": 1}
    fill_in(applicant)
    number = submit(applicant)
    application = Application.objects.get(number=number)

    employer = devices.sign_in(chain.officer_of(chain.employer))
    check_and_post(employer)
    notice = look_at_the_notice(devices, employer)
    refused_before_the_lock_ends(employer)
    assert devices.taken() == {"403 GET /desk/…/…/report/": 1}
    jump_to(employer, "江北第一机械厂的公示期满，可以上报")
    report(employer)
    notice.reload()
    expect(notice.get_by_role("heading", name="公示已经结束")).to_be_visible()
    assert devices.taken() == {"410 GET /notices/…/": 1}

    authority = devices.sign_in(chain.officer_of(chain.district_authority))
    open_file(authority, NAME)
    decide(authority, "审核通过上报", confirm="确定推荐", opinion="材料齐全，同意推荐。")
    jump_to(authority, "区县职改部门或市级主管部门审核开始")
    title_office = devices.sign_in(chain.officer_of(chain.title_office))
    open_file(title_office, NAME)
    decide(title_office, "审核通过上报评委会", confirm="确定推荐", opinion="符合条件，同意上报。")
    jump_to(title_office, "评委会审核受理开始")
    committee = devices.sign_in(chain.officer_of(chain.committee))
    open_file(committee, NAME)
    decide(committee, "审核通过受理")

    download_evaluation_form(applicant)
    jump_to(committee, "现场缴费并提交纸质材料开始")
    pay(devices, chain, number)
    applicant.reload()
    expect(applicant.get_by_role("heading", name="已缴费，申报完成")).to_be_visible()
    expect(applicant.get_by_role("main")).to_contain_text("A0420")

    application.refresh_from_db()
    assert application.phase == Phase.REGISTERED


# --- The applicant ---------------------------------------------------------------------


def register(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="注册并申报").click()
    page.get_by_label("姓名").fill(NAME)
    page.get_by_label("身份证号码").fill(IDENTITY_NUMBER.lower())
    page.get_by_label("手机号码").fill(f"{MOBILE[:3]} {MOBILE[3:7]} {MOBILE[7:]}")
    page.get_by_label("设置密码").fill(PASSWORD)
    page.get_by_label("再输入一次密码").fill(PASSWORD)
    page.get_by_label("我已阅读并同意《个人信息处理说明》").check()
    page.get_by_role("button", name="下一步：验证手机号码").click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="打开演示手机，查看收到的短信").click()
    telephone = opened.value
    message = telephone.get_by_role("listitem").filter(has_text="验证码")
    expect(message).to_have_count(1)
    code = re.search(r"验证码(\d{6})", message.inner_text())[1]
    telephone.close()
    page.get_by_label("短信验证码").fill(code)
    page.get_by_role("button", name="确定").click()
    expect(page.get_by_role("status").filter(has_text="注册成功")).to_be_visible()


def begin(page: Page) -> None:
    """Choose the title, and find the employer by a part of its name."""
    page.get_by_role("link", name="选择申报职称").click()
    page.get_by_role("main").get_by_role("link", name="正高级工程师", exact=True).click()
    page.get_by_role("button", name="开始填写").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("您在哪个单位工作")
    page.get_by_label("查找单位").press_sequentially("机械", delay=60)
    page.get_by_label("江北第一机械厂").check()
    page.get_by_role("button", name="保存并继续").click()
    expect(
        page.get_by_role("status").filter(has_text="江北第一机械厂、江北新区工信局")
    ).to_be_visible()


def refused_while_incomplete(page: Page) -> None:
    page.get_by_role("link", name="检查并提交").click()
    page.get_by_label("我已逐项核对，同意并遵守上述承诺").check()
    page.get_by_role("button", name="同意承诺并提交").click()
    problems = page.get_by_role("alert")
    expect(problems).to_contain_text("补齐后才能提交")
    expect(problems.get_by_role("link")).to_have_text(
        [
            "个人信息：还没有填写。",
            "现职称：还没有填写。",
            "申报方式：还没有填写。",
            "学历学位：至少填写一条学历。",
            "工作经历：至少填写一条工作经历。",
            "年度考核：至少填写一条年度考核。",
            "个人述职：还没有填写。",
            "业绩成果：至少填写一项业绩成果。",
        ]
    )
    problems.get_by_role("link", name="个人信息").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("个人信息")


def fill_in(page: Page) -> None:
    expect(page.get_by_role("main")).to_contain_text(NAME)
    filling.type_in(
        page,
        {
            "民族": "汉族",
            "政治面貌": "群众",
            "参加工作时间": "2005-07",
            "现任职务": "技术中心主任",
        },
    )
    expect(page.get_by_text(re.compile(r"^已保存 \d\d:\d\d")).first).to_be_visible()
    upload_large_photo(page)
    filling.save(page)
    filling.fill_in_from_present_title(page)


def upload_large_photo(page: Page) -> None:
    photo = filling.telephone_photo()
    assert len(photo) > 4_000_000
    network = page.context.new_cdp_session(page)
    speed = {"offline": False, "latency": 0, "downloadThroughput": -1}
    network.send("Network.emulateNetworkConditions", speed | {"uploadThroughput": 2_500_000})
    row = filling.upload(page, "证件照.jpg", photo)
    expect(row.get_by_role("progressbar")).to_be_visible()
    expect(row).to_contain_text("正在上传")
    expect(row.locator("img")).to_be_visible()
    network.send("Network.emulateNetworkConditions", speed | {"uploadThroughput": -1})
    kept = page.request.get(row.get_by_role("link", name="证件照.jpg").first.get_attribute("href"))
    with Image.open(io.BytesIO(kept.body())) as image:
        assert image.width < image.height < filling.UPRIGHT_HEIGHT
        assert dict(image.getexif()) == {}
        middle = image.height // 2
        left, right = (image.getpixel((image.width * n // 8, middle)) for n in (1, 7))
    assert left[0] > left[2] / 2
    assert right[0] < right[2]


def submit(page: Page) -> str:
    """Check the answers, commit, submit; return the application's number."""
    expect(page.get_by_role("heading", level=1)).to_contain_text("检查填写的内容")
    expect(page.get_by_text("处需要补齐")).to_have_count(0)
    expect(page.get_by_role("main")).to_contain_text("智能装配产线改造")
    page.get_by_label("我已逐项核对，同意并遵守上述承诺").check()
    page.get_by_role("button", name="同意承诺并提交").click()
    expect(page.get_by_role("heading", name="提交成功")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("回执编号")
    receipt = page.get_by_role("main").inner_text()
    page.get_by_role("link", name="查看进度").click()
    expect(page.get_by_role("main")).to_contain_text("江北第一机械厂")
    return re.search(r"申报编号 (\S+?)）", receipt)[1]


def download_evaluation_form(page: Page) -> None:
    page.get_by_role("link", name="打印表格").click()
    page.get_by_role("link", name=re.compile("(详情|生成并下载|查看进度).*评审表")).click()
    with page.expect_download() as saved:
        page.get_by_role("link", name="下载 PDF").click()
    assert saved.value.path().read_bytes().startswith(b"%PDF")
    page.get_by_role("link", name="返回").first.click()
    page.get_by_role("link", name="进度", exact=True).click()


# --- The offices -------------------------------------------------------------------------


def check_and_post(page: Page) -> None:
    """Check every section, write the opinion, approve: the notice is posted."""
    open_file(page, NAME)
    action = "审核通过，打印公示表"
    approve = page.locator("#buttons").get_by_role("link", name=action)
    expect(approve).to_have_attribute("aria-disabled", "true")
    check_everything(page)
    decide(page, action, opinion="业绩属实，同意推荐。")
    page.get_by_role("link", name="打印公示表").click()
    expect(page.get_by_role("img", name="公示页面的二维码")).to_be_visible()


def look_at_the_notice(devices: Devices, page: Page) -> Page:
    """Open the public page on a passer-by's telephone; return it."""
    address = page.get_by_role("link", name="打开公示页面").get_attribute("href")
    passer_by = devices.open(PHONE)
    passer_by.goto(address)
    shown = passer_by.get_by_role("main")
    for text in (NAME, "江北第一机械厂", "正高级工程师", "智能装配产线改造", "2020年11月24日"):
        expect(shown).to_contain_text(text)
    source = passer_by.content()
    for secret in (IDENTITY_NUMBER, IDENTITY_NUMBER[6:14], MOBILE, MOBILE[-4:]):
        assert secret not in source
    return passer_by


def refused_before_the_lock_ends(page: Page) -> None:
    """Try to report, by the button and by the address."""
    button = page.get_by_role("link", name="上报主管部门")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_role("main")).to_contain_text("11月25日 00:00")
    here = page.url
    page.goto(here.replace("/notice/", "/report/"))
    expect(page.get_by_role("main")).to_contain_text("公示")
    expect(page.get_by_role("button", name="确定上报主管部门")).to_have_count(0)
    page.goto(here)


def report(page: Page) -> None:
    page.get_by_role("link", name="上报主管部门").click()
    page.get_by_role("button", name="确定上报主管部门").click()
    expect(page.get_by_role("main")).to_contain_text("江北新区工信局")


def pay(devices: Devices, chain: Chain, number: str) -> None:
    page = devices.sign_in(chain.clerk)
    page.get_by_role("link", name="收费窗口").first.click()
    page.get_by_label("查找已受理的申报").fill(number)
    page.get_by_role("main").get_by_role("button", name="查找").click()
    expect(page.get_by_label("实收金额")).to_have_value(re.compile(r"^420(\.00)?$"))
    page.get_by_label("票据号").fill("A0420")
    page.get_by_label("收到职称评审表（份）").fill("2")
    page.get_by_label("收到公示表（份）").fill("15")
    page.get_by_role("button", name="下一步：确认").click()
    page.get_by_role("button", name="确认登记").click()
    expect(page.get_by_role("heading", name="缴费登记完成")).to_be_visible()
