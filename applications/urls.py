"""Pages of the applications app."""

from django.urls import include, path

from applications.document_urls import of_an_application
from applications.views import evidence, form, progress, start, submission

app_name = "applications"

_entry = [
    path("", form.entry, name="entry"),
    path("remove/", form.entry_remove, name="entry_remove"),
    path("restore/", form.entry_restore, name="entry_restore"),
    path("files/", evidence.upload, name="entry_upload"),
]
_form = [
    path("", form.tasks, name="tasks"),
    path("<slug:code>/", form.section, name="section"),
    path("<slug:code>/add/", form.entry_add, name="entry_add"),
    path("<slug:code>/files/", evidence.upload, name="upload"),
    path("<slug:code>/<slug:entry_id>/", include(_entry)),
]
_evidence = [
    path("", evidence.evidence_file, name="evidence_file"),
    path("thumbnail/", evidence.evidence_thumbnail, name="evidence_thumbnail"),
    path("row/", evidence.evidence_row_view, name="evidence_row"),
    path("remove/", evidence.evidence_remove, name="evidence_remove"),
    path("restore/", evidence.evidence_restore, name="evidence_restore"),
]
urlpatterns = [
    path("", start.index, name="index"),
    path("new/", start.start, name="start"),
    path("new/<slug:public_id>/", start.title, name="title"),
    path("<slug:public_id>/", progress.application, name="application"),
    path("<slug:public_id>/records/", progress.records, name="records"),
    path("<slug:public_id>/documents/", progress.documents_page, name="documents"),
    path("<slug:public_id>/employer/", start.employer, name="employer"),
    path("<slug:public_id>/form/", include(_form)),
    path("<slug:public_id>/files/<slug:evidence_id>/", include(_evidence)),
    path("<slug:public_id>/check/", submission.check, name="check"),
    path("<slug:public_id>/receipts/<slug:number>/", submission.receipt, name="receipt"),
    path("<slug:public_id>/urge/", progress.urge, name="urge"),
    path("<slug:public_id>/recall/", progress.recall, name="recall"),
    path("<slug:public_id>/withdraw/", progress.withdraw, name="withdraw"),
    *of_an_application,
]
