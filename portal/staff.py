"""The bureau's staff: who keeps schedules and organisations without being a superuser."""

from django.apps import AppConfig
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

STAFF_GROUP = "业务管理员"
# app → {models: actions}; the rest of the admin stays closed.
RIGHTS: dict[str, dict[str, tuple[str, ...]]] = {
    "schedules": dict.fromkeys(
        (
            *("schedule", "schedulelink", "track", "opentitle", "step", "title"),
            *("calendaryear", "calendarday"),
        ),
        ("add", "change", "delete", "view"),
    ),
    "organisations": {
        "organisation": ("add", "change", "view"),
        "membership": ("add", "change", "delete", "view"),
    },
    "accounts": {"user": ("add", "change", "view")},
    "applications": dict.fromkeys(("application", "transition", "routestop"), ("view",)),
}


def grant_staff_rights(app_config: AppConfig, using: str, **kwargs) -> None:
    """Give the staff's group its rights in an app that was just migrated."""
    models = RIGHTS.get(app_config.label)
    if not models:
        return
    # Django makes the permissions in a receiver of its own, which may come after this one.
    create_permissions(app_config, using=using, verbosity=0)
    codenames = [f"{action}_{model}" for model, actions in models.items() for action in actions]
    group, _created = Group.objects.using(using).get_or_create(name=STAFF_GROUP)
    group.permissions.add(
        *Permission.objects.using(using).filter(
            content_type__app_label=app_config.label, codename__in=codenames
        )
    )
