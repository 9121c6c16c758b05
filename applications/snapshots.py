"""Freeze what is submitted, and compare two frozen states."""

import hashlib
import json
from collections.abc import Iterable

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Exists, OuterRef, QuerySet

from applications.models import Application, EvidenceStatus, RouteStop, Snapshot, Transition
from applications.workflow import Action

SCHEMA = 1


def canonical(value: object) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces."""
    return json.dumps(
        value, cls=DjangoJSONEncoder, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )


def digest(*values: object) -> str:
    """Return the SHA-256 (hex) of the values' canonical JSON."""
    return hashlib.sha256(canonical(values).encode()).hexdigest()


def take_snapshot(*, application: Application, at) -> Snapshot:
    """Freeze the working copy of a locked application; see :class:`Snapshot` for the shape."""
    data = content_of(application)
    personal = personal_content(application)
    latest = application.snapshots.order_by("-number").first()
    return Snapshot.objects.create(
        application=application,
        number=latest.number + 1 if latest else 1,
        data=data,
        personal=canonical(personal),
        sha256=digest(data, personal),
        taken_at=at,
    )


def submitted(application: Application) -> QuerySet[Snapshot]:
    """Return what was submitted and not recalled; the last one stands for the applicant.

    What was recalled unopened was given to nobody. Nothing can happen between a submit and
    its recall, so the recall is the very next transition.
    """
    recall = Transition.objects.filter(
        application=OuterRef("application"),
        action=Action.RECALL,
        sequence=OuterRef("sequence") + 1,
    )
    recalled = Transition.objects.filter(
        Exists(recall), application=application, snapshot__isnull=False
    )
    return application.snapshots.exclude(pk__in=recalled.values("snapshot"))


def given_to(application: Application, stops: Iterable[RouteStop]) -> QuerySet[Snapshot]:
    """Return what an office has been given; the last one stands for it.

    ``stops`` are the office's own. While it has the file this is all that was submitted;
    afterwards, what had been submitted when the file left it for the last time.
    """
    reached = [stop for stop in stops if stop.reached_at is not None]
    if not reached:
        return application.snapshots.none()
    if any(stop.left_at is None for stop in reached):
        return submitted(application)
    return submitted(application).filter(taken_at__lte=max(stop.left_at for stop in reached))


def content_of(application: Application) -> dict:
    """Return the working copy as a snapshot would hold it in ``data``."""
    evidence: dict[int | None, list[dict]] = {}
    for item in application.evidence.filter(status=EvidenceStatus.READY):
        evidence.setdefault(item.entry_id, []).append(
            {
                "id": item.public_id,
                "name": item.original_name,
                "sha256": item.sha256,
                "pages": item.pages,
                "section": item.section,
            }
        )
    sections: dict[str, list[dict]] = {}
    for entry in application.entries.filter(removed_at=None):
        sections.setdefault(entry.section, []).append(
            {
                "id": entry.public_id,
                "data": entry.data,
                "evidence": evidence.get(entry.pk, []),
            }
        )
    open_title = application.open_title
    return {
        "schema": SCHEMA,
        "applied_for": {
            "title": open_title.title.name,
            "series": open_title.title.series,
            "specialty": open_title.title.specialty,
            "rank": open_title.title.rank,
            "track": application.track.name,
            "employer": application.employer.name if application.employer else "",
            "personnel_agency": (
                application.personnel_agency.name if application.personnel_agency else ""
            ),
        },
        "sections": sections,
    }


def personal_content(application: Application) -> dict[str, str]:
    """Return what a snapshot would hold, encrypted, in ``personal``."""
    applicant = application.applicant
    return {
        "name": applicant.name,
        "identity_number": applicant.identity_number,
        "phone": applicant.phone,
    }


def personal_of(snapshot: Snapshot) -> dict[str, str]:
    """Return name, identity number and telephone as they were at the submit."""
    return json.loads(snapshot.personal)
