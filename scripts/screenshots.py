"""Photograph the demo's pages, on a telephone and on a desktop.

Starts a demo site of its own under var/screenshots (or uses ``--site``), plays its people,
and writes all pictures to var/screenshots; those that the README shows go to docs/images.
"""

import argparse
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from portal.demo.answers import paper, portrait  # noqa: E402 - found through the path above

PICTURES = ROOT / "var" / "screenshots"
IMAGES = ROOT / "docs" / "images"
PHONE, DESKTOP = "phone", "desktop"
DEVICES = {
    PHONE: {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
    DESKTOP: {"viewport": {"width": 1280, "height": 860}},
}
# What the README shows: the picture, and how much of the page (height in CSS pixels).
SHOWN = {
    "timeline-phone": 1300,
    "review-desktop": 1080,
    "queue-desktop": 1080,
    "admin-schedule-desktop": 860,
}
COLOURS = 128


@contextlib.contextmanager
def demo_site() -> Iterator[str]:
    """Run a fresh demo site; yield its address."""
    directory = PICTURES / "site"
    shutil.rmtree(directory, ignore_errors=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    own = {"VAR_DIR": str(directory), "PORT": str(port), "DEMO": "1"}
    site = subprocess.Popen([sys.executable, "manage.py", "run"], cwd=ROOT, env=os.environ | own)
    try:
        while not is_healthy(address):
            if site.poll() is not None:
                sys.exit("The site did not start.")
            time.sleep(0.5)
        yield address
    finally:
        site.send_signal(signal.SIGINT)
        site.wait()


def is_healthy(address: str) -> bool:
    """Say whether the site is in order."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:  # noqa: S310 - ours
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


class Studio:
    """One device after the other in front of the site."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser = browser
        self.address = address
        self.people: dict[str, BrowserContext] = {}

    def play(self, note: str) -> BrowserContext:
        """Return the browser of whoever has ``note`` in the list of people; stays signed in."""
        if note not in self.people:
            context = self.new_context(DESKTOP)
            page = context.new_page()
            page.goto("/demo/")
            person = page.get_by_role("main").get_by_role("listitem").filter(has_text=note).first
            person.get_by_role("button").click()
            page.get_by_role("heading", level=1).wait_for()
            self.people[note] = context
        return self.people[note]

    def new_context(self, device: str, **options) -> BrowserContext:
        """Return a browser on which nobody is signed in."""
        return self.browser.new_context(
            **DEVICES[device],
            base_url=self.address,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            bypass_csp=True,  # to leave the demo's bar out of the pictures that are shown
            **options,
        )

    def shoot(
        self,
        name: str,
        path: str,
        *,
        note: str = "",
        devices: tuple[str, ...] = (PHONE, DESKTOP),
        before: Callable[[Page], None] | None = None,
    ) -> None:
        """Photograph a page, as ``note`` sees it, after ``before`` has been done on it."""
        state = self.play(note).storage_state() if note else None
        for device in devices:
            context = self.new_context(device, storage_state=state)
            page = context.new_page()
            page.goto(path)
            if before is not None:
                before(page)
            page.wait_for_load_state("networkidle")
            picture = f"{name}-{device}"
            page.screenshot(path=PICTURES / f"{picture}.png", full_page=True)
            if picture in SHOWN:
                page.add_style_tag(content=".demo-bar { display: none }")
                page.set_viewport_size(DEVICES[device]["viewport"] | {"height": SHOWN[picture]})
                page.screenshot(path=PICTURES / f"{picture}.shown.png")
                keep(PICTURES / f"{picture}.shown.png", IMAGES / f"{picture}.png")
            print(picture, page.url.removeprefix(self.address))
            context.close()


def keep(source: Path, target: Path) -> None:
    """Write a small copy of a picture for the repository."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(source) as image:
        small = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        small.save(target, optimize=True)


# --- What is photographed ------------------------------------------------------------------

NEWCOMER = "还没有申报"
REPORTED = "已上报，区主管部门审核中"
RETURNED = "单位退回，待补正"
PAYABLE = "已受理，待现场缴费"
EMPLOYER = "云溪精密机械有限公司，审批人员"
TITLE_OFFICE = "云溪区职称改革办公室，审批人员"
COUNTER = "职称评审委员会办公室，收费窗口"
STAFF = "在后台维护年度安排"


def before_signing_in(studio: Studio) -> None:
    """Photograph what everybody sees."""
    studio.shoot("home", "/")
    studio.shoot("people", "/demo/")
    studio.shoot("sign-in", "/accounts/login/")
    studio.shoot("registration", "/accounts/signup/", before=register_wrongly)
    studio.shoot("telephone", "/messages/phone/")
    studio.shoot("verify", "/verify/")


def register_wrongly(page: Page) -> None:
    page.get_by_label("姓名").fill("林㛃")
    page.get_by_label("身份证号码").fill("509900198305170420")
    page.get_by_label("手机号码").fill("16000001")
    page.get_by_role("button", name="下一步").click()


def applicant(studio: Studio) -> None:
    """Photograph what an applicant sees before and after the submit."""
    page = studio.play(NEWCOMER).new_page()
    studio.shoot("titles", "/applications/new/", note=NEWCOMER)
    page.goto("/applications/new/")
    page.get_by_role("main").get_by_role("link", name="正高级工程师", exact=True).click()
    studio.shoot("title", page.url, note=NEWCOMER)
    page.get_by_role("button", name="开始填写").click()
    form = own_application(studio, NEWCOMER)
    studio.shoot("employer", f"{form}employer/?q=云溪", note=NEWCOMER)
    page.goto(f"{form}employer/?q=云溪精密")
    page.get_by_label("云溪精密机械有限公司").check()
    page.get_by_role("button", name="保存并继续").click()
    page.goto(f"{form}form/person/")
    page.get_by_label("民族").select_option("汉族")
    page.get_by_label("参加工作时间").fill("2003-07")
    attach(page, "证件照.jpg", portrait(7).getvalue())
    page.get_by_role("button", name="暂存").click()
    page.goto(f"{form}form/education/")
    page.get_by_role("button", name="添加学历").click()
    page.get_by_label("毕业院校").fill("示范大学")
    page.get_by_label("所学专业").fill("机械设计制造及其自动化")
    for number, name in enumerate(("毕业证书.jpg", "学位证书.jpg")):
        attach(page, name, paper("DIPLOMA", number).getvalue())
    page.wait_for_timeout(5000)  # the small pictures are made by the worker
    studio.shoot("evidence", page.url, note=NEWCOMER)
    studio.shoot("form-error", f"{form}form/present_title/", note=NEWCOMER, before=answer_wrongly)
    studio.shoot("tasks", f"{form}form/", note=NEWCOMER)
    studio.shoot("check", f"{form}check/", note=NEWCOMER)
    for name, note in (("timeline", REPORTED), ("fee", PAYABLE)):
        studio.shoot(name, own_application(studio, note), note=note)
    studio.shoot("records", own_application(studio, REPORTED) + "records/", note=REPORTED)
    studio.shoot("forms", own_application(studio, PAYABLE) + "documents/", note=PAYABLE)
    studio.shoot("correction", own_application(studio, RETURNED) + "form/", note=RETURNED)
    studio.shoot("inbox", "/messages/", note=REPORTED)
    studio.shoot("dashboard", "/dashboard/", note=REPORTED)
    page = studio.play(REPORTED).new_page()
    page.goto(own_application(studio, REPORTED))
    receipt = page.locator("a[href*='/receipts/']").first.get_attribute("href")
    studio.shoot("receipt", receipt, note=REPORTED)


def attach(page: Page, name: str, content: bytes) -> None:
    page.get_by_label("拍照或选择文件").set_input_files(
        {"name": name, "mimeType": "image/jpeg", "buffer": content}
    )
    row = page.get_by_role("listitem").filter(has_text=name)
    row.get_by_role("link", name="移除").wait_for()


def answer_wrongly(page: Page) -> None:
    page.get_by_label("副高级", exact=True).check()
    page.get_by_label("现职称名称").fill("高级工程师")
    page.get_by_label("取得时间").fill("2016-12-20")
    page.get_by_label("聘任时间").fill("2015-01-01")
    with page.expect_navigation():
        page.get_by_role("button", name="保存并继续").click()


def own_application(studio: Studio, note: str) -> str:
    page = studio.play(note).new_page()
    page.goto("/applications/")
    link = page.get_by_role("main").get_by_role("link", name=re.compile("师$")).first
    address = link.get_attribute("href")
    page.close()
    return re.sub(r"(/applications/\w+/).*", r"\1", address)


def offices(studio: Studio) -> None:
    """Photograph the desks, the notice and the counter."""
    studio.shoot("desks", "/dashboard/", note=EMPLOYER)
    page = studio.play(EMPLOYER).new_page()
    page.goto("/desk/")
    queue = page.url
    studio.shoot("queue", queue, note=EMPLOYER)
    studio.shoot("queue-done", f"{queue}done/", note=EMPLOYER)
    rows = page.get_by_role("table").get_by_role("row")
    review = rows.filter(has_text="审核中").get_by_role("link").first.get_attribute("href")
    check_half(page, review)
    studio.shoot("review", review, note=EMPLOYER)
    studio.shoot("return", f"{review}return/", note=EMPLOYER)
    check_all(page)
    studio.shoot("approve", f"{review}approve/", note=EMPLOYER)
    studio.shoot("confirm", f"{review}approve/", note=EMPLOYER, before=ask)
    studio.shoot("history", f"{review}history/", note=EMPLOYER)
    page.goto(queue)
    unopened = rows.filter(has_text="待审核").get_by_role("link").first.get_attribute("href")
    studio.shoot("summary", unopened, note=EMPLOYER)
    posted = rows.filter(has_text="公示中").get_by_role("link").first.get_attribute("href")
    studio.shoot("desk-notice", posted, note=EMPLOYER)
    page.goto(posted)
    public = page.get_by_role("link", name="打开公示页面").get_attribute("href")
    studio.shoot("notice", "/notices/" + public.partition("/notices/")[2])
    studio.shoot("queue-title-office", "/desk/", note=TITLE_OFFICE)


def counter(studio: Studio) -> None:
    """Photograph the counter."""
    clerk = studio.play(COUNTER).new_page()
    clerk.goto("/counter/")
    studio.shoot("counter", clerk.url, note=COUNTER)
    studio.shoot("counter-receipts", f"{clerk.url}receipts/", note=COUNTER)


def check_half(page: Page, review: str) -> None:
    """Find some sections right and one wrong."""
    page.goto(review)
    verdicts = page.get_by_role("group", name="的核对结果")
    for number in range(3):
        verdicts.nth(number).get_by_label("属实").check()
        page.wait_for_timeout(400)
    section = page.locator("#education")
    section.get_by_label("有问题", exact=True).check()
    section.get_by_label("说明", exact=True).fill("学位证书没有上传，请补充。")
    page.wait_for_timeout(2000)


def check_all(page: Page) -> None:
    verdicts = page.get_by_role("group", name="的核对结果")
    for number in range(verdicts.count()):
        verdicts.nth(number).get_by_label("属实").check()
        page.wait_for_timeout(400)


def ask(page: Page) -> None:
    page.get_by_role("textbox").fill("业绩真实，水平突出，同意推荐。")
    late = page.get_by_label("仍要审核通过")
    if late.count():
        late.check()
    page.get_by_role("button", name="下一步：确认").click()
    page.get_by_role("button", name="返回修改").wait_for()


def administration(studio: Studio) -> None:
    """Photograph the schedule in the admin."""
    page = studio.play(STAFF).new_page()
    page.goto("/admin/schedules/schedule/")
    studio.shoot("admin-schedules", page.url, note=STAFF, devices=(DESKTOP,))
    page.get_by_role("link", name="2020年重庆市").first.click()
    studio.shoot("admin-schedule", page.url, note=STAFF)
    page.get_by_role("link", name="正常申报").first.click()
    studio.shoot("admin-track", page.url, note=STAFF, devices=(DESKTOP,))


ROUNDS = {
    "public": before_signing_in,
    "applicant": applicant,
    "offices": offices,
    "counter": counter,
    "admin": administration,
}


def main() -> None:
    """Photograph everything, or the rounds that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", help="a demo site that runs, instead of one of its own")
    parser.add_argument("rounds", nargs="*", choices=[*ROUNDS, []], help="all unless told")
    options = parser.parse_args()
    PICTURES.mkdir(parents=True, exist_ok=True)
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)))
    site = contextlib.nullcontext(options.site) if options.site else demo_site()
    with site as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--lang=zh-CN"], env={"LANGUAGE": "zh_CN"}
        )
        studio = Studio(browser, address)
        for name in options.rounds or ROUNDS:
            ROUNDS[name](studio)
        browser.close()


if __name__ == "__main__":
    main()
