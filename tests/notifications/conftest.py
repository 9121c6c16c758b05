import pytest

from notifications.models import Message
from tests.factories.chain import Chain, build_chain


@pytest.fixture
def chain(db) -> Chain:
    """Return the city of the Chongqing notice."""
    return build_chain()


@pytest.fixture
def told():
    """Return what each person was told since the last call: {user id: [texts]}."""
    seen: set[int] = set()

    def since_then() -> dict[int, list[str]]:
        texts: dict[int, list[str]] = {}
        for message in Message.objects.exclude(pk__in=seen).order_by("id"):
            seen.add(message.pk)
            texts.setdefault(message.recipient_id, []).append(message.body)
        return texts

    return since_then
