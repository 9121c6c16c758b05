"""What schedules announce. Signals carry no rules."""

from django.dispatch import Signal

# A window or another date of a schedule was changed. Sent after the change with
# ``schedule``; whoever stores deadlines computes them anew.
schedule_changed = Signal()
