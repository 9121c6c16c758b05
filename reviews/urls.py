"""Pages of the reviews app: the officers' desks."""

from django.urls import include, path

from reviews.views import decisions, file, notice, queue

app_name = "reviews"

_file = [
    path("", file.show, name="file"),
    path("content/", file.content, name="content"),
    path("history/", file.history, name="history"),
    path("begin/", file.begin, name="begin"),
    path("checks/", file.check, name="check"),
    path("checks/carry-over/", file.carry_over, name="carry_over"),
    path("personal/", file.personal, name="personal"),
    path("approve/", decisions.Approve.as_view(), name="approve"),
    path("report/", decisions.Report.as_view(), name="report"),
    path("return/", decisions.Return.as_view(), name="return"),
    path("refuse/", decisions.Refuse.as_view(), name="refuse"),
    path("receipts/<int:sequence>/", decisions.receipt, name="receipt"),
    path("notice/", notice.show, name="notice"),
    path("objections/<slug:objection>/", notice.objection, name="objection"),
]

urlpatterns = [
    path("", queue.index, name="index"),
    path("<slug:organisation>/", queue.queue, name="queue"),
    path("<slug:organisation>/upcoming/", queue.upcoming, name="upcoming"),
    path("<slug:organisation>/done/", queue.done, name="done"),
    path("<slug:organisation>/<slug:application>/", include(_file)),
]
