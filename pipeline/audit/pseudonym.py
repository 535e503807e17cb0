"""A patient's id in a log: a pseudonym that only the keeper of a separate key can make again."""

from __future__ import annotations

import hmac
from hashlib import sha256

DOMAIN = b"iort-tracker/pseudonym/1\0"
DIGITS = 32  # 128 bits: two patients never share one
MIN_KEY_BYTES = 32


def pseudonym(patient_id: str, key: bytes) -> str:
    """HMAC-SHA-256 of the id under `key`: the same patient has the same pseudonym.

    The id is taken as it is spelt, blanks and case included.

    Raises
    ------
    ValueError
        A key shorter than 32 bytes: all ids could be tried.
    """
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(f"a key of {len(key)} bytes, at least {MIN_KEY_BYTES}")
    return hmac.new(key, DOMAIN + patient_id.encode(), sha256).hexdigest()[:DIGITS]
