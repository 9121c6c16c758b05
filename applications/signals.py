"""Announcements. They carry no rules."""

from django.dispatch import Signal

# Sent within the transaction: application, transition.
transitioned = Signal()
# Sent within the transaction: application, organisation, at.
urged = Signal()
