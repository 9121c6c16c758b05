import pytest

from applications import comparison
from applications.comparison import Kind, compare, compare_with_working_copy
from applications.models import Snapshot
from applications.snapshots import canonical


def snapshot(sections: dict, *, name: str = "甲", phone: str = "1", **applied_for) -> Snapshot:
    """Return an unsaved snapshot of these sections."""
    heading = {"title": "正高级工程师", "employer": "某厂", "rank": "full_senior", **applied_for}
    personal = {"name": name, "identity_number": "5", "phone": phone}
    return Snapshot(
        data={"schema": 1, "applied_for": heading, "sections": sections},
        personal=canonical(personal),
    )


def entry(entry_id: str, *, evidence: tuple = (), **data) -> dict:
    """Return one frozen entry; ``evidence`` are (name, digest)."""
    files = [
        {"id": name, "name": name, "sha256": digest, "pages": 1, "section": "x"}
        for name, digest in evidence
    ]
    return {"id": entry_id, "data": data, "evidence": files}


def changes_of(old: Snapshot, new: Snapshot) -> dict[str, list]:
    """Return code → changes of the sections that differ."""
    return {diff.code: diff.changes for diff in comparison.changed(compare(old, new))}


def test_same_content_has_no_changes():
    same = {"education": [entry("a", school="甲大学")]}
    diffs = compare(snapshot(same), snapshot(same))
    assert [(diff.code, diff.is_changed, diff.is_material) for diff in diffs] == [
        ("applied_for", False, False),
        ("education", False, False),
    ]


def test_a_changed_answer_is_named_with_both_texts():
    [change] = changes_of(
        snapshot({"education": [entry("a", school="甲大学", level="bachelor")]}),
        snapshot({"education": [entry("a", school="甲大学", level="master")]}),
    )["education"]
    assert (change.label, change.old, change.new) == ("第1条 · 学历", "大学本科", "硕士研究生")
    assert not change.is_material


def test_sections_stand_in_the_order_of_the_form():
    old = snapshot({"statement": [entry("s")], "person": [entry("p")], "training": [entry("t")]})
    codes = [diff.code for diff in compare(old, old)]
    assert codes == ["applied_for", "person", "training", "statement"]


def test_an_added_and_a_removed_entry_are_shown_whole():
    before = snapshot({"training": [entry("a", year="2018")]})
    after = snapshot({"training": [entry("b", year="2019")]})
    diff = comparison.changed(compare(before, after))[0]
    assert [each.kind for each in diff.entries] == [Kind.ADDED, Kind.REMOVED]
    added, removed = diff.changes
    assert (added.old, added.new) == ("", "年度：2019")
    assert (removed.old, removed.new) == ("年度：2018", "")


def test_entries_are_matched_by_identity_not_by_place():
    first, second = entry("a", year="2018"), entry("b", year="2019")
    before = snapshot({"training": [first, second]})
    after = snapshot({"training": [second]})
    diff = comparison.changed(compare(before, after))[0]
    assert [(each.entry_id, each.kind) for each in diff.entries] == [
        ("b", Kind.UNCHANGED),
        ("a", Kind.REMOVED),
    ]


@pytest.mark.parametrize(
    ("key", "is_material"), [("title", True), ("role", True), ("result", True), ("amount", False)]
)
def test_a_change_of_what_the_notice_shows_is_material(key, is_material):
    answers = {"title": "一", "role": "二", "result": "三", "amount": "4"}
    old = snapshot({"achievement_project": [entry("a", **answers)]})
    new = snapshot({"achievement_project": [entry("a", **{**answers, key: "9"})]})
    [change] = changes_of(old, new)["achievement_project"]
    assert change.is_material is is_material


@pytest.mark.parametrize(
    ("section", "is_material"), [("achievement_book", True), ("training", False)]
)
def test_an_added_achievement_is_material_another_entry_is_not(section, is_material):
    [diff] = comparison.changed(compare(snapshot({}), snapshot({section: [entry("a")]})))
    assert diff.is_material is is_material


def test_a_new_file_under_an_old_name_is_marked():
    old = snapshot({"education": [entry("a", evidence=(("证书.jpg", "1"),))]})
    new = snapshot({"education": [entry("a", evidence=(("证书.jpg", "2"), ("成绩单.jpg", "3")))]})
    [change] = changes_of(old, new)["education"]
    assert change.label == "第1条 · 佐证材料"
    assert (change.old, change.new) == ("证书.jpg", "证书.jpg（新文件）\n成绩单.jpg")


def test_title_employer_and_name_are_compared_and_material():
    changes = changes_of(
        snapshot({}), snapshot({}, name="乙", title="高级经济师", employer="乙厂")
    )["applied_for"]
    assert [(change.label, change.is_material) for change in changes] == [
        ("申报职称", True),
        ("工作单位", True),
        ("姓名", True),
    ]


def test_a_changed_telephone_is_told_without_its_digits():
    [change] = changes_of(snapshot({}, phone="16000000001"), snapshot({}, phone="16000000002"))[
        "applied_for"
    ]
    assert "160" not in change.old + change.new


def test_the_working_copy_is_compared_with_what_was_submitted(chain):
    application = chain.submit(chain.draft())
    frozen = application.snapshots.get()
    assert comparison.changed(compare_with_working_copy(frozen, application)) == []
    education = application.entries.get(section="education")
    education.data["school"] = "乙大学"
    education.save()
    [diff] = comparison.changed(compare_with_working_copy(frozen, application))
    assert (diff.code, diff.changes[0].new) == ("education", "乙大学")
