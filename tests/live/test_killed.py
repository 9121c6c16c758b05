"""kill -9 of web and worker in the middle of 200 submissions: nothing accepted is lost."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from applications.models import Application, Transition
from applications.workflow import Action, Phase
from notifications.models import Message, SandboxDelivery
from tests.factories.chain import Chain
from tests.live.site import Answer, SignedIn, Site, sign_in

SUBMISSIONS = 200
AT_ONCE = 8


def submit(site: Site, application: Application, person: SignedIn) -> Answer | None:
    """Submit as a browser would; ``None`` when the connection broke in the middle."""
    fields = {
        "version": str(application.version),
        "content_version": str(application.content_version),
        "agrees": "on",
    }
    path = f"/applications/{application.public_id}/check/"
    while True:
        try:
            return site.request("POST", path, person=person, data=fields)
        except ConnectionRefusedError:  # nobody listens just now: try again
            time.sleep(0.2)
        except OSError:
            return None


def wait_for(condition, *, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def test_what_was_answered_with_success_is_there_afterwards(site: Site, chain: Chain):
    applications = [chain.draft() for _number in range(SUBMISSIONS)]
    for application in applications:
        application.refresh_from_db()
    people = [sign_in(application.applicant) for application in applications]
    site.start_web()
    site.start_worker()

    def made() -> int:
        return Transition.objects.filter(action=Action.SUBMIT).count()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = [
            pool.submit(submit, site, application, person)
            for application, person in zip(applications, people, strict=True)
        ]
        wait_for(lambda: made() > 50, seconds=120, what="the first submissions")
        site.kill("worker")
        site.kill("web")
        site.start_web()
        wait_for(lambda: made() > 100, seconds=120, what="submissions after the first kill")
        site.kill("web")
        site.start_web()
        site.start_worker()
        wait_for(
            lambda: SandboxDelivery.objects.count() > 20, seconds=120, what="the first messages"
        )
        site.kill("worker")
        site.start_worker()
        outcome = {
            application.pk: answer.result()
            for application, answer in zip(applications, answers, strict=True)
        }

    accepted = {pk for pk, answer in outcome.items() if answer and answer.status == 302}
    broken = {pk for pk, answer in outcome.items() if answer is None}
    assert accepted | broken == set(outcome), Counter(
        answer.status for answer in outcome.values() if answer
    )
    assert broken, "nothing was in flight when the processes were killed"
    submitted = dict(
        Transition.objects.filter(action=Action.SUBMIT).values_list(
            "application_id", "receipt_number"
        )
    )
    assert accepted <= set(submitted)
    for application in Application.objects.filter(pk__in=accepted):
        assert application.phase == Phase.SUBMITTED
        assert outcome[application.pk].location.endswith(f"/{submitted[application.pk]}/")

    # Whoever was cut off presses again, and gets the one receipt there is.
    for application, person in zip(applications, people, strict=True):
        if application.pk in broken:
            again = submit(site, application, person)
            assert again is not None
            assert again.status == 302
    assert made() == SUBMISSIONS

    wait_for(
        lambda: not Message.objects.exclude(status="sent").exists(),
        seconds=180,
        what="all messages sent",
    )
    events = Message.objects.filter(event__startswith="transition").count()
    assert events >= 2 * SUBMISSIONS  # the applicant's receipt, the employer's notice
    keys = Counter(SandboxDelivery.objects.values_list("key", flat=True))
    assert len(keys) == Message.objects.count()
    assert set(keys.values()) == {1}
