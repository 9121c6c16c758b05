"""The demo's clock: where it stands, how it is moved, what a move brings about."""

import datetime as dt

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.urls import reverse

from applications.workflow import Phase
from core import clock
from portal.demo import clock as demo_clock
from portal.demo.instants import coming_instants
from portal.models import DemoClock, DemoPerson
from tests.factories.chain import build_chain, instant
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def demo(settings):
    """Run as the demo does: its clock answers, beginning at its first instant."""
    settings.DEMO = True
    demo_clock.install()
    demo_clock.set_clock(to=demo_clock.START)
    demo_clock.source.refresh()
    yield demo_clock
    clock.set_source(None)


def is_now(expected: dt.datetime) -> bool:
    return abs(clock.now() - expected) < MINUTE


def stop_for(span: dt.timedelta) -> None:
    """Make the stored rows those of a site that stopped that long ago."""
    row = DemoClock.objects.get()
    row.real_at -= span
    row.seen_at = row.real_at + dt.timedelta(minutes=10)
    row.save()


def test_demo_clock_runs_from_where_it_was_set(demo):
    assert is_now(demo_clock.START)


def test_demo_clock_moved_forward_is_seen_at_once(demo, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        demo.move_clock(to=instant("2020-12-04 00:00"))

    assert is_now(instant("2020-12-04 00:00"))
    assert is_now(instant("2020-12-04 00:00"))


@pytest.mark.parametrize("to", ["2020-11-17 08:59", "2010-01-01", "2023-01-01"])
def test_demo_clock_goes_neither_back_nor_too_far(demo, to):
    with pytest.raises(demo_clock.ClockRunsForward):
        demo.move_clock(to=instant(to))

    assert is_now(demo_clock.START)


def test_demo_clock_stands_while_the_site_is_stopped(demo):
    stop_for(dt.timedelta(days=3))

    resumed_at = demo.resume_clock()

    ran_for = dt.timedelta(minutes=10) + demo_clock.BEAT
    assert resumed_at == demo_clock.START + ran_for


def test_demo_clock_resumed_never_shows_a_time_again(demo):
    before = clock.now()

    demo.resume_clock()
    demo.source.refresh()

    assert clock.now() >= before


def test_demo_clock_is_refused_outside_the_demo(settings):
    settings.DEMO = False

    with pytest.raises(ImproperlyConfigured):
        demo_clock.install()
    with pytest.raises(CommandError):
        call_command("demo_clock")


def test_demo_clock_command_moves_the_clock(demo):
    call_command("demo_clock", "--to", "2020-11-26 10:00")

    assert DemoClock.objects.get().demo_at == instant("2020-11-26 10:00")


def test_move_past_a_lock_clears_the_notice_at_once(demo, django_capture_on_commit_callbacks):
    chain = build_chain()
    application = chain.approve(chain.submit(chain.draft()), at="2020-11-26 10:00")

    with django_capture_on_commit_callbacks(execute=True):
        demo.move_clock(to=instant("2020-12-04 00:00"))

    application.refresh_from_db()
    assert application.phase == Phase.NOTICE_CLEARED


def test_coming_instants_name_windows_locks_and_the_own_deadline():
    chain = build_chain()
    application = chain.approve(chain.submit(chain.draft()), at="2020-11-26 10:00")

    coming = coming_instants(at=instant("2020-11-26 11:00"), user=application.applicant, limit=4)

    assert [(item.at, item.name) for item in coming] == [
        (instant("2020-11-30"), "评委会审核受理开始"),
        (instant("2020-12-04"), "江北第一机械厂的公示期满，可以上报"),
        (instant("2020-12-05"), "单位审核截止；单位公示截止；我的申报到期"),
        (instant("2020-12-10"), "区县主管部门或人事代理机构审核截止"),
    ]


# --- The bar -------------------------------------------------------------------------


def test_bar_moves_the_clock_and_returns_to_the_page(demo, client):
    build_chain()
    url = reverse("portal:demo_clock")

    response = client.post(url, {"by": "morning", "next": "/demo/"})

    assert response.url == "/demo/"
    row = DemoClock.objects.get()
    assert row.demo_at == instant("2020-11-18 09:00")


@pytest.mark.parametrize(
    "data", [{}, {"to": "soon"}, {"to": "2020-01-01T00:00"}, {"to": "9999-12-31T23:59+00:00"}]
)
def test_bar_with_an_impossible_time_says_so(demo, client, data):
    data["next"] = "https://elsewhere.example/"

    response = client.post(reverse("portal:demo_clock"), data, follow=True)

    assert response.redirect_chain == [(reverse("portal:home"), 302)]
    assert len(response.context["messages"]) == 1
    assert DemoClock.objects.get().demo_at == demo_clock.START


def test_bar_is_moved_by_post_only(demo, client):
    assert client.get(reverse("portal:demo_clock")).status_code == 405


def test_play_signs_in_as_one_of_the_demos_people(demo, client):
    user = UserFactory(name="方既明")
    person = DemoPerson.objects.create(user=user, group="系统管理", order=1)

    response = client.post(reverse("portal:demo_play", args=[person.pk]))

    assert response.url == reverse("portal:dashboard")
    assert client.session["_auth_user_id"] == str(user.pk)


def test_people_page_lists_who_can_be_played(demo, client):
    user = UserFactory(name="方既明")
    DemoPerson.objects.create(user=user, group="系统管理", note="系统管理员", order=1)

    assert "系统管理员" in client.get(reverse("portal:demo_people")).content.decode()


def test_demo_pages_are_not_there_outside_the_demo(client):
    person = DemoPerson.objects.create(user=UserFactory(), group="系统管理", order=1)

    for response in (
        client.get(reverse("portal:demo_people")),
        client.post(reverse("portal:demo_clock"), {"by": "day"}),
        client.post(reverse("portal:demo_play", args=[person.pk])),
    ):
        assert response.status_code == 404
    assert "_auth_user_id" not in client.session
