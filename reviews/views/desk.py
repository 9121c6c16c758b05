"""What the pages of one file share."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from core import clock
from organisations.acting import acting_organisation
from reviews.selectors.file import DeskFile, find_file


def desk_file(request: HttpRequest, organisation: str, application: str) -> DeskFile:
    """Return the file of the address.

    Raises ``Http404`` when it has not reached this organisation, or the organisation is
    not the viewer's; ``PermissionDenied`` for one's own application: who applies stands
    aside (回避).
    """
    acting = acting_organisation(request, organisation, permission="view_applications")
    file = find_file(
        organisation=acting, public_id=application, viewer=request.user, at=clock.now()
    )
    if file is None:
        raise Http404
    if file.is_own:
        raise PermissionDenied(_("您是本申报的申报人，须回避，请由本单位其他人员办理。"))
    return file
