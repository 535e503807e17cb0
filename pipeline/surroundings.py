"""What stands around the kernel in one frame: what was proven, confirmed, acknowledged, broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.session.control import Cone
from tracking.alignment import Alignment
from tracking.identities import Identities
from tracking.limit_checks import check_limits
from tracking.plan import Plan
from tracking.reasons import Reason
from tracking.registration import Registration
from tracking.snapshot import SessionEvidence


@dataclass(frozen=True)
class FrameFacts:
    """What the session around a frame has to know of it.

    Attributes
    ----------
    running : Identities
        What the frame was measured with.
    fault_frame : int or None
        The last frame that showed a cause of what is latched.
    cone : Cone
        What the image says about the planned cone.
    """

    frame_index: int
    running: Identities
    fault_frame: int | None
    cone: Cone


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


AskSurroundings = Callable[[FrameFacts], Surroundings]
"""Called once per frame, before it is decided."""


def recorded(evidence: SessionEvidence) -> AskSurroundings:
    """The surroundings of a recording: nothing runs beside it that could break."""
    around = Surroundings(evidence, faults=frozenset())
    return lambda _facts: around


def cone_of(registration: Registration, alignment: Alignment, plan: Plan) -> Cone:
    """What a frame says about the planned cone. Fails to: unseen; where it is placed: not docked.

    Docked is where nothing is left to move: every quantity that the plan limits is proven inside
    its tolerance, as the kernel proves it.
    """
    identity = alignment.applicator_id
    if identity.decided and identity.value != plan.applicator_id:
        return Cone.OTHER
    if not (registration.is_ok and identity.decided):
        return Cone.UNSEEN
    return Cone.PLACED if check_limits(alignment, plan.limits).reasons else Cone.DOCKED
