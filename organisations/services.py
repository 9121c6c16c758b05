"""Write organisations and memberships; grants follow memberships."""

import datetime as dt

from django.contrib.auth.models import Permission
from django.db import transaction

from accounts.models import User
from organisations.models import (
    Membership,
    Organisation,
    OrganisationUserObjectPermission,
    Role,
)

PERMISSIONS_OF_ROLE: dict[str, frozenset[str]] = {
    Role.READER: frozenset({"view_applications"}),
    Role.REVIEWER: frozenset({"view_applications", "review_applications"}),
    Role.APPROVER: frozenset({"view_applications", "review_applications", "decide_applications"}),
    Role.ADMINISTRATOR: frozenset(
        {
            "view_applications",
            "review_applications",
            "decide_applications",
            "administer_organisation",
        }
    ),
    Role.COUNTER_CLERK: frozenset({"take_payments"}),
}


@transaction.atomic
def grant_membership(
    *,
    user: User,
    organisation: Organisation,
    role: str,
    starts_on: dt.date | None = None,
    ends_on: dt.date | None = None,
) -> Membership:
    """Give ``user`` a role in ``organisation``, or change the dates of one given before."""
    membership, _created = Membership.objects.update_or_create(
        user=user,
        organisation=organisation,
        role=role,
        defaults={"starts_on": starts_on, "ends_on": ends_on},
    )
    sync_grants(user=user, organisation=organisation)
    return membership


@transaction.atomic
def end_membership(*, membership: Membership, ends_on: dt.date) -> None:
    """End a membership; ``ends_on`` is its last day."""
    membership.ends_on = ends_on
    membership.full_clean()
    membership.save(update_fields=["ends_on", "updated_at"])


@transaction.atomic
def sync_grants(*, user: User, organisation: Organisation) -> None:
    """Make the user's grants on the organisation those of all memberships, whatever their dates.

    Dates are checked when grants are read (``selectors.live_grants``), so that nothing
    has to run at midnight.
    """
    roles = Membership.objects.filter(user=user, organisation=organisation)
    wanted = {
        codename
        for role in roles.values_list("role", flat=True)
        for codename in PERMISSIONS_OF_ROLE[role]
    }
    held = OrganisationUserObjectPermission.objects.filter(user=user, content_object=organisation)
    held.exclude(permission__codename__in=wanted).delete()
    missing = wanted - set(held.values_list("permission__codename", flat=True))
    OrganisationUserObjectPermission.objects.bulk_create(
        OrganisationUserObjectPermission(
            user=user, content_object=organisation, permission=permission
        )
        for permission in Permission.objects.filter(
            content_type__app_label="organisations", codename__in=missing
        )
    )
