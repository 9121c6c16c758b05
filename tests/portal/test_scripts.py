"""The scripts in a real browser, against a small server that can fail on purpose."""

import json
import shutil
import threading
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

STATIC = Path(__file__).resolve().parents[2] / "static"
PAGE = """<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8">
<script src="/static/js/forms.js" defer></script>
<script src="/static/js/autosave.js" defer></script>
<script src="/static/js/upload.js" defer></script></head>
<body data-user="u1">{body}</body></html>"""
AUTOSAVED_FORM = """<form method="post" action="/submit" data-autosave="/autosave">
<input type="hidden" name="csrfmiddlewaretoken" value="token">
<input type="hidden" name="version" value="1">
<input name="work" id="work"><input name="secret" id="secret" data-private>
<input type="radio" name="mode" value="a"><input type="radio" name="mode" value="b">
<p data-save-state></p><button>提交</button></form>"""
FIELDS_FORM = """<form method="post" action="/submit" data-autosave="/autosave">
<div class="field" id="when"><label for="year">年度</label><input name="year" id="year"></div>
<div class="field field--error" id="what"><ul class="errorlist"><li>请填写。</li></ul>
<input name="work" id="work"></div><p data-save-state></p></form>"""
UPLOAD_FORM = """<div><form method="post" action="/upload" data-upload-url="/upload"
data-upload-list="list"><input type="hidden" name="item" value="i9">
<div data-upload-drop><input type="file" name="file" multiple>
<p data-upload-submit><button>上传</button></p></div></form>
<ul id="list"></ul><p data-upload-status></p></div>"""
PAGES = {
    "/form": AUTOSAVED_FORM,
    "/fields": FIELDS_FORM,
    "/upload-page": UPLOAD_FORM,
    "/done": "<h1>已提交</h1>",
}


class Server(ThreadingHTTPServer):
    """Serves the pages and the scripts, notes what is posted, answers as told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.posts: list[tuple[str, dict]] = []
        self.answers: list[tuple[int, str]] = []  # for the next posts; then 200
        self.hold: threading.Event | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def posted(self, path: str) -> list[dict]:
        return [fields for where, fields in self.posts if where == path]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if self.path.startswith("/static/"):
            self._send(200, (STATIC / self.path.removeprefix("/static/")).read_text(), "js")
        elif self.path in PAGES:
            self._send(200, PAGE.replace("{body}", PAGES[self.path]), "html")
        else:
            self._send(404, "", "html")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((self.path, self._fields(body)))
        if self.server.hold:
            self.server.hold.wait(10)
        if self.path == "/submit":
            self.send_response(302)
            self.send_header("Location", "/done")
            self.end_headers()
            return
        status, text = 200, json.dumps({"saved_at": "10:32", "version": "2"})
        if self.path == "/upload":
            status, text = 201, '<li class="from-server">已收到</li>'
        if self.server.answers:
            status, text = self.server.answers.pop(0)
        self._send(status, text, "html")

    def _fields(self, body: bytes) -> dict:
        kind = self.headers["Content-Type"]
        if not kind.startswith("multipart/"):
            return {name: values[0] for name, values in parse_qs(body.decode()).items()}
        message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
        return {
            part.get_param("name", header="content-disposition"): part.get_filename()
            or part.get_payload(decode=True).decode()
            for part in message.get_payload()
        }

    def _send(self, status: int, text: str, kind: str) -> None:
        data = text.encode()
        self.send_response(status)
        content_type = "text/javascript" if kind == "js" else "text/html"
        self.send_header("Content-Type", f"{content_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args) -> None:
        """Say nothing in the tests' output."""


@pytest.fixture(scope="module")
def browser():
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    if server.hold:
        server.hold.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser, server: Server):
    context = browser.new_context(base_url=server.address, locale="zh-CN")
    yield context.new_page()
    context.close()


def type_and_wait(page: Page, text: str, state: str) -> None:
    page.fill("#work", text)
    expect(page.locator(f"[data-save-state][data-state={state}]")).to_be_visible(timeout=8000)


def test_autosave_after_typing_saves_and_says_when(page, server):
    page.goto("/form")
    type_and_wait(page, "产线改造", "saved")
    expect(page.locator("[data-save-state]")).to_have_text("已保存 10:32")
    assert server.posted("/autosave")[-1]["work"] == "产线改造"
    assert page.input_value("[name=version]") == "2"


def test_autosave_server_error_tries_again_until_saved(page, server):
    server.answers = [(503, ""), (500, "")]
    page.goto("/form")
    type_and_wait(page, "产线改造", "failed")
    expect(page.locator("[data-save-state]")).to_have_text("未保存，正在重试…")
    expect(page.locator("[data-state=saved]")).to_be_visible(timeout=12000)
    assert len(server.posted("/autosave")) == 3


