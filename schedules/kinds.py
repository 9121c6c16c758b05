"""The registry of step kinds.

A kind of step (环节类型) is one class in the app that owns it, registered when that app
is ready. A new kind is a new class; the engine (``applications.workflow`` and
``applications.services``) is not edited for it.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar


class StepKind:
    """What one kind of step means: its phase, its actions, what entering and leaving do.

    ``phase`` is the phase of an application that enters the step; ``phases`` are all in
    which it can stand there. ``holder_acts`` says whether the organisation found for the
    step has the turn (otherwise the applicant has it). ``rules`` maps (phase, action) to
    an ``applications.workflow.Rule``.
    """

    code: ClassVar[str]
    name: ClassVar[Any]
    phase: ClassVar[str]
    holder_acts: ClassVar[bool] = True
    needs_holder: ClassVar[bool] = True
    rules: ClassVar[Mapping[tuple[str, str], Any]] = {}
    # What ``Step.settings`` may hold for a step of this kind: key → (type, what it means).
    setting_types: ClassVar[Mapping[str, tuple[type, Any]]] = {}

    def earliest_exit(self, *, step, entered_at: dt.datetime) -> dt.datetime:
        """Return the first instant at which a file that entered then can go on."""
        return max(entered_at, step.opens_at)

    def latest_entry(self, *, step) -> dt.datetime:
        """Return the instant before which a file must enter in order to leave in time."""
        return step.closes_at

    def latest_entry_again(self, *, application, closes_at: dt.datetime) -> dt.datetime:
        """Return the same for a file in correction that must be through before ``closes_at``."""
        return closes_at

    def closes_at(self, *, step, application) -> dt.datetime:
        """Return the end of the step's own window for one application."""
        return step.closes_at

    def check(self, *, application, action: str, at: dt.datetime) -> None:
        """Raise ``ActionRefused`` when the kind's own conditions for ``action`` do not hold."""

    def refusal(self, *, application, action: str) -> Exception | None:
        """Return a better answer than "not available here" to an action without a rule."""
        return None

    def enter(self, *, application, at: dt.datetime) -> str:
        """Do what entering the step asks for; return the phase in which it begins."""
        return self.phase

    def stay(self, *, application, action: str, at: dt.datetime) -> None:
        """Do what an action that does not leave the step asks for."""

    def leave(self, *, application, action: str, at: dt.datetime) -> None:
        """Do what leaving the step asks for, by whatever action."""

    def clears_at(self, *, application) -> dt.datetime | None:
        """Return the instant of the step's automatic ``clear`` action, if one is coming."""
        return None


_kinds: dict[str, StepKind] = {}


def register(kind: type[StepKind]) -> type[StepKind]:
    """Register a kind of step; use as a class decorator."""
    if kind.code in _kinds:
        raise ValueError(f"Step kind {kind.code!r} is registered twice.")
    _kinds[kind.code] = kind()
    return kind


def get(code: str) -> StepKind:
    """Return the kind with this code; ``KeyError`` when no app registered it."""
    return _kinds[code]


def codes() -> list[str]:
    """Return the codes of all registered kinds."""
    return sorted(_kinds)


def choices() -> list[tuple[str, Any]]:
    """Return (code, name) of all registered kinds, for forms."""
    return [(code, _kinds[code].name) for code in codes()]
