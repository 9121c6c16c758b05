"""Addresses of the printed forms: those under an application, and the public ones."""

from django.urls import path

from applications import document_views as views

# Part of the namespace "applications".
of_an_application = [
    path("<slug:public_id>/documents/<slug:kind>/", views.document, name="document"),
    path(
        "<slug:public_id>/documents/files/<slug:document_id>.pdf",
        views.document_file,
        name="document_file",
    ),
]

# At the root of the site: the address is printed as a QR code and must stay short.
urlpatterns = [
    path("verify/", views.verify, name="verify"),
    path("v/<slug:code>/", views.verify_document, name="verify_document"),
]
