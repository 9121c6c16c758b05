"""Find who holds each step of one application's route (C27–C31)."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from applications.errors import NoReviewer
from applications.models import Application, RouteStop
from organisations.models import Organisation
from schedules.models import HolderRule, OpenTitle, Step


@dataclass(frozen=True)
class Stop:
    """A step and the organisation that holds it (none: nobody has to)."""

    step: Step
    holder: Organisation | None


def stops_of(application: Application) -> list[RouteStop]:
    """Return the stops of the route as it is fixed, in order, with step and holder.

    A page that has read them already (``progress.progress_of``) causes no query.
    """
    fetched: list[RouteStop] | None = getattr(application, "fetched_route", None)
    if fetched is not None:
        return fetched
    return list(application.stops.select_related("step", "holder"))


def plan_route(
    *,
    open_title: OpenTitle,
    employer: Organisation | None,
    personnel_agency: Organisation | None,
) -> list[Stop]:
    """Return the stops of a route, in order.

    The personnel agency, where the applicant has one, stands where the employer's
    supervisor would; without an employer it also verifies and posts. Raises
    ``NoReviewer`` naming the step that nobody can hold, unless it is marked optional, or
    whose office is no longer active.
    """
    line = _line(employer=employer, personnel_agency=personnel_agency)
    stops: list[Stop] = []
    for step in open_title.track.steps.order_by("order"):
        if not step.applies_to(open_title.title.rank):
            continue
        holder = _find_holder(
            step=step,
            line=line,
            open_title=open_title,
            employer=employer,
            personnel_agency=personnel_agency,
        )
        if holder is None and step.behaviour.needs_holder:
            if step.is_optional:
                continue
            raise NoReviewer(
                _("“%(step)s”环节没有可以办理的机构：%(employer)s的隶属关系中缺少相应的主管部门。")
                % {"step": step.name, "employer": employer or personnel_agency or _("您的单位")}
            )
        stops.append(Stop(step, holder))
    return stops


def _line(
    *, employer: Organisation | None, personnel_agency: Organisation | None
) -> list[Organisation]:
    """Return the line of supervision that the file climbs, nearest first."""
    if personnel_agency is not None:
        return personnel_agency.line_of_supervision()
    return employer.line_of_supervision() if employer is not None else []


def _find_holder(
    *,
    step: Step,
    line: list[Organisation],
    open_title: OpenTitle,
    employer: Organisation | None,
    personnel_agency: Organisation | None,
) -> Organisation | None:
    for rule in step.holders:
        match rule["rule"]:
            case HolderRule.EMPLOYER:
                found = employer or personnel_agency
            case HolderRule.PERSONNEL_AGENCY:
                found = personnel_agency
            case HolderRule.SUPERVISOR:
                found = next((above for above in line if above.kind == rule["kind"]), None)
            case HolderRule.TITLE_AGENCY:
                found = open_title.agency
            case HolderRule.COMMITTEE_OFFICE:
                found = open_title.committee_office
            case unknown:
                raise ValueError(f"Unknown holder rule {unknown!r} at step {step}")
        if found is None:
            continue
        if not found.is_active:
            # Only an office that does not exist may be passed over, never one that is shut.
            raise NoReviewer(
                _("“%(step)s”环节的办理机构“%(office)s”已停用，请联系职改部门。")
                % {"step": step.name, "office": found.name}
            )
        return found
    return None
