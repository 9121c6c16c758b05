"""What higher apps show on the applicant's page, without being imported by it.

An app registers a function when it is ready; the page asks all of them. A panel is
``{"template": name, "context": {...}}``.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from applications.models import Application
from applications.workflow import Phase

Panel = dict[str, Any]
PanelFunction = Callable[[Application, User, dt.datetime], Panel | None]

_functions: dict[str, PanelFunction] = {}


def register(name: str, function: PanelFunction) -> None:
    """Name a function that returns the panel for an application, a viewer and an instant.

    It returns ``None`` when there is nothing to show. Panels stand in the order of
    registration.
    """
    if name in _functions:
        raise ValueError(f"Panel {name!r} is registered twice.")
    _functions[name] = function


def collect(application: Application, viewer: User, at: dt.datetime) -> list[Panel]:
    """Return the panels that have something to show."""
    shown = (function(application, viewer, at) for function in _functions.values())
    return [panel for panel in shown if panel is not None]


@dataclass(frozen=True)
class Remark:
    """What an office wants corrected in a section, or in one item of it (``entry_id``)."""

    section: str
    entry_id: str
    text: str


RemarksFunction = Callable[[Application, dt.datetime], list[Remark]]
_remarks: RemarksFunction | None = None


def register_remarks(function: RemarksFunction) -> None:
    """Name the function that returns what must be corrected now, for the form's pages."""
    global _remarks
    _remarks = function


def remarks(application: Application, at: dt.datetime) -> list[Remark]:
    """Return what must be corrected now; nothing in a draft."""
    if application.phase != Phase.RETURNED or _remarks is None:
        return []
    return _remarks(application, at)
