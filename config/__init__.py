"""Settings, addresses, workers: what makes one site of the apps."""

# Here so that every process of the site, not only the workers, sends to the right broker.
from config.celery import app as celery_app

__all__ = ["celery_app"]
