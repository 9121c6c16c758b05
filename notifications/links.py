"""The pages that messages lead to."""

from applications.models import Application
from organisations.models import Organisation


def of_applicant(application: Application) -> str:
    """Return the applicant's page of the application."""
    return f"/applications/{application.public_id}/"


def of_office(application: Application, organisation: Organisation) -> str:
    """Return the application's page at the office's desk."""
    return f"/desk/{organisation.public_id}/{application.public_id}/"


def of_desk(organisation: Organisation) -> str:
    """Return the office's queue."""
    return f"/desk/{organisation.public_id}/"
