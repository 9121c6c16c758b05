"""What a session remembers while its owner proves a mobile number."""

import datetime as dt
import json
from dataclasses import dataclass, field

from django.contrib.sessions.backends.base import SessionBase

from accounts import codes
from core import clock
from core.fields import decrypt, encrypt

SESSION_KEY = "phone_proof"
# How long after the code the person may take to finish (to type a new password).
GOOD_FOR = dt.timedelta(minutes=15)


@dataclass
class PhoneProof:
    """One proof under way: for what, of which number, and what it will be used for.

    Number and data are encrypted in the session, which is stored in the database.
    """

    purpose: str
    phone: str
    code_id: int
    data: dict = field(default_factory=dict)
    proved_at: str = ""

    @classmethod
    def start(
        cls,
        session: SessionBase,
        *,
        purpose: str,
        phone: str,
        address: str,
        data: dict | None = None,
    ) -> "PhoneProof":
        """Send the first code; raises ``codes.TooManyCodes``."""
        code = codes.send_code(phone=phone, purpose=purpose, address=address)
        proof = cls(purpose, phone, code.pk, data or {})
        proof.save(session)
        return proof

    @classmethod
    def load(cls, session: SessionBase, purpose: str) -> "PhoneProof | None":
        """Return the proof under way for this purpose."""
        stored = session.get(SESSION_KEY)
        if stored is None:
            return None
        proof = cls(**json.loads(decrypt(stored)))
        return proof if proof.purpose == purpose else None

    def save(self, session: SessionBase) -> None:
        """Keep the proof in the session."""
        session[SESSION_KEY] = encrypt(json.dumps(self.__dict__))

    def resend(self, session: SessionBase, *, address: str) -> None:
        """Send another code, which replaces the one before; raises ``codes.TooManyCodes``."""
        self.code_id = codes.send_code(phone=self.phone, purpose=self.purpose, address=address).pk
        self.save(session)

    def prove(self, session: SessionBase, *, typed: str) -> None:
        """Use the code up; raises ``codes.CodeRefused``."""
        codes.use_code(code_id=self.code_id, typed=typed)
        self.proved_at = clock.system_now().isoformat()
        self.save(session)

    @property
    def is_proved(self) -> bool:
        """Say whether the number was proved, not too long ago."""
        if not self.proved_at:
            return False
        return clock.system_now() < dt.datetime.fromisoformat(self.proved_at) + GOOD_FOR

    @staticmethod
    def forget(session: SessionBase) -> None:
        """Drop whatever proof is under way."""
        session.pop(SESSION_KEY, None)
