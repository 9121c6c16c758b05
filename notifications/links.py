"""The pages that messages lead to."""

from django.urls import reverse

from applications.models import Application
from organisations.models import Organisation


def of_applicant(application: Application) -> str:
    """Return the applicant's page of the application."""
    return reverse("applications:application", args=[application.public_id])


def of_office(application: Application, organisation: Organisation) -> str:
    """Return the application's page at the office's desk."""
    return reverse("reviews:file", args=[organisation.public_id, application.public_id])


def of_desk(organisation: Organisation) -> str:
    """Return the office's queue."""
    return reverse("reviews:queue", args=[organisation.public_id])
