import pytest
from django.test import Client

from accounts.models import User
from tests.factories.chain import Chain, build_chain
from tests.reviews.desk import Desk


@pytest.fixture
def chain(db) -> Chain:
    """Return the city of the Chongqing notice."""
    return build_chain()


@pytest.fixture
def desk(chain):
    """Open the desk of an organisation: ``desk(chain.employer)``, or as another of its people."""

    def open_desk(organisation, user: User | None = None) -> Desk:
        client = Client()
        client.force_login(user or chain.officer_of(organisation))
        return Desk(client, organisation)

    return open_desk


@pytest.fixture
def committed_chain(transactional_db) -> Chain:
    """Return the same city, committed, for tests with several connections."""
    return build_chain()
