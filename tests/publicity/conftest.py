import pytest

from tests.factories.chain import Chain, build_chain


@pytest.fixture
def chain(db) -> Chain:
    """Return the city of the Chongqing notice."""
    return build_chain()
