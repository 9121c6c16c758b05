"""What the portal's tests share."""

import datetime as dt

import pytest

from core import clock
from portal import selectors
from schedules.models import OpenTitle, Rank, Schedule, ScheduleStatus, Step, Title, Track


@pytest.fixture(autouse=True)
def forgotten_support():
    """Let no test see the contacts of another one's schedules."""
    selectors.forget_support()
    yield
    selectors.forget_support()


def publish(code: str = "trial-2020") -> Schedule:
    """Return a published schedule whose filing runs from 17 to 23 November 2020 (C17)."""
    schedule = Schedule.objects.create(
        code=code,
        name="2020年试报",
        year=2020,
        issuing_body="试点市职改办",
        document_number="试职改办〔2020〕1号",
        support_contact="技术支持 000-80000000",
        status=ScheduleStatus.PUBLISHED,
    )
    add_track(schedule, code="only", name="试报")
    return schedule


def add_track(schedule: Schedule, *, code: str, name: str) -> Track:
    """Return a track for one title, open for filing from 17 to 23 November 2020."""
    order = schedule.tracks.count()
    track = Track.objects.create(schedule=schedule, code=code, name=name, order=order)
    title, _ = Title.objects.get_or_create(
        code="senior-economist",
        defaults={"name": "高级经济师", "series": "经济", "rank": Rank.ASSOCIATE_SENIOR},
    )
    OpenTitle.objects.create(track=track, title=title)
    Step.objects.create(
        track=track,
        order=1,
        code="filing",
        kind="filing",
        name="申报人填报",
        stage="filing",
        opens_at=clock.start_of(dt.date(2020, 11, 17)),
        closes_at=clock.start_of(dt.date(2020, 11, 24)),
    )
    return track
