"""Everything one decision rests on, as one immutable value, and what the gate remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tracking.alignment import Alignment
from tracking.bed import BedStatus
from tracking.decision import FRAMES_TO_ARM
from tracking.doubt import UNPROVEN, LabelDoubt
from tracking.identities import Identities
from tracking.plan import Plan
from tracking.reasons import Reason
from tracking.registration import PoseStart, RegistrationStatus
from tracking.second_estimate import NO_OPINION, SecondOpinion
from tracking.survey_alignment import SurveyStatus


class Evidence(StrEnum):
    """State of something that must have been proven outside the frame.

    ASSUMED is given only to simulated and foreign recordings, for what a file of their kind
    cannot carry; it is listed in the summary.
    """

    PROVEN = "proven"
    ASSUMED = "assumed"
    MISSING = "missing"
    FAILED = "failed"

    @property
    def holds(self) -> bool:
        """Whether a check that needs this evidence passes."""
        return self is Evidence.PROVEN or self is Evidence.ASSUMED


@dataclass(frozen=True)
class SessionEvidence:
    """What was proven about the session; missing until somebody proves it."""

    camera_serial: Evidence = Evidence.MISSING
    rig_validity: Evidence = Evidence.MISSING
    qa: Evidence = Evidence.MISSING
    time_out: Evidence = Evidence.MISSING
    second_estimate: Evidence = Evidence.MISSING
    fiducial: Evidence = Evidence.MISSING
    acknowledgement: Evidence = Evidence.MISSING


@dataclass(frozen=True)
class Snapshot:
    """One frame as the gate sees it. What has a default fails until it is given.

    Attributes
    ----------
    age_ms : float
        Exposure to decision, on the clocks of the frame's source.
    depth_sha256 : str
        Content of the raw depth.
    pose_start : PoseStart
        A pose that was searched anew, or that jumped, has nothing before it to arm on.
    running : Identities
        What this frame was measured with.
    confirmed : Identities or None
        What two persons confirmed at the time-out.
    doubt : LabelDoubt
        Of the labels that everything was measured with; unproven until somebody vouches.
    second : SecondOpinion
        Another estimator's view of the pose.
    acknowledged_frame : int or None
        The latest frame whose fault a person has acknowledged.
    system_faults : frozenset of Reason or None
        What the processes around the kernel found broken; None: nobody looked.
    """

    frame_index: int
    stamp_ns: int
    age_ms: float
    depth_sha256: str
    plan: Plan
    evidence: SessionEvidence
    registration: RegistrationStatus
    pose_start: PoseStart
    bed: BedStatus
    survey: SurveyStatus
    alignment: Alignment
    running: Identities
    confirmed: Identities | None = None
    doubt: LabelDoubt = UNPROVEN
    second: SecondOpinion = NO_OPINION
    acknowledged_frame: int | None = None
    system_faults: frozenset[Reason] | None = None


@dataclass(frozen=True)
class KernelState:
    """What the gate remembers between frames; `decide` makes it, nobody else.

    Attributes
    ----------
    passed : int
        Consecutive frames towards READY, up to `FRAMES_TO_ARM`: armed.
    recent_depth : tuple of str
        Content of the last frames, newest last.
    fault_frame : int or None
        The last frame that showed a cause of what is latched.
    acknowledged_frame : int or None
        As the last frame had it: an acknowledgement counts once.
    """

    passed: int = 0
    frame_index: int | None = None
    stamp_ns: int | None = None
    recent_depth: tuple[str, ...] = ()
    latched: frozenset[Reason] = field(default_factory=frozenset)
    fault_frame: int | None = None
    acknowledged_frame: int | None = None

    @property
    def armed(self) -> bool:
        """Whether the last frame was READY."""
        return self.passed >= FRAMES_TO_ARM
