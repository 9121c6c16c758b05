"""Pages of the applications app."""

from applications.document_urls import of_an_application

app_name = "applications"
urlpatterns: list = [*of_an_application]
