"""Who may see an application, and who may take which action on it, with the reason."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from applications.models import Application, RouteStop
from applications.workflow import Phase, Rule, Who
from organisations.models import Organisation
from organisations.selectors import live_grants


@dataclass(frozen=True)
class Decision:
    """Allowed, or denied with a reason that can be shown."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


ALLOWED = Decision(True)


def visible_to(user: User) -> QuerySet[Application]:
    """Return the applications that ``user`` may see: their own, and those that reached
    an organisation for which they hold ``view_applications``."""
    organisations = live_grants(user).organisations_with("view_applications")
    condition = Q(applicant=user)
    if organisations:
        condition |= Exists(
            RouteStop.objects.filter(
                application=OuterRef("pk"), holder__in=organisations, reached_at__isnull=False
            )
        )
    return Application.objects.filter(condition)


def stops_read_by(
    user: User, application: Application, *, in_full: bool = False
) -> list[RouteStop]:
    """Return the stops of the offices for which ``user`` may read what was submitted.

    Not of an office that has not opened the file while it can still be recalled. ``in_full``
    is with identity number and telephone: for those who review or decide for an office
    that has opened the file, not for those who may only look.
    """
    grants = live_grants(user)
    offices: dict[int, list[RouteStop]] = {}
    for stop in application.stops.all():
        if stop.reached_at is not None and grants.has("view_applications", stop.holder_id):
            offices.setdefault(stop.holder_id, []).append(stop)
    found: list[RouteStop] = []
    for office, stops in offices.items():
        checks_it = grants.has("review_applications", office) or grants.has(
            "decide_applications", office
        )
        has_opened = any(stop.opened_at is not None for stop in stops)
        is_closed = any(_is_recallable(application, stop) for stop in stops)
        if not is_closed and (not in_full or (checks_it and has_opened)):
            found += stops
    return found


def _is_recallable(application: Application, stop: RouteStop) -> bool:
    return (
        application.phase == Phase.SUBMITTED
        and stop.step_id == application.step_id
        and stop.opened_at is None
    )


def may_act(
    *,
    user: User | None,
    organisation: Organisation | None,
    application: Application,
    rule: Rule,
    stop: RouteStop | None,
) -> Decision:
    """Say whether ``user``, acting for ``organisation``, may do what ``rule`` describes.

    ``stop`` is where the application stands on its route. A conflict of interest denies:
    nobody acts on their own application.
    """
    if rule.who is Who.SYSTEM:
        return ALLOWED if user is None else Decision(False, _("此操作由系统自动完成。"))
    if user is None or not user.is_active:
        return Decision(False, _("账号已停用。"))
    if rule.who is Who.APPLICANT:
        if user.pk == application.applicant_id:
            return ALLOWED
        return Decision(False, _("只有申报人本人可以进行此操作。"))
    if stop is None or organisation is None or stop.holder_id != organisation.pk:
        return Decision(False, _("此申报现在不由您的单位办理。"))
    if user.pk == application.applicant_id:
        return Decision(False, _("您是本申报的申报人，须回避，请由本单位其他人员办理。"))
    if not live_grants(user).has(rule.permission, organisation.pk):
        return Decision(False, _("您在本单位的角色没有此项权限。"))
    return ALLOWED
