"""Loading a schedule from a file."""

import copy
import datetime as dt
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from applications.models import Application
from core import clock
from organisations.models import Organisation, OrganisationKind
from schedules.loader import ScheduleFileError, load_schedule
from schedules.models import OpenTitle, Schedule, ScheduleStatus, Step, Title
from schedules.signals import schedule_changed
from tests.factories.people import UserFactory
from tests.factories.schedules import CHONGQING_2020, small_schedule_data

pytestmark = pytest.mark.django_db


def instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI)


def faults_of(data: dict) -> list[str]:
    with pytest.raises(ScheduleFileError) as caught:
        load_schedule(data)
    return caught.value.faults


def apply_under(schedule: Schedule) -> Application:
    open_title = OpenTitle.objects.get(track__schedule=schedule, title__code="test-engineer")
    return Application.objects.create(
        applicant=UserFactory(),
        schedule=schedule,
        track=open_title.track,
        open_title=open_title,
        step=open_title.track.steps.get(order=1),
    )


# --- The Chongqing notice (C1–C49) ---------------------------------------------------


def test_chongqing_preset_has_every_window_of_the_notice():
    schedule = load_schedule(CHONGQING_2020)

    assert (schedule.document_number, schedule.year) == ("渝职改办〔2020〕200号", 2020)
    assert schedule.publicity_working_days == 5  # C23
    assert schedule.registration_opens_on == dt.date(2020, 10, 20)  # C8
    assert schedule.registration_closes_on == dt.date(2020, 11, 16)
    track = schedule.tracks.get()
    windows = {
        step.code: (step.kind, step.opens_at, step.closes_at, step.advisory_on)
        for step in track.steps.all()
    }
    assert windows == {
        "filing": ("filing", instant("2020-11-17"), instant("2020-11-24"), None),  # C17
        "verification": (
            "employer_verification",
            instant("2020-11-17"),
            instant("2020-12-05"),
            dt.date(2020, 11, 26),
        ),  # C19, C22
        "notice": (
            "employer_notice",
            instant("2020-11-17"),
            instant("2020-12-05"),
            dt.date(2020, 12, 3),
        ),  # C23, C26
        "authority": (
            "office_review",
            instant("2020-11-25"),
            instant("2020-12-10"),
            None,
        ),  # C27
        "title-office": (
            "office_review",
            instant("2020-11-26"),
            instant("2020-12-15"),
            None,
        ),  # C29
        "acceptance": (
            "office_review",
            instant("2020-11-30"),
            instant("2020-12-18"),
            None,
        ),  # C31
        "payment": (
            "counter_payment",
            instant("2020-12-23"),
            instant("2020-12-26"),
            None,
        ),  # C35
    }


def test_chongqing_preset_has_the_corrections_labels_and_fees_of_the_notice():
    schedule = load_schedule(CHONGQING_2020)

    steps = {step.code: step for step in Step.objects.filter(track__schedule=schedule)}
    acceptance = steps["acceptance"]
    assert acceptance.correction_until == "fixed"  # C34
    assert acceptance.correction_closes_at == instant("2020-12-21")
    assert acceptance.correction_review_closes_at == instant("2020-12-23")
    assert acceptance.settings["accepts"] is True
    for code in ("verification", "notice", "authority", "title-office"):
        assert steps[code].correction_until == "next_stage_close"  # C33
    assert steps["verification"].stage == steps["notice"].stage
    assert [steps[code].action_labels.get("approve") for code in list(steps)] == [
        None,
        "审核通过，打印公示表",
        None,
        "审核通过上报",
        "审核通过上报评委会",
        "审核通过受理",
        None,
    ]
    assert steps["notice"].action_labels["report"] == "上报主管部门"
    assert [code for code, step in steps.items() if step.is_optional] == ["authority"]
    assert steps["payment"].settings["paper_copies"] == {"evaluation_form": 2, "notice_form": 15}
    titles = {
        row.title.name: (row.title.rank, row.fee)
        for row in OpenTitle.objects.filter(track__schedule=schedule)
    }
    assert titles == {
        "正高级工程师": ("full_senior", Decimal(420)),
        "正高级经济师": ("full_senior", Decimal(420)),
        "高级经济师": ("associate_senior", Decimal(420)),
    }  # C39


