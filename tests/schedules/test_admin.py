"""The admin of schedules, as the bureau's staff uses it."""

import datetime as dt

import pytest
from django.urls import reverse

from applications.models import Application
from applications.tasks import follow_schedule
from core import clock
from schedules.models import CalendarDay, OpenTitle, Schedule, ScheduleStatus, Step, Track
from schedules.signals import schedule_changed
from tests.factories.people import UserFactory
from tests.factories.schedules import chongqing_2020
from tests.html_forms import form_data

pytestmark = pytest.mark.django_db


@pytest.fixture
def schedule():
    return chongqing_2020()


@pytest.fixture
def staff(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def application(schedule):
    """Return a draft under the schedule."""
    open_title = OpenTitle.objects.select_related("track").first()
    first = open_title.track.steps.first()
    return Application.objects.create(
        applicant=UserFactory(),
        schedule=schedule,
        track=open_title.track,
        open_title=open_title,
        step=first,
        due_at=first.closes_at,
    )


def track_url() -> str:
    return reverse("admin:schedules_track_change", args=[Track.objects.get().pk])


def save_track(staff, **changes):
    """Post the track's page with some values changed; return the response."""
    data = form_data(staff.get(track_url()), "track_form")
    assert changes.keys() <= data.keys()
    return staff.post(track_url(), data | changes)


def faults(response) -> str:
    return str(response.context["errors"])


def stored() -> list[dict]:
    return [row | {"updated_at": None} for row in Step.objects.order_by("pk").values()]


def test_admin_pages_of_schedules_open(staff, schedule):
    for url in (
        reverse("admin:schedules_schedule_changelist"),
        reverse("admin:schedules_schedule_add"),
        reverse("admin:schedules_schedule_change", args=[schedule.pk]),
        reverse("admin:schedules_schedule_history", args=[schedule.pk]),
        track_url(),
        reverse("admin:schedules_step_change", args=[Step.objects.first().pk]),
        reverse("admin:schedules_title_changelist"),
        reverse("admin:schedules_calendarday_changelist"),
        reverse("admin:schedules_calendaryear_changelist"),
    ):
        assert staff.get(url).status_code == 200, url


def test_track_page_saved_as_it_is_changes_nothing(staff, schedule):
    before = stored()

    response = save_track(staff)

    assert response.status_code == 302, faults(response)
    assert stored() == before


@pytest.fixture
def announced():
    """Return the schedules whose change is announced during the test."""
    schedules = []

    def listen(schedule, **kwargs):
        schedules.append(schedule)

    schedule_changed.connect(listen)
    yield schedules
    schedule_changed.disconnect(listen)


def test_track_page_moves_a_window_and_the_deadlines_follow(staff, application, announced):
    response = save_track(staff, **{"steps-0-closes_at_1": "17:00:00"})

    assert response.status_code == 302, faults(response)
    closes_at = dt.datetime(2020, 11, 24, 17, tzinfo=clock.SHANGHAI)
    assert Step.objects.get(code="filing").closes_at == closes_at
    assert announced == [application.schedule]
    follow_schedule(schedule_id=announced[0].pk)
    application.refresh_from_db()
    assert application.due_at == closes_at
    assert Step.history.filter(code="filing").count() == 2


def test_step_page_announces_a_moved_date_and_no_typo(staff, application, announced):
    url = reverse("admin:schedules_step_change", args=[Step.objects.get(code="authority").pk])
    data = form_data(staff.get(url), "step_form")

    assert (
        staff.post(url, data | {"name": "主管部门审核", "advisory_note": "改"}).status_code == 302
    )
    assert announced == []
    assert staff.post(url, data | {"closes_at_1": "17:00:00"}).status_code == 302
    assert announced == [application.schedule]


def test_pages_announce_no_change_of_texts(staff, application, announced):
    assert save_track(staff, name="改", **{"steps-3-advisory_note": "改"}).status_code == 302
    url = reverse("admin:schedules_schedule_change", args=[application.schedule.pk])
    data = form_data(staff.get(url), "schedule_form")
    assert staff.post(url, data | {"notes": "改", "name": "改"}).status_code == 302
    assert Schedule.objects.get().name == "改"

    assert announced == []


def test_track_page_lets_two_steps_change_places(staff, schedule):
    response = save_track(staff, **{"steps-3-order": "5", "steps-4-order": "4"})

    assert response.status_code == 302, faults(response)
    codes = list(Step.objects.order_by("order").values_list("code", flat=True))
    assert codes[3:5] == ["title-office", "authority"]


def test_track_page_refuses_two_steps_with_one_number(staff, schedule):
    response = save_track(staff, **{"steps-3-order": "5"})

    assert "两个环节的顺序号相同。" in faults(response)


def test_track_page_takes_holders_labels_and_settings_as_ordinary_inputs(staff, schedule):
    response = save_track(
        staff,
        **{
            "steps-3-holders_0": "supervisor:municipal_bureau",
            "steps-3-holders_1": "",
            "steps-3-action_labels_0": "同意",
            "steps-3-settings": "accepts: true\nneeds_opinion: false\n",
        },
    )

    assert response.status_code == 302, faults(response)
    step = Step.objects.get(code="authority")
    assert step.holders == [{"rule": "supervisor", "kind": "municipal_bureau"}]
    assert step.action_labels["approve"] == "同意"
    assert step.settings == {"accepts": True, "needs_opinion": False}


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("steps-3-settings", "accept: true", "没有“accept”这项设置"),
        ("steps-3-settings", "accepts: [", "写法不对"),
        ("steps-3-settings", "just text", "每行一项"),
        ("steps-3-closes_at_0", "2020-01-01", "截止时间应当晚于开始时间"),
        ("steps-3-correction_until", "fixed", "须填写补正截止时间"),
    ],
)
def test_track_page_refuses_what_means_nothing(staff, schedule, field, value, fault):
    before = stored()

    response = save_track(staff, **{field: value})

    assert response.status_code == 200
    assert fault in faults(response)
    assert stored() == before


