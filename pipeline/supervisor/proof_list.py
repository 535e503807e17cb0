"""What the supervisor itself must have seen and answered before it goes live.

A session that skips the proof test gets no output: the list is kept on this side. Standard library
only: the supervisor process imports this.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.supervisor.refusal import Refusal


class Loss(StrEnum):
    """Why a lease that was held is held no more."""

    NOT_READY = "NOT_READY"
    EXPIRED = "EXPIRED"
    DROPPED = "DROPPED"
    ENDED = "ENDED"
    SESSION_DIED = "SESSION_DIED"
    FLOODED = "FLOODED"


REQUIRED: frozenset[Refusal | Loss] = frozenset(
    {
        *(Refusal.SIZE, Refusal.MAC, Refusal.SEQUENCE, Refusal.FRAME, Refusal.FUTURE),
        *(Refusal.STALE, Refusal.SESSION, Refusal.PLAN, Refusal.PATIENT, Refusal.RIG),
        *(Refusal.MODEL, Refusal.LIMITS, Loss.NOT_READY, Loss.EXPIRED),
    }
)


@dataclass
class ProofList:
    """Ticks off what was answered rightly."""

    seen: set[Refusal | Loss] = field(default_factory=set)

    @property
    def is_complete(self) -> bool:
        """Whether every known-bad stimulus was answered."""
        return self.seen >= REQUIRED
