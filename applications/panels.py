"""What higher apps show on the applicant's page, without being imported by it.

An app registers a function when it is ready; the page asks all of them. A panel is
``{"template": name, "context": {...}}``.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from accounts.models import User
from applications.models import Application

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
