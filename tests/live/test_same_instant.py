"""The same action posted twice, by two processes, at the same instant, 100 times."""

import json
import subprocess
import sys
import time
import urllib.parse

import pytest

from applications.models import Application, Transition
from applications.workflow import Action
from organisations.models import Organisation
from portal.demo.clock import set_clock
from tests.factories.chain import Chain, instant
from tests.factories.people import officer
from tests.live.site import ROOT, SignedIn, Site, sign_in

PAIRS = 50


def body(fields: dict[str, str], person: SignedIn) -> str:
    return urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": person.csrf})


def job(site: Site, path: str, person: SignedIn, fields: dict[str, str]) -> dict:
    return {
        "port": site.port,
        "path": path,
        "cookie": f"sessionid={person.session}; csrftoken={person.csrf}",
        "body": body(fields, person),
    }


def post_in_pairs(pairs: list[tuple[dict, dict]]) -> list[tuple[dict, dict]]:
    """Post the two of each pair from two processes at the same instant."""
    posters = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.live.poster"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _side in range(2)
    ]
    for poster in posters:
        assert poster.stdout.readline() == "ready\n"
    answers = []
    for pair in pairs:
        at = time.time() + 0.05
        for poster, one in zip(posters, pair, strict=True):
            poster.stdin.write(json.dumps({**one, "at": at}) + "\n")
            poster.stdin.flush()
        answers.append(tuple(json.loads(poster.stdout.readline()) for poster in posters))
    for poster in posters:
        poster.stdin.close()
        poster.stdout.close()
        poster.wait(timeout=10)
    return answers


@pytest.fixture
def drafts(chain: Chain) -> list[Application]:
    return [chain.draft() for _number in range(PAIRS)]


def test_the_same_person_twice_makes_one_transition_and_one_receipt(site: Site, drafts):
    site.start_web()
    pairs = []
    for application in drafts:
        application.refresh_from_db()
        fields = {
            "version": str(application.version),
            "content_version": str(application.content_version),
            "agrees": "on",
        }
        person = sign_in(application.applicant)
        path = f"/applications/{application.public_id}/check/"
        pairs.append((job(site, path, person, fields),) * 2)
    for first, second in post_in_pairs(pairs):
        assert (first["status"], second["status"]) == (302, 302), first["text"][:2000]
        assert first["location"] == second["location"]
        assert "/receipts/" in first["location"]
    assert Transition.objects.filter(action=Action.SUBMIT).count() == PAIRS


def confirm(organisation: Organisation, application: Application) -> tuple[str, dict[str, str]]:
    """Return path and fields of an office's last press on 确定推荐."""
    path = f"/desk/{organisation.public_id}/{application.public_id}/approve/"
    return path, {"version": str(application.version), "opinion": "同意推荐", "confirmed": "1"}


def test_two_officers_make_one_transition_and_one_clear_refusal(site: Site, chain: Chain):
    files = []
    for _number in range(PAIRS):
        application = chain.submit(chain.draft(), "2020-11-18 09:00")
        application = chain.approve(application, "2020-11-18 10:00")
        files.append(application)
    # The authority's review: no item checks are asked for there.
    files = [chain.report(application, "2020-11-26 09:00") for application in files]

    set_clock(to=instant("2020-11-27 09:00"))
    site.start_web()
    authority = chain.district_authority
    first = sign_in(chain.officer_of(authority))
    second = sign_in(officer(authority))
    pairs = []
    for application in files:
        path, fields = confirm(authority, application)
        pairs.append((job(site, path, first, fields), job(site, path, second, fields)))
    before = Transition.objects.filter(action=Action.APPROVE).count()
    for answers in post_in_pairs(pairs):
        assert sorted(answer["status"] for answer in answers) == [302, 409], answers
        refused = next(answer for answer in answers if answer["status"] == 409)
        assert "本次操作没有执行" in refused["text"]
    assert Transition.objects.filter(action=Action.APPROVE).count() == before + PAIRS
