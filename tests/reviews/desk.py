"""An officer in front of a browser."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from applications.models import Application
from organisations.models import Organisation
from tests.html_forms import form_data


@dataclass
class Desk:
    """A signed-in officer acting for one organisation."""

    client: Client
    organisation: Organisation

    def url(self, name: str, application: Application | None = None, *more) -> str:
        """Return the address of a desk page."""
        ids = [self.organisation.public_id]
        if application is not None:
            ids.append(application.public_id)
        return reverse(f"reviews:{name}", args=[*ids, *more])

    def get(self, name: str, application: Application | None = None, *more, **query):
        """Open a page."""
        return self.client.get(self.url(name, application, *more), query)

    def post(self, name: str, application: Application, *more, **data):
        """Post to a page."""
        return self.client.post(self.url(name, application, *more), data)

    def begin(self, application: Application) -> HttpResponse:
        """Press 开始审核."""
        application.refresh_from_db()
        return self.post("begin", application, version=application.version)

    def check(self, application: Application, section: str, verdict: str, **more):
        """Mark one section."""
        snapshot = application.snapshots.order_by("-number").first()
        data = {"section": section, "verdict": verdict, "snapshot": snapshot.number, **more}
        return self.post("check", application, **data)

    def check_everything(self, application: Application) -> None:
        """Find every section correct."""
        for section in application.snapshots.order_by("-number").first().data["sections"]:
            self.check(application, section, "correct")

    def form(self, name: str, application: Application, *more) -> dict:
        """Return what the form of a decision would post as it stands."""
        response = self.get(name, application, *more)
        assert response.status_code == 200, response.content.decode()
        return form_data(response, "decision")

    def decide(self, name: str, application: Application, **typed) -> HttpResponse:
        """Fill in the form, look at the confirm page, confirm; return the last response."""
        asked = self.client.post(
            self.url(name, application), {**self.form(name, application), **typed}
        )
        if asked.status_code != 200:
            return asked
        return self.confirm(name, application, asked)

    def confirm(self, name: str, application: Application, asked: HttpResponse) -> HttpResponse:
        """Press the confirming button of a confirm page."""
        data = {**form_data(asked, "decision"), "confirmed": "1"}
        return self.client.post(self.url(name, application), data)
