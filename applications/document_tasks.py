"""Work on documents outside the request. Tasks load, log what is missing, and delegate."""

import logging

from celery import shared_task

from applications import documents
from applications.models import Application
from core import clock

logger = logging.getLogger(__name__)


@shared_task(name=documents.REQUEST_TASK)
def request_document(application_id: int, kind: str) -> None:
    """Ask for a form that somebody is about to need, so that it is ready when they do."""
    application = Application.objects.filter(pk=application_id).first()
    if application is None:
        logger.warning("Application %s is gone; no %s is made", application_id, kind)
        return
    try:
        documents.request_document(application=application, kind=kind)
    except documents.DocumentNotAvailable:
        logger.info("Application %s has no %s any more", application_id, kind)


@shared_task(name=documents.RENDER_TASK)
def render_document(document_id: int) -> None:
    """Render one document; it is someone else's, or made already, when nothing happens."""
    if not documents.render_document(document_id=document_id):
        logger.info("Document %s was not rendered by this task", document_id)


@shared_task(name="applications.render_waiting_documents")
def render_waiting_documents() -> None:
    """Render what a lost message or a killed worker left behind."""
    for document_id in documents.waiting_documents(clock.system_now()):
        documents.render_document(document_id=document_id)
