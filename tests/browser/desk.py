"""The offices' part: open a file, check it, decide."""

from playwright.sync_api import Locator, Page, expect


def open_file(page: Page, name: str) -> None:
    """Open the applicant's file from the queue and begin to review it."""
    page.get_by_role("link", name="去办理").first.click()
    page.get_by_role("table").get_by_role("link", name=name).click()
    begin = page.get_by_role("button", name="开始审核")
    if begin.count():
        begin.click()
        expect(begin).to_have_count(0)


def verdicts(page: Page) -> Locator:
    """Return the groups of buttons that say whether a section is right."""
    return page.get_by_role("group", name="的核对结果")


def check_everything(page: Page, *, javascript: bool = True) -> None:
    """Find every section correct, one after the other; without scripts, save each."""
    page.get_by_text("已核对 0/").wait_for()
    sections = page.locator(".desk-section").filter(has=verdicts(page))
    total = sections.count()
    for number in range(total):
        sections.nth(number).get_by_label("属实").check()
        if not javascript:
            sections.nth(number).get_by_role("button", name="保存").last.click()
        expect(page.get_by_text(f"已核对 {number + 1}/{total}")).to_be_visible()


def decide(page: Page, action: str, *, confirm: str = "", opinion: str = "") -> None:
    """Press the button of an action, write the opinion, confirm on the page that asks."""
    page.locator("#buttons").get_by_role("link", name=action, exact=True).click()
    if opinion:
        page.get_by_role("textbox").fill(opinion)
    page.get_by_role("button", name="下一步：确认").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{action}？")
    page.get_by_role("button", name=confirm or f"确定{action}", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("办理时间")
