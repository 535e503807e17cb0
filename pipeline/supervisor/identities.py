"""What a lease is bound to: six identities, fixed at the start of a session.

Standard library only: the supervisor process imports this.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from hashlib import sha256

DIGEST_BYTES = 32


@dataclass(frozen=True)
class LeaseIds:
    """Digests of the identities; texts of any length and script become 32 bytes each.

    No name of a patient and no plan's text leaves the session process.
    """

    session: bytes
    plan: bytes
    patient: bytes
    rig: bytes
    model: bytes
    limits: bytes

    def __post_init__(self) -> None:
        for name, digest in zip(NAMES, self.digests, strict=True):
            if len(digest) != DIGEST_BYTES:
                raise ValueError(f"{name} must be {DIGEST_BYTES} bytes, got {len(digest)}")

    @classmethod
    def of(
        cls, *, session: str, plan: str, patient: str, rig: str, model: str, limits: str
    ) -> LeaseIds:
        """Digest the texts.

        Raises
        ------
        ValueError
            A text is empty: it identifies nothing.
        """
        texts = (session, plan, patient, rig, model, limits)
        return cls(*(_digest(name, text) for name, text in zip(NAMES, texts, strict=True)))

    @property
    def digests(self) -> tuple[bytes, ...]:
        """The six, in the order of their declaration."""
        return tuple(getattr(self, name) for name in NAMES)


NAMES = tuple(entry.name for entry in fields(LeaseIds))


def _digest(name: str, text: str) -> bytes:
    if not text:
        raise ValueError(f"the lease's {name} is empty")
    return sha256(f"{name}\0{text}".encode()).digest()
