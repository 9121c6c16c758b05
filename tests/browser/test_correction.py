"""A file comes back, is put right and handed in again; the office sees what changed."""

import pytest
from playwright.sync_api import Page, expect

from applications.models import Application
from applications.workflow import Phase
from tests.browser.desk import open_file
from tests.browser.devices import PHONE, Devices
from tests.factories.chain import Chain

MISSING = "学位证书的编号没有填写，请补充。"


@pytest.fixture
def submitted(chain: Chain) -> Application:
    """Return a file that waits for its employer."""
    return chain.submit(chain.draft())


def test_correction_by_hand_shows_both_sides_what_changed(
    devices: Devices, chain: Chain, submitted: Application
):
    name = submitted.applicant.name
    officer = devices.sign_in(chain.officer_of(chain.employer))
    open_file(officer, name)
    give_back(officer)
    applicant = devices.sign_in(submitted.applicant, PHONE)
    put_right(applicant)

    officer.get_by_role("link", name="返回待办").click()
    officer.get_by_role("table").get_by_role("link", name=name).click()
    officer.get_by_role("button", name="开始审核").click()
    education = officer.locator("#education")
    expect(education.get_by_role("heading", level=2)).to_contain_text("有修改")
    expect(education.locator("ins").first).to_have_text("9999")
    expect(officer.get_by_text(MISSING)).to_be_visible()
    submitted.refresh_from_db()
    assert submitted.phase == Phase.SUBMITTED


def give_back(page: Page) -> None:
    """Mark a section as deficient; the return takes the mark over."""
    section = page.locator("#education")
    section.get_by_label("有问题", exact=True).check()
    expect(section.get_by_text("已保存")).to_be_visible()
    with page.expect_response("**/checks/"):
        section.get_by_label("说明", exact=True).fill(MISSING)
    page.reload()
    expect(section.get_by_label("说明", exact=True)).to_have_value(MISSING)
    page.locator("#buttons").get_by_role("link", name="审核不通过退回").click()
    expect(page.get_by_role("group", name="第 1 项").get_by_role("textbox")).to_have_value(MISSING)
    page.get_by_role("button", name="下一步：确认").click()
    expect(page.get_by_role("main")).to_contain_text(MISSING)
    page.get_by_role("button", name="确定审核不通过退回").click()
    expect(page.get_by_role("main")).to_contain_text("办理时间")


def put_right(page: Page) -> None:
    """Read what is missing, put it right, look at the comparison, hand in again."""
    page.get_by_role("link", name="正高级工程师", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text(MISSING)
    page.get_by_role("link", name="学历学位").first.click()
    page.get_by_role("link", name="示范大学 · 大学本科", exact=False).first.click()
    page.get_by_label("毕业证书编号").fill("100001200505009999")
    page.get_by_role("button", name="保存并继续").click()
    page.get_by_role("link", name="返回任务列表").click()
    page.get_by_role("link", name="检查并提交").click()
    changes = page.get_by_role("group").filter(has_text="与上次提交相比")
    expect(changes.locator("ins").first).to_contain_text("9999")
    page.get_by_label("我已逐项核对，同意并遵守上述承诺").check()
    page.get_by_role("button", name="同意承诺并重新提交").click()
    expect(page.get_by_role("heading", name="已重新提交")).to_be_visible()
