"""Announcements. They carry no rules."""

from django.dispatch import Signal

# Sent within the transaction: objection, at.
objection_raised = Signal()
objection_decided = Signal()
