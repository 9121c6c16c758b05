"""The list of desks, and the queue of each."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import clock
from organisations.acting import acting_organisation
from organisations.models import Organisation
from organisations.selectors import live_grants
from reviews.forms import DoneFilterForm, QueueFilterForm
from reviews.selectors import queue as selectors

PER_PAGE = 50


class CountedPaginator(Paginator):
    """A paginator that has been told how many there are."""

    def __init__(self, *args, count: int, **options) -> None:
        super().__init__(*args, **options)
        self._count = count

    @cached_property
    def count(self) -> int:
        """Return the number given."""
        return self._count


@login_required
@require_safe
def index(request):
    """List the organisations for which I work; with one only, go straight there."""
    mine = live_grants(request.user).organisations_with("view_applications")
    organisations = list(Organisation.objects.filter(pk__in=mine).order_by("name"))
    if len(organisations) == 1:
        return redirect("reviews:queue", organisations[0].public_id)
    desks = selectors.desks_of(organisations, at=clock.now())
    return render(request, "reviews/desks.html", {"desks": desks})


@login_required
@require_safe
def queue(request, organisation):
    """Show what waits for the organisation now."""
    return _queue_page(request, organisation, is_upcoming=False)


@login_required
@require_safe
def upcoming(request, organisation):
    """Show what has arrived before its time; it can be read, not decided."""
    return _queue_page(request, organisation, is_upcoming=True)


def _queue_page(request, organisation, *, is_upcoming: bool):
    acting = acting_organisation(request, organisation, permission="view_applications")
    at = clock.now()
    summary = selectors.summary(acting, at=at)
    form = QueueFilterForm(request.GET, summary=summary)
    filters = form.filters()
    if is_upcoming:
        files, count = selectors.upcoming(acting, at=at, filters=filters), summary.upcoming
    else:
        files, count = selectors.waiting(acting, at=at, filters=filters), summary.waiting
    paginator = (
        CountedPaginator(files, PER_PAGE, count=count)
        if filters.is_empty
        else Paginator(files, PER_PAGE)
    )
    page = paginator.get_page(request.GET.get("page"))
    maker = selectors.RowMaker(acting, summary, viewer_id=request.user.pk, at=at)
    context = {
        "rows": maker.rows(page.object_list),
        "page_obj": page,
        "form": form,
        "is_filtered": not filters.is_empty,
        "is_upcoming": is_upcoming,
        "tabs": _tabs(acting, summary, current="upcoming" if is_upcoming else "queue"),
    }
    return render(request, "reviews/queue.html", context)


@login_required
@require_safe
def done(request, organisation):
    """Show what the organisation has decided, and what lapsed in its hands (C44)."""
    acting = acting_organisation(request, organisation, permission="view_applications")
    at = clock.now()
    form = DoneFilterForm(request.GET)
    form.is_valid()
    text, action = form.cleaned_data.get("q", ""), form.cleaned_data.get("action", "")
    made = selectors.done(acting, text=text, action=action)
    page = Paginator(made, PER_PAGE).get_page(request.GET.get("page"))
    rows = selectors.done_rows(acting, page.object_list, at=at)
    if page.number == 1 and not (text or action):
        rows = selectors.lapsing(acting, at=at) + rows
    context = {
        "rows": rows,
        "page_obj": page,
        "form": form,
        "is_filtered": bool(text or action),
        "tabs": _tabs(acting, selectors.summary(acting, at=at), current="done"),
    }
    return render(request, "reviews/done.html", context)


def _tabs(acting: Organisation, summary: selectors.QueueSummary, *, current: str) -> list[dict]:
    return [
        {
            "label": label,
            "url": reverse(f"reviews:{name}", args=[acting.public_id]),
            "count": count,
            "is_current": name == current,
        }
        for name, label, count in (
            ("queue", _("待办"), summary.waiting),
            ("upcoming", _("尚未到办理时间"), summary.upcoming),
            ("done", _("已办"), None),
        )
    ]
