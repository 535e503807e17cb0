"""A text beside its hash, as a metadata record of a session file holds it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from recordings.session.chunks import DamagedError

TEXT, HASH = "json", "sha256"


def sealed(text: str) -> dict[str, str]:
    """What a metadata record says."""
    return {TEXT: text, HASH: _hash_of(text)}


def unsealed(record: Mapping[str, str], what: str, most_chars: int) -> str:
    """The text of a record.

    Raises
    ------
    DamagedError
        It is too long, or not the text that was hashed; `what` names it.
    """
    text = record.get(TEXT, "")
    if len(text) > most_chars:
        raise DamagedError(f"its {what} has {len(text)} characters")
    if _hash_of(text) != record.get(HASH):
        raise DamagedError(f"the {what}'s checksum does not match")
    return text


def _hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
