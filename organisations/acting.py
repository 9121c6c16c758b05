"""For whom a person acts on a page: the organisation stands in the address."""

from django.http import Http404, HttpRequest

from organisations.models import Organisation
from organisations.selectors import live_grants


def acting_organisation(request: HttpRequest, public_id: str, *, permission: str) -> Organisation:
    """Return the organisation of the address, and name it on the page.

    Raises ``Http404`` unless the person holds ``permission`` there now: what is not yours
    does not exist.
    """
    mine = live_grants(request.user).organisations_with(permission)
    found = Organisation.objects.defer("name_ngrams").filter(pk__in=mine, public_id=public_id)
    organisation = found.first()
    if organisation is None:
        raise Http404
    request.acting_organisation = organisation
    return organisation
