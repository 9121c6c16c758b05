"""Telephones and desktops: browser windows that note whatever goes wrong in them."""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

from accounts.models import User
from tests.factories.people import PASSWORD

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PATIENCE = 30_000  # milliseconds; a page takes a fraction of a second on a free machine

# What a page cannot tell from outside is said on its console, which is watched.
LOOK_OUT = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`The policy forbids ${event.violatedDirective} ${event.blockedURI}`));
window.addEventListener("load", () => {
  const wide = document.documentElement.scrollWidth;
  if (wide > screen.width + 1) console.error(`The page is ${wide} wide`);
});
"""


@dataclass
class Devices:
    """Every device opened in one test, on one site; what goes wrong lands in ``problems``."""

    browser: Browser
    address: str
    problems: list[str] = field(default_factory=list)
    opened: list[BrowserContext] = field(default_factory=list)

    def open(self, kind: dict = DESKTOP, *, javascript: bool = True) -> Page:
        """Return a page of a new device, on which nobody is signed in."""
        context = self.browser.new_context(
            **kind,
            base_url=self.address,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            java_script_enabled=javascript,
        )
        context.set_default_timeout(PATIENCE)
        context.add_init_script(LOOK_OUT)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.problems.append(f"error: {error.error}"))
        context.on("response", self._on_response)
        context.on("requestfailed", self._on_failed)
        self.opened.append(context)
        return context.new_page()

    def sign_in(self, user: User, kind: dict = DESKTOP, *, javascript: bool = True) -> Page:
        """Return a page of a new device on which ``user`` has signed in."""
        page = self.open(kind, javascript=javascript)
        page.goto("/")
        page.get_by_role("banner").get_by_role("link", name="登录").click()
        page.get_by_label("手机号码").fill(user.phone)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="登录").click()
        page.get_by_role("heading", name="我的工作台").wait_for()
        return page

    def taken(self) -> Counter[str]:
        """Return the problems so far with their number, and forget them."""
        found = Counter(self.problems)
        self.problems.clear()
        return found

    def photograph(self, directory: Path) -> None:
        """Write a picture of every window into ``directory``."""
        pages = [page for context in self.opened for page in context.pages]
        for number, page in enumerate(pages):
            page.screenshot(path=directory / f"{number}.png", full_page=True)

    def close(self) -> None:
        """Close every window."""
        for context in self.opened:
            context.close()

    def _on_console(self, message: ConsoleMessage) -> None:
        # What the server refused is noted with its status below.
        is_refusal = message.text.startswith("Failed to load resource")
        if message.type in ("error", "warning") and not is_refusal:
            self.problems.append(f"{message.type}: {message.text} ({self._path(message.page.url)})")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            method, path = response.request.method, self._path(response.url)
            self.problems.append(f"{response.status} {method} {path}")

    def _on_failed(self, request) -> None:
        # "Aborted" is a page that was left, or a file that was saved instead of shown.
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"{request.failure} {self._path(request.url)}")

    def _path(self, url: str) -> str:
        path = url.removeprefix(self.address).partition("?")[0]
        return re.sub(r"/(?=[^/]*\d)[\w-]{10,}(?=/)", "/…", path)


def jump_to(page: Page, name: str) -> None:
    """Move the demo's clock with the bar to the instant called ``name``."""
    bar = page.get_by_role("complementary", name="演示时间")
    button = bar.get_by_role("button", name=re.compile(f"(跳到)?.*{name}"))
    if button.count() == 0:
        bar.get_by_text("更多时刻").click()
    with page.expect_navigation():
        button.first.click()
