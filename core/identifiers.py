"""Identifiers that may be shown: random, short, unambiguous when read aloud."""

import secrets

# Crockford's base 32 in lower case: no i, l, o, u.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def public_id() -> str:
    """Return 12 random characters (60 bits) for use in URLs."""
    return "".join(secrets.choice(ALPHABET) for _ in range(12))


def secret_token() -> str:
    """Return 24 random characters (120 bits) for a link that is itself the permission."""
    return "".join(secrets.choice(ALPHABET) for _ in range(24))
