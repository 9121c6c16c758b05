"""Read organisations and what a person may do for them."""

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from accounts.models import User
from core import clock
from organisations.models import Membership, Organisation, OrganisationKind, ngrams
from organisations.services import PERMISSIONS_OF_ROLE


@dataclass(frozen=True)
class Grants:
    """The live grants of one person: organisation id → permission codenames."""

    by_organisation: dict[int, frozenset[str]] = field(default_factory=dict)

    def has(self, permission: str, organisation_id: int | None) -> bool:
        """Say whether the person holds ``permission`` on the organisation."""
        return permission in self.by_organisation.get(organisation_id, ())

    def organisations_with(self, permission: str) -> list[int]:
        """Return the ids of the organisations on which ``permission`` is held."""
        return [pk for pk, held in self.by_organisation.items() if permission in held]


def active_memberships(*, on: dt.date) -> QuerySet[Membership]:
    """Return the memberships that run on a day, of active users in active organisations."""
    return Membership.objects.filter(
        Q(starts_on__isnull=True) | Q(starts_on__lte=on),
        Q(ends_on__isnull=True) | Q(ends_on__gte=on),
        user__is_active=True,
        organisation__is_active=True,
    )


def live_grants(user: User) -> Grants:
    """Return what ``user`` may do now, in one query, kept on the user for the request.

    A grant counts only together with an active membership whose role carries it, so a
    role ends on its last day without anything having to run.
    """
    if not user.is_authenticated:
        return Grants()
    kept: Grants | None = getattr(user, "_live_grants", None)
    if kept is None:
        kept = user._live_grants = _load_grants(user)
    return kept


def _load_grants(user: User) -> Grants:
    today = clock.today()
    rows = (
        user.organisationuserobjectpermission_set.filter(
            Q(content_object__memberships__starts_on__isnull=True)
            | Q(content_object__memberships__starts_on__lte=today),
            Q(content_object__memberships__ends_on__isnull=True)
            | Q(content_object__memberships__ends_on__gte=today),
            content_object__memberships__user=user,
            content_object__is_active=True,
        )
        .values_list(
            "content_object_id", "permission__codename", "content_object__memberships__role"
        )
        .order_by()
    )
    if not user.is_active:
        return Grants()
    held: dict[int, set[str]] = {}
    for organisation_id, codename, role in rows:
        if codename in PERMISSIONS_OF_ROLE[role]:
            held.setdefault(organisation_id, set()).add(codename)
    return Grants({pk: frozenset(codenames) for pk, codenames in held.items()})


def organisations_of(user: User) -> QuerySet[Organisation]:
    """Return the organisations for which ``user`` may do anything now, by name."""
    return Organisation.objects.filter(pk__in=live_grants(user).by_organisation).order_by("name")


def employers_matching(query: str) -> QuerySet[Organisation]:
    """Return active employers whose name contains ``query`` or whose credit code equals it."""
    query = "".join(query.split())
    employers = Organisation.objects.filter(kind=OrganisationKind.EMPLOYER, is_active=True)
    if not query:
        return employers.none()
    by_name = Q(name_ngrams__contains=ngrams(query), name__icontains=query)
    return employers.filter(by_name | Q(credit_code=query.upper())).order_by("name")


def recipients_of(organisation: Organisation) -> QuerySet[User]:
    """Return the people who are told that it is the organisation's turn."""
    members = active_memberships(on=clock.today()).filter(organisation=organisation)
    able = [role for role, held in PERMISSIONS_OF_ROLE.items() if "review_applications" in held]
    return User.objects.filter(memberships__in=members.filter(role__in=able)).distinct()