def test_autosave_refused_shows_the_reason_and_stops(page, server):
    server.answers = [(409, json.dumps({"error": "申报时间已过，内容保留为草稿。"}))]
    page.goto("/form")
    type_and_wait(page, "产线改造", "failed")
    expect(page.locator("[data-save-state]")).to_have_text("申报时间已过，内容保留为草稿。")


def test_autosave_shows_what_is_wrong_beside_the_field_and_takes_it_back(page, server):
    wrong = {"saved_at": "10:32", "version": "2", "errors": {"year": ["请填写四位数。"]}}
    right = {"saved_at": "10:33", "version": "3", "errors": {}, "note": "填报已经截止"}
    server.answers = [(200, json.dumps(wrong)), (200, json.dumps(right))]
    page.goto("/fields")
    page.fill("#year", "20")
    page.locator("#year").blur()
    expect(page.locator("#when .errorlist")).to_have_text("请填写四位数。", timeout=8000)
    expect(page.locator("#year")).to_have_attribute("aria-invalid", "true")
    assert page.get_attribute("#year", "aria-describedby") == "id_year_error"
    # What the page itself said is missing stays until something is there.
    expect(page.locator("#what .errorlist")).to_have_text("请填写。")
    page.fill("#year", "2020")
    page.fill("#work", "产线")
    page.locator("#work").blur()
    expect(page.locator("#when .errorlist")).to_have_count(0, timeout=8000)
    expect(page.locator("#what .errorlist")).to_have_count(0)
    expect(page.locator("[data-save-state]")).to_have_text("已保存 10:33 · 填报已经截止")


def test_autosave_signed_out_restores_the_text_on_the_next_visit(page, server):
    server.answers = [(403, "")]
    page.goto("/form")
    page.check("[value=b]")
    page.fill("#secret", "不落地")
    type_and_wait(page, "写了一半", "failed")
    assert "登录已失效" in page.inner_text("[data-save-state]")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/form")
    assert page.input_value("#work") == ""
    page.get_by_role("button", name="恢复未保存的内容").click()
    assert page.input_value("#work") == "写了一半"
    assert page.input_value("#secret") == ""
    assert page.is_checked("[value=b]")
    expect(page.locator("[data-state=saved]")).to_be_visible(timeout=8000)
    page.goto("/form")
    expect(page.get_by_role("button", name="恢复未保存的内容")).to_have_count(0)


def test_autosave_submitted_form_leaves_no_draft_behind(page, server):
    page.goto("/form")
    page.fill("#work", "马上提交")
    page.click("button")
    expect(page.get_by_role("heading", name="已提交")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).length") == 0


def test_double_click_sends_one_request(page, server):
    server.hold = threading.Event()
    page.goto("/form")
    page.evaluate(
        "form = document.querySelector('form'); form.requestSubmit();"
        "setTimeout(() => form.requestSubmit(), 150); null"
    )
    page.wait_for_timeout(500)
    server.hold.set()
    expect(page.get_by_role("heading", name="已提交")).to_be_visible()
    assert len(server.posted("/submit")) == 1


def test_upload_sends_each_file_and_shows_the_servers_rows(page, server):
    page.goto("/upload-page")
    expect(page.get_by_role("button", name="上传")).to_be_hidden()
    files = [
        {"name": name, "mimeType": "image/jpeg", "buffer": b"x" * 9000}
        for name in ("a.jpg", "b.jpg", "c.jpg")
    ]
    page.set_input_files("input[type=file]", files)
    expect(page.locator(".from-server")).to_have_count(3)
    posts = server.posted("/upload")
    assert sorted(post["file"] for post in posts) == ["a.jpg", "b.jpg", "c.jpg"]
    assert {post["item"] for post in posts} == {"i9"}


def test_upload_refused_file_says_why(page, server):
    server.answers = [(422, json.dumps({"error": "请上传照片或 PDF 文件。"}))]
    page.goto("/upload-page")
    page.set_input_files(
        "input[type=file]", {"name": "a.docx", "mimeType": "text/plain", "buffer": b"x"}
    )
    row = page.locator("#list li")
    expect(row).to_contain_text("请上传照片或 PDF 文件。")
    row.get_by_role("button", name="移除").click()
    expect(row).to_have_count(0)


def test_upload_broken_off_can_be_tried_again(page, server):
    server.answers = [(502, "")]
    page.goto("/upload-page")
    page.set_input_files(
        "input[type=file]", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"x"}
    )
    page.get_by_role("button", name="重试").click()
    expect(page.locator(".from-server")).to_have_count(1)
