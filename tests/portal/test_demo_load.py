"""The demo's data: complete, invented, and playable."""

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command

from accounts.models import User
from applications.models import Application
from applications.workflow import Phase
from core.invented import AREA
from organisations.models import Organisation
from portal.demo.clock import START
from portal.demo.load import load_demo
from portal.demo.people import APPLICANT, PASSWORD
from portal.models import DemoClock, DemoPerson
from schedules.models import Schedule, ScheduleStatus

pytestmark = pytest.mark.django_db


def test_demo_loads_applications_at_every_stage():
    load_demo()

    phases = set(Application.objects.values_list("phase", flat=True))
    assert phases == set(Phase) - {Phase.AWAITING_CONFIRMATION}
    reviewing = set(
        Application.objects.filter(phase=Phase.UNDER_REVIEW).values_list("step__code", flat=True)
    )
    assert reviewing == {"authority", "title-office", "acceptance"}
    assert 25 <= Application.objects.count() <= 50
    # Everything that fell due by the demo's first instant has been recorded.
    assert not Application.objects.filter(next_due_at__lte=START).exists()
    assert set(Schedule.objects.values_list("status", flat=True)) == {ScheduleStatus.PUBLISHED}
    assert DemoClock.objects.get().demo_at == START

    # Names and numbers are invented; rare characters are among the names.
    assert all(user.phone.startswith("1600000") for user in User.objects.all())
    assert all(user.identity_number.startswith(AREA) for user in User.objects.all())
    names = "".join(User.objects.values_list("name", flat=True))
    assert {"㛃", "𬭎", "𠅤"} <= set(names)
    assert len(set(User.objects.values_list("name", flat=True))) == User.objects.count()
    for organisation in Organisation.objects.exclude(contact_telephone=""):
        assert organisation.contact_telephone.startswith("000-")

    # Everybody who can be played has the one password, and every role is among them.
    people = DemoPerson.objects.select_related("user")
    assert all(check_password(PASSWORD, person.user.password) for person in people[:3])
    assert len({person.user.password for person in people}) == 1
    groups = {person.group for person in people}
    assert len(groups) == 8
    assert APPLICANT in groups


def test_demo_command_is_refused_outside_the_demo():
    with pytest.raises(CommandError):
        call_command("demo")


def test_demo_command_leaves_a_database_with_people_alone(settings):
    settings.DEMO = True
    User.objects.create_user(phone="16000009999", name="已有用户")

    call_command("demo", "--if-empty")
    with pytest.raises(CommandError):
        call_command("demo")

    assert User.objects.count() == 1
