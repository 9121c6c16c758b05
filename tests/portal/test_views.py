"""The front page, the frame around every page, and the style guide."""

import re

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from portal import selectors, views
from schedules.models import Schedule, ScheduleStatus, Step
from tests.factories.people import UserFactory
from tests.portal.conftest import add_track, publish

pytestmark = pytest.mark.django_db


def test_home_open_filing_shows_the_schedule_and_its_close(client, at):
    publish()
    at("2020-11-20 10:00")
    html = client.get("/").content.decode()
    assert "2020年试报" in html
    assert "还剩 3 天" in html
    assert "11月23日 24:00" in html


def test_home_draft_schedule_is_not_shown(client, at):
    publish()
    Schedule.objects.update(status=ScheduleStatus.DRAFT)
    at("2020-11-20 10:00")
    assert "2020年试报" not in client.get("/").content.decode()


def test_home_schedule_that_is_not_public_is_not_shown(client, at):
    publish()
    Schedule.objects.update(is_public=False)
    at("2020-11-20 10:00")
    assert "2020年试报" not in client.get("/").content.decode()


def test_home_english_page_is_in_english_dates(client, at):
    publish()
    at("2020-11-20 10:00")
    html = client.get("/", headers={"accept-language": "en"}).content.decode()
    assert '<html lang="en">' in html
    assert "23 Nov 24:00" in html


def test_home_costs_as_many_queries_with_many_schedules(client, at, django_assert_num_queries):
    publish(code="a")
    at("2020-11-20 10:00")
    client.get("/")
    with django_assert_num_queries(3):
        client.get("/")
    publish(code="b")
    publish(code="c")
    client.get("/")
    with django_assert_num_queries(3):
        client.get("/")


def test_frame_has_no_inline_script_style_or_handler(client):
    html = client.get("/").content.decode()
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
    assert not re.search(r"\sstyle=|\son[a-z]+=", html)


def test_frame_anonymous_page_offers_sign_in(client):
    html = client.get("/").content.decode()
    assert "登录" in html
    assert "退出登录" not in html


def test_frame_signed_in_page_shows_the_name_and_no_telephone(client):
    user = UserFactory(name="林知远")
    client.force_login(user)
    html = client.get("/").content.decode()
    assert "林知远" in html
    assert "退出登录" in html
    assert user.phone not in html


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/", ["首页"]),
        ("/dashboard/", ["工作台"]),
        ("/desk/", ["工作台"]),
        ("/counter/", ["工作台"]),
        ("/applications/new/", ["我的申报"]),
        ("/messages/", ["我的消息"]),
    ],
)
def test_frame_navigation_marks_where_one_is(client, path, current):
    client.force_login(UserFactory())
    items = client.get(path).context["site_nav"]
    assert [item.label for item in items] == ["首页", "工作台", "我的申报", "我的消息"]
    assert [item.label for item in items if item.is_current] == current


def test_frame_support_contact_is_on_every_page(client):
    publish()
    assert "技术支持 000-80000000" in client.get("/").content.decode()


def test_dashboard_anonymous_is_sent_to_sign_in(client):
    response = client.get("/dashboard/")
    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/")


def test_page_not_found_is_answered_in_the_frame(client):
    response = client.get("/no-such-page/")
    assert response.status_code == 404
    assert "找不到这个页面" in response.content.decode()


@pytest.mark.parametrize("name", ["400.html", "403_csrf.html", "500.html"])
def test_error_pages_need_no_context(name):
    assert "返回首页" in render_to_string(name)


def test_styleguide_shows_every_component(rf):
    html = views.styleguide(rf.get("/styleguide/")).content.decode()
    components = {path.name for path in (settings.BASE_DIR / "templates/components").iterdir()}
    shown = set(re.findall(r"components/(\w+\.html)", _source())) | {"messages.html"}
    assert components == shown | {"upload_row.html"}
    assert "timeline" in html


def _source() -> str:
    return (settings.BASE_DIR / "templates/portal/styleguide.html").read_text()


def test_support_is_read_anew_after_a_change():
    publish()
    assert selectors.support().contacts == ["技术支持 000-80000000"]
    schedule = Schedule.objects.get()
    schedule.support_contact = "技术支持 000-80000001"
    schedule.save()
    assert selectors.support().contacts == ["技术支持 000-80000001"]


def test_open_schedules_upcoming_is_announced_and_marked(at):
    publish()
    now = at("2020-11-01 09:00")
    (announced,) = selectors.open_schedules(at=now)
    assert not announced.is_open
    assert announced.titles == "高级经济师"


def test_open_schedules_at_the_close_are_gone(at):
    publish()
    closes_at = Step.objects.get().closes_at
    assert selectors.open_schedules(at=closes_at) == []


def test_open_schedules_of_several_tracks_name_the_track(at):
    schedule = publish()
    now = at("2020-11-20 10:00")
    assert [item.name for item in selectors.open_schedules(at=now)] == ["2020年试报"]
    add_track(schedule, code="direct", name="直通车")
    names = [item.name for item in selectors.open_schedules(at=now)]
    assert names == ["2020年试报 · 试报", "2020年试报 · 直通车"]
