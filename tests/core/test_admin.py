"""What the admins of all apps share: past versions are for reading only."""

import datetime as dt

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.urls import reverse
from simple_history.admin import SimpleHistoryAdmin

from accounts.models import User
from applications.models import Application
from portal.staff import STAFF_GROUP
from schedules.models import CalendarDay, CalendarYear, OpenTitle, Step
from tests.factories.people import UserFactory
from tests.factories.schedules import chongqing_2020
from tests.html_forms import form_data

pytestmark = pytest.mark.django_db

WITH_HISTORY = [
    model for model, site in admin.site._registry.items() if isinstance(site, SimpleHistoryAdmin)
]


@pytest.fixture
def schedule():
    CalendarYear.objects.create(year=2040, source="试")
    CalendarDay.objects.create(date=dt.date(2020, 11, 30), is_working=True)
    return chongqing_2020()


@pytest.fixture
def superuser():
    return UserFactory(is_staff=True, is_superuser=True)


@pytest.fixture
def staff():
    """Return a member of the bureau's staff."""
    user = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name=STAFF_GROUP))
    return user


def oldest_version(instance: Model) -> str:
    """Return the address of the page that shows the first version of a row."""
    meta = instance._meta
    version = instance.history.earliest("history_id")
    name = f"admin:{meta.app_label}_{meta.model_name}_simple_history"
    return reverse(name, args=[instance.pk, version.pk])


def everything(model: type[Model]) -> list[dict]:
    return list(model._base_manager.order_by("pk").values())


def test_every_admin_with_a_history_is_known():
    assert {model.__name__ for model in WITH_HISTORY} >= {"User", "Organisation", "Step"}


@pytest.mark.parametrize("model", WITH_HISTORY, ids=lambda model: model.__name__)
@pytest.mark.parametrize("who", ["superuser", "staff"])
def test_past_version_is_shown_and_refuses_what_is_posted(client, request, schedule, model, who):
    client.force_login(request.getfixturevalue(who))
    instance = model._base_manager.first()
    url = oldest_version(instance)
    page = client.get(url)
    assert page.status_code == 200
    assert form_data(page, f"{model._meta.model_name}_form").keys() <= {"csrfmiddlewaretoken"}
    before = everything(model)
    plain = {
        field.name: field.value_from_object(instance)
        for field in model._meta.fields
        if field.value_from_object(instance) is not None
    }

    for method in (client.post, client.put, client.patch, client.delete):
        assert method(url, plain | {"name": "改", "year": "2041", "_save": "1"}).status_code == 403

    assert everything(model) == before


def test_staff_cannot_take_over_the_superuser_through_a_past_version(client, superuser, staff):
    client.force_login(staff)
    phone_index = superuser.phone_index
    taken = {"name": superuser.name, "new_phone": "16000009999"}

    assert client.post(oldest_version(superuser), taken).status_code == 403

    superuser.refresh_from_db()
    assert (superuser.is_superuser, superuser.is_active) == (True, True)
    assert superuser.phone_index == phone_index


def test_staff_cannot_make_staff_of_a_friend_through_a_past_version(client, staff):
    friend = UserFactory()
    client.force_login(staff)
    posted = {"name": friend.name, "is_active": "on", "is_staff": "on", "is_superuser": "on"}

    assert client.post(oldest_version(friend), posted).status_code == 403

    friend = User.objects.get(pk=friend.pk)
    assert (friend.is_staff, friend.is_superuser) == (False, False)


def test_step_is_not_put_back_behind_the_deadlines(client, superuser, schedule):
    """A past date would come back without the applications that follow it."""
    open_title = OpenTitle.objects.select_related("track").first()
    step = open_title.track.steps.first()
    application = Application.objects.create(
        applicant=UserFactory(),
        schedule=schedule,
        track=open_title.track,
        open_title=open_title,
        step=step,
        due_at=step.closes_at,
    )
    client.force_login(superuser)
    page = client.get(reverse("admin:schedules_step_change", args=[step.pk]))
    data = form_data(page, "step_form")
    posted = data | {"closes_at_0": "2020-12-31", "order": "9", "is_optional": "on"}

    assert client.post(oldest_version(step), posted).status_code == 403

    stored = Step.objects.get(pk=step.pk)
    assert (stored.closes_at, stored.order) == (step.closes_at, step.order)
    application.refresh_from_db()
    assert application.due_at == step.closes_at
