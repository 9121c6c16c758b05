"""What schedules announce. Signals carry no rules."""

from django.dispatch import Signal

# A date of a schedule under which people have applied was changed. Sent within the
# transaction of the change, with ``schedule``: whoever stores deadlines computes them anew
# after its commit.
schedule_changed = Signal()
