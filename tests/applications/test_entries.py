"""What an applicant edits: when it is open, what counts as a change, what comes back."""

import threading

import pytest
from django.db import connection

from applications.entries import (
    EntryChanged,
    add_entry,
    choose_employer,
    remove_entry,
    restore_entry,
    revision,
    save_entry,
)
from applications.errors import ActionDenied, ActionNotAvailable, ActionRefused
from applications.models import Application, SectionEntry
from tests.factories.chain import Chain, instant
from tests.factories.people import OrganisationFactory, UserFactory

FILING = "2020-11-18 09:00"


@pytest.fixture
def draft(chain: Chain, at) -> Application:
    at(FILING)
    return chain.draft()


def save(application: Application, text: str, **options) -> SectionEntry:
    return save_entry(
        application=application,
        actor=application.applicant,
        section="statement",
        typed={"text": text},
        **options,
    )


def version(application: Application) -> int:
    application.refresh_from_db()
    return application.content_version


def test_saving_the_same_again_is_no_change(draft):
    save(draft, "一")
    save(draft, "一")
    assert version(draft) == 1


def test_single_section_has_one_entry_however_often_it_is_saved(draft):
    draft.entries.filter(section="statement").delete()
    assert save(draft, "一") == save(draft, "二")
    assert draft.entries.filter(section="statement").count() == 1


def test_draft_stays_open_after_the_close_but_a_lapsed_correction_does_not(draft, chain: Chain, at):
    at("2020-11-24 00:00")
    assert save(draft, "截止以后").data["text"] == "截止以后"
    other = chain.submit(chain.draft(), FILING)
    chain.give_back(other, "2020-11-20 09:00")
    other.refresh_from_db()
    at("2020-12-09 23:59")
    save(other, "来得及")
    at("2020-12-10 00:00")  # C33: the limit has passed; the worker has not been here yet
    with pytest.raises(ActionNotAvailable, match="逾期失效"):
        save(other, "来不及")
    assert other.entries.get(section="statement").data["text"] == "来得及"


def test_submitted_file_is_closed(draft, chain: Chain):
    chain.submit(draft, FILING)
    with pytest.raises(ActionNotAvailable, match="单位审核中"):
        save(draft, "改")
    with pytest.raises(ActionNotAvailable):
        add_entry(application=draft, actor=draft.applicant, section="education")


def test_nobody_else_edits(draft, chain: Chain):
    for actor in (UserFactory(), chain.officer_of(chain.employer)):
        with pytest.raises(ActionDenied):
            save_entry(application=draft, actor=actor, section="statement", typed={"text": "x"})
    assert version(draft) == 0


def test_older_revision_overwrites_nothing(draft):
    seen = revision(draft.entries.get(section="statement"))
    save(draft, "别处", expected_revision=seen)
    with pytest.raises(EntryChanged):
        save(draft, "这里", expected_revision=seen)
    save(draft, "别处", expected_revision=seen)  # the same text is no conflict
    assert draft.entries.get(section="statement").data["text"] == "别处"


def test_blank_item_is_given_again_and_the_number_is_limited(draft):
    first = add_entry(application=draft, actor=draft.applicant, section="training")
    assert add_entry(application=draft, actor=draft.applicant, section="training") == first
    draft.track.evidence_rules["training"] = {"max_items": 2}
    draft.track.save()
    first.data = {"year": "2018"}
    first.save()
    with pytest.raises(ActionRefused, match="最多填写 2 条"):
        add_entry(application=draft, actor=draft.applicant, section="training")


def test_removed_item_comes_back_in_its_place_with_its_evidence(draft):
    entry = draft.entries.get(section="education")
    remove_entry(application=draft, actor=draft.applicant, entry=entry)
    with pytest.raises(ActionNotAvailable, match="已经移除"):
        save_entry(
            application=draft,
            actor=draft.applicant,
            section="education",
            typed={"school": "x"},
            entry=entry,
        )
    added = add_entry(application=draft, actor=draft.applicant, section="education")
    restore_entry(application=draft, actor=draft.applicant, entry=entry)
    kept = list(draft.entries.filter(section="education", removed_at=None))
    assert kept == [entry, added]
    assert entry.evidence.count() == 1
    assert version(draft) == 3


def test_removing_twice_is_one_change(draft):
    entry = draft.entries.get(section="education")
    for _click in range(2):
        remove_entry(application=draft, actor=draft.applicant, entry=entry)
    assert version(draft) == 1


def test_removed_item_is_not_submitted(draft, chain: Chain):
    entry = draft.entries.get(section="training")
    remove_entry(application=draft, actor=draft.applicant, entry=entry)
    chain.submit(draft, FILING)
    assert "training" not in draft.snapshots.get().data["sections"]


def test_item_of_another_application_cannot_be_saved(draft, chain: Chain):
    other = chain.draft().entries.get(section="education")
    with pytest.raises(ActionNotAvailable):
        save_entry(
            application=draft,
            actor=draft.applicant,
            section="education",
            typed={"school": "x"},
            entry=other,
        )


@pytest.mark.parametrize("is_active", [True, False])
def test_employer_must_be_an_active_employer(draft, chain: Chain, is_active):
    wrong = OrganisationFactory(is_active=False) if not is_active else chain.agency
    with pytest.raises(ActionRefused, match="不能办理申报"):
        choose_employer(
            application=draft, actor=draft.applicant, employer=wrong, personnel_agency=None
        )
    with pytest.raises(ActionRefused, match="请选择"):
        choose_employer(
            application=draft, actor=draft.applicant, employer=None, personnel_agency=None
        )


def test_employer_may_change_after_a_recall_but_not_in_a_correction(draft, chain: Chain):
    def choose() -> Application:
        return choose_employer(
            application=draft,
            actor=draft.applicant,
            employer=chain.municipal_employer,
            personnel_agency=None,
        )

    chain.submit(draft, FILING)
    with pytest.raises(ActionNotAvailable):
        choose()
    chain.give_back(draft, "2020-11-18 10:00")
    with pytest.raises(ActionNotAvailable, match="不能再更改"):
        choose()


@pytest.mark.django_db(transaction=True)
def test_two_first_saves_at_once_make_one_entry(committed_chain: Chain, at):
    at(FILING)
    application = committed_chain.draft()
    application.entries.filter(section="statement").delete()
    barrier = threading.Barrier(2)

    def press(text: str) -> None:
        try:
            barrier.wait(timeout=10)
            save(application, text, at=instant(FILING))
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(text,)) for text in ("一", "二")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert application.entries.filter(section="statement").count() == 1
    assert version(application) == 2
