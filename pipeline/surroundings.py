"""What stands around the kernel in one frame: what was proven, confirmed, acknowledged, broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tracking.identities import Identities
from tracking.reasons import Reason
from tracking.snapshot import SessionEvidence


@dataclass(frozen=True)
class Surroundings:
    """Handed to the kernel with one frame.

    Attributes
    ----------
    confirmed : Identities or None
        What two persons confirmed at the time-out.
    acknowledged_frame : int or None
        The latest frame whose fault a person has acknowledged.
    faults : frozenset of Reason or None
        What of supervisor, audit log and recorder is broken; None: nobody looked.
    """

    evidence: SessionEvidence
    confirmed: Identities | None = None
    acknowledged_frame: int | None = None
    faults: frozenset[Reason] | None = None


AskSurroundings = Callable[[Identities, int | None], Surroundings]
"""Called once per frame with what is running and the last frame that showed a fault."""


def recorded(evidence: SessionEvidence) -> AskSurroundings:
    """The surroundings of a recording: nothing runs beside it that could break."""
    around = Surroundings(evidence, faults=frozenset())

    def ask(_running: Identities, _fault_frame: int | None) -> Surroundings:
        return around

    return ask
