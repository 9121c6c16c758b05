"""Work outside the request."""

from celery import shared_task

from portal.demo.clock import note_running


@shared_task(name="portal.note_demo_runs")
def note_demo_runs() -> None:
    """Note that the demo runs: while the site is stopped, its clock stands still."""
    note_running()