def test_chongqing_preset_lists_what_the_notice_leaves_open():
    schedule = load_schedule(CHONGQING_2020)

    paths = {item["path"] for item in schedule.assumptions}
    assert "tracks[0].evidence_rules" in paths
    assert "tracks[0].steps[5].correction.review_closes" in paths
    assert all(item["note"] for item in schedule.assumptions)


# --- Loading again -------------------------------------------------------------------


def test_load_schedule_twice_changes_nothing():
    first = load_schedule(CHONGQING_2020)
    before = [
        Schedule.history.count(),
        Step.history.count(),
        OpenTitle.history.count(),
        Title.history.count(),
        Organisation.history.count(),
    ]
    ids = list(Step.objects.values_list("pk", flat=True))

    second = load_schedule(CHONGQING_2020)

    assert second == first
    assert list(Step.objects.values_list("pk", flat=True)) == ids
    assert [
        Schedule.history.count(),
        Step.history.count(),
        OpenTitle.history.count(),
        Title.history.count(),
        Organisation.history.count(),
    ] == before


def test_load_schedule_changed_brings_rows_up_to_date():
    data = small_schedule_data()
    schedule = load_schedule(data)
    steps = data["tracks"][0]["steps"]
    steps[0], steps[1] = steps[1], steps[0]
    steps[2]["closes"] = dt.date(2020, 12, 18)
    added = {"code": "second", "kind": "office_review", "name": "复核", "holders": []}
    steps.insert(1, added | {"opens": "2020-11-18", "closes": "2020-12-05"})

    load_schedule(data)

    track = schedule.tracks.get()
    assert [(step.order, step.code) for step in track.steps.all()] == [
        (1, "verification"),
        (2, "second"),
        (3, "filing"),
        (4, "acceptance"),
    ]
    assert track.steps.get(code="acceptance").closes_at == instant("2020-12-19")


def test_load_schedule_finds_organisations_by_kind_and_name():
    existing = Organisation.objects.create(
        name="测试评委会办公室", kind=OrganisationKind.COMMITTEE_OFFICE, contact_name="王老师"
    )

    load_schedule(small_schedule_data())

    assert OpenTitle.objects.get().committee_office == existing
    existing.refresh_from_db()
    assert existing.contact_name == "王老师"


# --- Dates ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (dt.date(2020, 11, 23), "2020-11-24 00:00"),
        ("2020-11-23", "2020-11-24 00:00"),
        (dt.datetime(2020, 11, 23, 17), "2020-11-23 17:00"),  # noqa: DTZ001 - as YAML gives it
        ("2020-11-23 17:00", "2020-11-23 17:00"),
    ],
)
def test_closes_reads_a_day_as_through_that_day_and_a_time_as_it_is(written, stored):
    data = small_schedule_data()
    data["tracks"][0]["steps"][0]["closes"] = written

    schedule = load_schedule(data)

    step = Step.objects.get(track__schedule=schedule, code="filing")
    assert step.closes_at == instant(stored)


# --- Faults --------------------------------------------------------------------------


def change(path: list, value: object) -> dict:
    data = copy.deepcopy(small_schedule_data())
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return data


