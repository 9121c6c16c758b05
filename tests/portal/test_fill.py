"""Very many applications: what the command makes is what the services would have made."""

import itertools

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, F

from applications import deadlines
from applications.models import Application, Transition
from applications.workflow import SETTLED, Phase
from core import clock
from organisations.selectors import live_grants
from portal.fill import SPREAD, fill
from publicity.models import Notice
from schedules.loader import ScheduleFileError
from tests.factories.schedules import CHONGQING_2020

pytestmark = pytest.mark.django_db
COUNT = 300


@pytest.fixture
def filled(at):
    at("2020-11-20 10:00")
    return fill(applications=COUNT, preset=CHONGQING_2020)


def test_fill_spreads_applications_over_stages_and_holders(filled):
    phases = dict(Application.objects.values_list("phase").annotate(Count("pk")))
    wanted = {}
    for phase, _code, parts in SPREAD:
        wanted[phase] = wanted.get(phase, 0) + parts * COUNT // 100
    assert phases == wanted
    assert set(filled.desks) >= {"employer", "district_title_office", "committee_office"}
    for desk in filled.desks.values():
        assert Application.objects.filter(holder=desk.organisation).count() == desk.files
        assert live_grants(desk.officer).has("decide_applications", desk.organisation.pk)


def test_fill_makes_applications_as_the_services_would(filled):
    for application in Application.objects.select_related("step").prefetch_related("stops"):
        stops = list(application.stops.all())
        transitions = list(application.transitions.all())
        assert application.version == len(transitions)
        assert [made.sequence for made in transitions] == list(range(1, len(transitions) + 1))
        if application.phase == Phase.DRAFT:
            assert stops == []
            continue
        assert transitions[-1].to_phase == application.phase
        assert transitions[-1].to_step_id == application.step_id
        for earlier, later in itertools.pairwise(transitions):
            assert (earlier.to_phase, earlier.to_step_id) == (
                later.from_phase,
                later.from_step_id,
            )
            assert earlier.at <= later.at
        here = next(stop for stop in stops if stop.step_id == application.step_id)
        assert [stop.reached_at is not None for stop in stops] == [
            stop.position <= here.position for stop in stops
        ]
        # The stored deadlines are those that the engine would store.
        if application.phase not in SETTLED:
            stored = (application.due_at, application.next_due_at)
            deadlines.follow_window(application, here)
            assert (application.due_at, application.next_due_at) == stored
            assert application.due_at > clock.now()


def test_fill_posts_a_notice_where_the_file_has_passed_one(filled):
    posted = Notice.objects.filter(status="posted")
    assert set(posted.values_list("application__phase", flat=True)) == {Phase.ON_NOTICE}
    assert not posted.exclude(clears_at=F("application__clears_at")).exists()
    assert not Notice.objects.filter(application__phase=Phase.SUBMITTED).exists()
    assert Transition.objects.filter(action="submit").count() == (
        Application.objects.exclude(phase=Phase.DRAFT).count()
    )


def test_fill_command_is_refused_in_production_unless_asked_for(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="--yes"):
        call_command("fill", "--applications", "100")


def test_fill_command_fills_once(at, capsys):
    at("2020-11-20 10:00")
    call_command("fill", "--applications", "100")

    assert "100 applications" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("fill", "--applications", "100")
    assert Application.objects.count() == 100


def test_fill_command_names_a_bad_preset(at, tmp_path):
    at("2020-11-20 10:00")
    preset = tmp_path / "bad.yaml"
    preset.write_text("code: [", encoding="utf-8")

    with pytest.raises(ScheduleFileError):
        call_command("fill", "--applications", "100", "--preset", str(preset))
