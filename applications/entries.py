"""What an applicant edits: the choice of employer, and the items of the form's sections.

Every service locks the application, refuses when the working copy is not open, and
counts up ``content_version``, from which a submit sees that the answers changed after
they were checked.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from applications import deadlines, sections
from applications.errors import ActionDenied, ActionNotAvailable, ActionRefused, StaleTransition
from applications.models import Application, SectionEntry
from applications.services import lock_application
from applications.snapshots import digest
from applications.workflow import EDITABLE, Phase
from core import clock
from organisations.models import Organisation, OrganisationKind


class EntryChanged(StaleTransition):
    """The item was saved from another page since this one showed it."""


def lock_working_copy(
    *, application: Application, actor: User, at: dt.datetime | None = None
) -> Application:
    """Return the application locked, for its applicant to edit; else raise ``ActionRefused``.

    A draft stays open after the filing window has closed: what is typed is kept.
    """
    locked = lock_application(application)
    if locked.applicant_id != actor.pk:
        raise ActionDenied(_("只有申报人本人可以填写。"))
    phase = deadlines.standing(locked, at or clock.now()).phase
    if phase not in EDITABLE:
        raise ActionNotAvailable(
            _("现在的状态是“%s”，内容已不能修改，刚才填写的没有保存。") % Phase(phase).label
        )
    return locked


def revision(entry: SectionEntry) -> str:
    """Return a short mark of what an item holds, to see whether it has changed."""
    return digest(entry.data)[:16]


@transaction.atomic
def save_entry(
    *,
    application: Application,
    actor: User,
    section: str,
    typed: Mapping[str, Any],
    entry: SectionEntry | None = None,
    expected_revision: str | None = None,
    at: dt.datetime | None = None,
) -> SectionEntry:
    """Store what was typed into an item, right or wrong, and whether it is complete.

    ``entry`` is needed where the section repeats. With ``expected_revision`` an item that
    another page has changed since is left alone: ``EntryChanged``.
    """
    locked = lock_working_copy(application=application, actor=actor, at=at)
    found = _entry_of(locked, section=section, entry=entry)
    data, is_complete = sections.get(section).checked(typed)
    if (found.data, found.is_complete) == (data, is_complete):
        return found
    if expected_revision is not None and expected_revision != revision(found):
        raise EntryChanged(_("这一项刚在另一个页面上改过，本页的内容没有保存。请刷新后核对。"))
    found.data, found.is_complete = data, is_complete
    found.save()
    count_change(locked)
    return found


@transaction.atomic
def add_entry(
    *, application: Application, actor: User, section: str, at: dt.datetime | None = None
) -> SectionEntry:
    """Add an empty item to a repeating section; one that is still empty is given again."""
    locked = lock_working_copy(application=application, actor=actor, at=at)
    items = locked.entries.filter(section=section)
    kept = list(items.filter(removed_at=None))
    blank = next((entry for entry in kept if not entry.data), None)
    if blank is not None:
        return blank
    limit = sections.limits_for(locked.track, section).max_items
    if len(kept) >= limit:
        raise ActionRefused(_("这一部分最多填写 %d 条。") % limit)
    last = items.aggregate(last=Max("position"))["last"]
    entry = locked.entries.create(section=section, position=0 if last is None else last + 1)
    count_change(locked)
    return entry


@transaction.atomic
def remove_entry(
    *, application: Application, actor: User, entry: SectionEntry, at: dt.datetime | None = None
) -> SectionEntry:
    """Take one item out of the form; :func:`restore_entry` brings it back with its evidence."""
    at = at or clock.now()
    locked = lock_working_copy(application=application, actor=actor, at=at)
    return _set_removed(locked, entry, at)


@transaction.atomic
def restore_entry(
    *, application: Application, actor: User, entry: SectionEntry, at: dt.datetime | None = None
) -> SectionEntry:
    """Bring a removed item back to its place."""
    locked = lock_working_copy(application=application, actor=actor, at=at)
    return _set_removed(locked, entry, None)


@transaction.atomic
def choose_employer(
    *,
    application: Application,
    actor: User,
    employer: Organisation | None,
    personnel_agency: Organisation | None,
    claims_eligibility: bool = False,
    at: dt.datetime | None = None,
) -> Application:
    """Set where the applicant works and, for 人事代理人员, the agency.

    Possible in a draft only: afterwards the route is fixed. Returns the locked row.
    """
    locked = lock_working_copy(application=application, actor=actor, at=at)
    if locked.phase != Phase.DRAFT:
        raise ActionNotAvailable(_("申报提交以后，工作单位不能再更改。"))
    if employer is None and personnel_agency is None:
        raise ActionRefused(_("请选择工作单位或人事代理机构。"))
    if employer is not None and not _can_be(employer, OrganisationKind.EMPLOYER):
        raise ActionRefused(_("所选的工作单位不能办理申报，请重新选择。"))
    if personnel_agency is not None and not _can_be(
        personnel_agency, OrganisationKind.PERSONNEL_AGENCY
    ):
        raise ActionRefused(_("所选的人事代理机构不能办理申报，请重新选择。"))
    locked.employer = employer
    locked.personnel_agency = personnel_agency
    locked.claims_eligibility = claims_eligibility
    locked.save(update_fields=["employer", "personnel_agency", "claims_eligibility", "updated_at"])
    count_change(locked)
    return locked


def single_entry(application: Application, section: str) -> SectionEntry:
    """Return the entry of a section that does not repeat, of a locked application."""
    entry = application.entries.filter(section=section, removed_at=None).first()
    return entry or application.entries.create(section=section)


def _entry_of(
    application: Application, *, section: str, entry: SectionEntry | None
) -> SectionEntry:
    if not sections.get(section).repeats:
        return single_entry(application, section)
    # Read anew, under the lock.
    found = application.entries.filter(pk=entry.pk, section=section, removed_at=None).first()
    if found is None:
        raise ActionNotAvailable(_("这一项已经移除，没有保存。"))
    return found


def _set_removed(
    application: Application, entry: SectionEntry, removed_at: dt.datetime | None
) -> SectionEntry:
    found = application.entries.get(pk=entry.pk)
    if (found.removed_at is None) != (removed_at is None):
        found.removed_at = removed_at
        found.save(update_fields=["removed_at", "updated_at"])
        count_change(application)
    return found


def _can_be(organisation: Organisation, kind: str) -> bool:
    return organisation.is_active and organisation.kind == kind


def count_change(application: Application) -> None:
    """Count up what a submit compares; the application is locked."""
    application.content_version += 1
    application.save(update_fields=["content_version", "updated_at"])