def test_track_page_with_applications_keeps_what_they_depend_on(staff, application):
    page = staff.get(track_url())

    data = form_data(page, "track_form")
    assert "steps-3-closes_at_0" in data
    assert "steps-3-order" not in data
    assert "steps-3-holders_0" not in data
    assert not any(name.endswith("-DELETE") for name in data)
    forged = {"steps-3-order": "9", "steps-3-is_optional": "", "open_titles-0-fee": "1"}
    response = staff.post(track_url(), data | forged)
    assert response.status_code == 302, faults(response)
    step = Step.objects.get(code="authority")
    assert (step.order, step.is_optional) == (4, True)
    assert OpenTitle.objects.first().fee == 420


def test_publish_action_lists_what_is_missing(staff, schedule):
    Schedule.objects.update(status=ScheduleStatus.DRAFT)
    OpenTitle.objects.update(committee_office=None)
    Step.objects.filter(code="authority").update(holders=[])
    action = {"action": "publish", "_selected_action": schedule.pk}

    response = staff.post(reverse("admin:schedules_schedule_changelist"), action, follow=True)

    told = [str(message) for message in response.context["messages"]]
    assert any("6. 评委会审核受理：“正高级工程师”没有写明评委会办公室。" in text for text in told)
    assert any("4. 区县主管部门或人事代理机构审核：没有写明办理机构。" in text for text in told)
    assert Schedule.objects.get().status == ScheduleStatus.DRAFT


def test_publish_action_publishes_a_schedule_in_order(staff, schedule):
    Schedule.objects.update(status=ScheduleStatus.DRAFT)
    action = {"action": "publish", "_selected_action": schedule.pk}

    staff.post(reverse("admin:schedules_schedule_changelist"), action)

    assert Schedule.objects.get().status == ScheduleStatus.PUBLISHED


def test_publish_button_saves_the_page_first(staff, schedule):
    Schedule.objects.update(status=ScheduleStatus.DRAFT)
    url = reverse("admin:schedules_schedule_change", args=[schedule.pk])
    data = form_data(staff.get(url), "schedule_form")

    response = staff.post(url, data | {"support_contact": "窗口", "_publish": "1"}, follow=True)

    assert response.redirect_chain == [(url, 302)]
    schedule.refresh_from_db()
    assert (schedule.status, schedule.support_contact) == (ScheduleStatus.PUBLISHED, "窗口")


def test_publish_refuses_a_year_whose_holidays_are_not_announced(staff, schedule):
    Schedule.objects.update(status=ScheduleStatus.DRAFT)
    Step.objects.filter(code="payment").update(
        closes_at=dt.datetime(2040, 1, 5, tzinfo=clock.SHANGHAI)
    )
    action = {"action": "publish", "_selected_action": schedule.pk}

    response = staff.post(reverse("admin:schedules_schedule_changelist"), action, follow=True)

    told = [str(message) for message in response.context["messages"]]
    assert any("2040年的放假安排尚未公布或录入" in text for text in told)


def test_retract_action_is_refused_once_somebody_has_applied(staff, application):
    action = {"action": "retract", "_selected_action": application.schedule.pk}

    response = staff.post(reverse("admin:schedules_schedule_changelist"), action, follow=True)

    assert "不能撤回发布" in str(next(iter(response.context["messages"])))
    assert Schedule.objects.get().status == ScheduleStatus.PUBLISHED


def test_calendar_day_is_entered_with_its_history(staff):
    url = reverse("admin:schedules_calendarday_add")

    staff.post(url, {"date": "2020-11-30", "note": "停电", "_save": "1"})

    day = CalendarDay.objects.get()
    assert (day.is_working, day.history.get().history_type) == (False, "+")
