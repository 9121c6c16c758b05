"""The sections of the application form, as the requirements list them."""

from applications.models import Application


def problems(application: Application) -> list[str]:
    """Return what keeps the working copy from being submitted."""
    return []