STEP = ["tracks", 0, "steps", 1]


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (["year"], "2020", "year: 应当是整数。"),
        (["yeer"], 2020, "不认识的键：yeer。"),
        (["is_public"], 1, "is_public: 应当是 true 或 false。"),
        ([*STEP, "kind"], "nonsense", "tracks[0].steps[1].kind: 应当是其中之一："),
        ([*STEP, "closes"], "soon", "tracks[0].steps[1].closes: 应当是日期或时间"),
        ([*STEP, "closes"], dt.date(2020, 1, 1), "tracks[0].steps[1].closes: 截止时间应当晚于"),
        ([*STEP, "holders"], [{"rule": "nobody"}], "tracks[0].steps[1].holders[0].rule: "),
        ([*STEP, "holders"], [{"rule": "supervisor"}], "tracks[0].steps[1].holders[0].kind: "),
        ([*STEP, "correction"], {"until": "fixed"}, "tracks[0].steps[1].correction.closes: "),
        ([*STEP, "settings"], {"accept": True}, "tracks[0].steps[1].settings: "),
        ([*STEP, "settings"], {"accepts": "yes"}, "tracks[0].steps[1].settings: "),
        ([*STEP, "ranks"], ["boss"], "tracks[0].steps[1].ranks: "),
        (["publicity_working_days"], 4, "publicity_working_days: "),
        (["tracks", 0, "titles", 0, "committee_office"], "x", "titles[0].committee_office: "),
        (["tracks", 0, "titles", 0, "fee"], "much", "tracks[0].titles[0].fee: 应当是金额"),
        (["name"], {"value": "某年", "assumed": True}, "name: 设定的事项要写"),
        (["tracks"], {}, "tracks: 应当是列表。"),
        (
            ["organisations", "office", "supervisor"],
            "office",
            "organisations.office: 隶属关系不能形成循环。",
        ),
    ],
)
def test_load_schedule_with_a_fault_names_its_path_and_writes_nothing(path, value, fault):
    faults = faults_of(change(path, value))

    assert any(fault in line for line in faults), faults
    assert Schedule.objects.count() == 0


def test_load_schedule_reports_all_faults_of_reading_at_once():
    data = change(["year"], "2020")
    del data["name"]
    del data["tracks"][0]["steps"][2]["opens"]

    assert faults_of(data) == [
        "name: 必须填写。",
        "year: 应当是整数。",
        "tracks[0].steps[2].opens: 必须填写。",
    ]


def test_load_schedule_command_refuses_a_key_written_twice(tmp_path):
    file = tmp_path / "schedule.yaml"
    file.write_text("code: a\nname: b\ncode: c\n", encoding="utf-8")

    with pytest.raises(CommandError, match=r"code.*写了两次"):
        call_command("load_schedule", str(file))


def test_load_schedule_command_publishes(capsys):
    call_command("load_schedule", str(CHONGQING_2020), "--publish")

    assert Schedule.objects.get().status == ScheduleStatus.PUBLISHED
    output = capsys.readouterr().out
    assert "7 个环节" in output
    assert "tracks[0].evidence_rules" in output


# --- With applications ---------------------------------------------------------------


def test_load_schedule_with_applications_refuses_what_they_depend_on():
    schedule = load_schedule(small_schedule_data())
    apply_under(schedule)

    data = small_schedule_data()
    data["tracks"][0]["steps"][1]["holders"] = [{"rule": "title_agency"}]
    assert faults_of(data) == ["tracks[0].steps[1]: 已有人申报，不能更改“办理机构”。"]

    data = small_schedule_data()
    del data["tracks"][0]["steps"][2]
    assert faults_of(data) == ["steps: 已有人申报，不能删去“3. 评委会审核受理”。"]

    data = small_schedule_data()
    data["tracks"][0]["titles"][0]["fee"] = 500
    assert faults_of(data) == ["tracks[0].titles[0]: 已有人申报，不能更改“评审费（元）”。"]
    assert OpenTitle.objects.get().fee == 420


def test_load_schedule_with_applications_moves_a_window_and_announces_it():
    schedule = load_schedule(small_schedule_data())
    apply_under(schedule)
    announced = []

    def listen(schedule, **kwargs):
        announced.append(schedule)

    schedule_changed.connect(listen)
    try:
        load_schedule(small_schedule_data() | {"support_contact": "改"})
        assert announced == []
        load_schedule(change([*STEP, "closes"], "2020-12-06 12:00"))
        load_schedule(change([*STEP, "closes"], "2020-12-06 12:00"))
    finally:
        schedule_changed.disconnect(listen)

    assert announced == [schedule]
    step = Step.objects.get(code="verification")
    assert step.closes_at == instant("2020-12-06 12:00")
