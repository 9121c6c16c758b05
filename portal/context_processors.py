"""What every page shows around its content."""

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from portal import navigation, selectors


def site(request):
    """Return navigation, acting organisation and support contacts, worked out when used."""
    return {
        "demo": settings.DEMO,
        "site_nav": SimpleLazyObject(lambda: navigation.main_items(request)),
        "account_menu": SimpleLazyObject(lambda: navigation.account_items(request)),
        "acting_organisation": getattr(request, "acting_organisation", None),
        "support": SimpleLazyObject(selectors.support),
    }
