"""The port through which every app puts a message into the outbox.

``notifications`` fills it when the site starts; lower apps never import it.
"""

from collections.abc import Callable
from typing import Any

_enqueue: Callable[..., Any] | None = None


def register(function: Callable[..., Any]) -> None:
    """Name the function that writes outbox rows."""
    global _enqueue
    _enqueue = function


def enqueue(*, event: str, template: str, recipient: Any, context: dict[str, Any]) -> None:
    """Write one outbox row in the current transaction.

    ``event`` names what happened and to whom (``"transition:81:applicant:7"``): a second
    call with the same event writes nothing. ``recipient`` is a user. ``template`` is a key
    of the message templates; ``context`` holds plain JSON values.
    """
    if _enqueue is None:
        raise RuntimeError("No outbox is registered: is 'notifications' installed?")
    _enqueue(event=event, template=template, recipient=recipient, context=context)
