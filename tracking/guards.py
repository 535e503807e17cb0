"""The checks of one frame, each a pure function that fails until it has proven its point.

Comparisons are written so that NaN fails. A check whose point another one already tells fails
without a word of its own (`UNTOLD`): the root cause comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from math import nan

from tracking.bed import BedStatus
from tracking.doubt import DoubtCause
from tracking.identities import Identities
from tracking.limit_checks import check_limits
from tracking.reasons import Reason
from tracking.registration import RegistrationStatus
from tracking.second_estimate import SecondOpinion, Status
from tracking.snapshot import Evidence, KernelState, Snapshot
from tracking.survey_alignment import SurveyStatus

MAX_AGE_MS = 150.0  # exposure to decision (DESIGN section 6)
# Of either estimate's own 99 % bounds, and of their disagreement beyond both bounds
MAX_RING_BOUND_MM, MAX_AXIS_BOUND_DEG = 2.0, 1.0
MAX_DISTANCE_MM, MAX_ANGLE_DEG = 1.0, 0.5


class Check(StrEnum):
    """Everything that must be proven in every frame."""

    SYSTEM = "system"
    ORDER = "order"
    CONTENT = "content"
    AGE = "age"
    CAMERA = "camera"
    RIG = "rig"
    MOUNT = "mount"
    QA = "qa"
    PLAN = "plan"
    TIME_OUT = "time_out"
    IDENTITIES = "identities"
    SECOND_ESTIMATE = "second_estimate"
    LABELS = "labels"
    POSE = "pose"
    APPLICATOR = "applicator"
    BED = "bed"
    SURVEY = "survey"
    LIMITS = "limits"


@dataclass(frozen=True)
class Finding:
    """What one check found: its point proven, or the reasons why not."""

    is_proven: bool = False
    reasons: frozenset[Reason] = frozenset()


PROVEN = Finding(is_proven=True)
UNTOLD = Finding()
Guard = Callable[[Snapshot, KernelState], Finding]


def _failed(*reasons: Reason) -> Finding:
    return Finding(reasons=frozenset(reasons))


def _proven_if(holds: bool, reason: Reason) -> Finding:
    return PROVEN if holds else _failed(reason)


def system(frame: Snapshot, _: KernelState) -> Finding:
    """The processes around the kernel were looked at, and none is broken."""
    if frame.system_faults is None:
        return _failed(Reason.CHECK_MISSING)
    return _failed(*frame.system_faults) if frame.system_faults else PROVEN


def order(frame: Snapshot, state: KernelState) -> Finding:
    """Counter and stamp rise strictly, from 0. A counter that wraps is a restart: a fault."""
    last_index = -1 if state.frame_index is None else state.frame_index
    last_ns = -1 if state.stamp_ns is None else state.stamp_ns
    rises = frame.frame_index > last_index and frame.stamp_ns > last_ns
    return _proven_if(rises, Reason.CLOCK_WENT_BACK)


def content(frame: Snapshot, state: KernelState) -> Finding:
    """Two live depth frames are never alike to the bit, nor are two of one second."""
    is_new = bool(frame.depth_sha256) and frame.depth_sha256 not in state.recent_depth
    return _proven_if(is_new, Reason.FRAME_REPEATED)


def age(frame: Snapshot, _: KernelState) -> Finding:
    """The exposure is recent; one from the future is none."""
    return _proven_if(0.0 <= frame.age_ms <= MAX_AGE_MS, Reason.FRAME_STALE)


def camera(frame: Snapshot, _: KernelState) -> Finding:
    """The calibrated camera delivers."""
    return _proven_if(frame.evidence.camera_serial.holds, Reason.WRONG_CAMERA)


def rig(frame: Snapshot, _: KernelState) -> Finding:
    """Its calibration is in date."""
    return _proven_if(frame.evidence.rig_validity.holds, Reason.RIG_EXPIRED)


def mount(frame: Snapshot, _: KernelState) -> Finding:
    """The camera sits where it was calibrated."""
    fiducial = frame.evidence.fiducial
    if fiducial is Evidence.FAILED:
        return _failed(Reason.CAMERA_BUMPED)
    return _proven_if(fiducial.holds, Reason.NO_FIDUCIAL)


def qa(frame: Snapshot, _: KernelState) -> Finding:
    """Today's QA was passed."""
    if frame.evidence.qa is Evidence.FAILED:
        return _failed(Reason.QA_FAILED)
    return _proven_if(frame.evidence.qa.holds, Reason.NO_QA)


def plan(frame: Snapshot, _: KernelState) -> Finding:
    """The plan is approved."""
    return _proven_if(frame.plan.approved is True, Reason.PLAN_NOT_APPROVED)


def time_out(frame: Snapshot, _: KernelState) -> Finding:
    """Two persons have confirmed what is about to be done."""
    return _proven_if(frame.evidence.time_out.holds, Reason.NO_TIMEOUT)


_WRONG = {entry.name: Reason[f"WRONG_{entry.name.upper()}"] for entry in fields(Identities)}


def identities(frame: Snapshot, _: KernelState) -> Finding:
    """What they confirmed is what is running, and the frame was held against that plan."""
    confirmed, running = frame.confirmed, frame.running
    wrong = set() if running.plan == frame.plan.id else {Reason.WRONG_PLAN}
    if confirmed is not None:  # an id that is empty names nothing
        pairs = {name: (getattr(running, name), getattr(confirmed, name)) for name in _WRONG}
        wrong |= {_WRONG[name] for name, (now, then) in pairs.items() if now != then or not then}
    elif frame.evidence.time_out is not Evidence.ASSUMED:
        return _failed(Reason.NO_TIMEOUT, *wrong)
    return _failed(*wrong) if wrong else PROVEN


def second_estimate(frame: Snapshot, _: KernelState) -> Finding:
    """Another estimator, itself exact enough, sees the ring at the same place."""
    opinion, is_assumed = frame.second, frame.evidence.second_estimate is Evidence.ASSUMED
    if opinion.status is not Status.MADE:
        is_excused = opinion.status is Status.NONE and is_assumed
        return _proven_if(is_excused, Reason.NO_SECOND_ESTIMATE)
    if not _is_exact(opinion.ring_bound_mm, opinion.axis_bound_deg):
        return _failed(Reason.SECOND_ESTIMATE_WEAK)
    return _proven_if(_agrees(opinion), Reason.SECOND_ESTIMATE_DISAGREES)


def _agrees(opinion: SecondOpinion) -> bool:
    """Fails to: disagrees, also where the first has no bound: that would agree with anything."""
    if not _is_exact(opinion.first_ring_bound_mm, opinion.first_axis_bound_deg):
        return False
    ring_mm = _number(opinion.ring_bound_mm) + _number(opinion.first_ring_bound_mm)
    axis_deg = _number(opinion.axis_bound_deg) + _number(opinion.first_axis_bound_deg)
    is_near = 0.0 <= _number(opinion.distance_mm) <= MAX_DISTANCE_MM + ring_mm
    return is_near and 0.0 <= _number(opinion.angle_deg) <= MAX_ANGLE_DEG + axis_deg


def _is_exact(ring_bound_mm: float | None, axis_bound_deg: float | None) -> bool:
    is_ring_known = 0.0 <= _number(ring_bound_mm) <= MAX_RING_BOUND_MM
    return is_ring_known and 0.0 <= _number(axis_bound_deg) <= MAX_AXIS_BOUND_DEG


def _number(value: float | None) -> float:
    """NaN, which fails every comparison, where there is none."""
    return nan if value is None else value


_DOUBT_REASONS = {
    DoubtCause.LIGHT: Reason.LIGHT_UNSUITABLE,
    DoubtCause.DEPTH: Reason.DEPTH_MISSING,
}
_REGISTRATION_REASONS = {
    RegistrationStatus.NO_APPLICATOR: Reason.NO_APPLICATOR,
    RegistrationStatus.DEPTH_MISSING: Reason.DEPTH_MISSING,
    RegistrationStatus.DEPTH_FALSE: Reason.DEPTH_FALSE,
    RegistrationStatus.SEVERAL_APPLICATORS: Reason.SEVERAL_APPLICATORS,
    RegistrationStatus.NOT_THE_APPLICATOR: Reason.NOT_THE_APPLICATOR,
    RegistrationStatus.TOO_FEW_POINTS: Reason.REGISTRATION_WEAK,
    RegistrationStatus.WEAK_GEOMETRY: Reason.REGISTRATION_WEAK,
}
_BED_REASONS = {
    BedStatus.NO_BED: Reason.NO_BED,
    BedStatus.TOO_FEW_POINTS: Reason.NO_BED,
    BedStatus.RIM_HIDDEN: Reason.BED_HIDDEN,
}


def labels(frame: Snapshot, _: KernelState) -> Finding:
    """Somebody vouches for the labels. Without a pose its own reason says more."""
    if frame.doubt.is_believable:
        return PROVEN
    if frame.registration is not RegistrationStatus.OK and not _shows_another(frame):
        return UNTOLD
    return _failed(_DOUBT_REASONS.get(frame.doubt.cause, Reason.LABELS_DOUBTFUL))


def pose(frame: Snapshot, _: KernelState) -> Finding:
    """The cone was registered. Another cone, fitted as the planned one, says nothing."""
    if frame.registration is RegistrationStatus.OK:
        return PROVEN
    if _shows_another(frame):
        return UNTOLD
    return _failed(_REGISTRATION_REASONS.get(frame.registration, Reason.REGISTRATION_FAILED))


def applicator(frame: Snapshot, _: KernelState) -> Finding:
    """It is decided to be the planned applicator; a collar, where one is read, agrees."""
    if _shows_another(frame):
        return _failed(Reason.WRONG_APPLICATOR)
    if frame.alignment.applicator_id.decided:
        return PROVEN
    is_ok = frame.registration is RegistrationStatus.OK
    return _failed(Reason.APPLICATOR_UNDECIDED) if is_ok else UNTOLD


def bed(frame: Snapshot, _: KernelState) -> Finding:
    """The bed was fitted."""
    if frame.bed is BedStatus.OK:
        return PROVEN
    if not _is_planned_and_found(frame):
        return UNTOLD
    return _failed(_BED_REASONS.get(frame.bed, Reason.BED_UNCLEAR))


def survey(frame: Snapshot, _: KernelState) -> Finding:
    """The bed is where the survey has it. One that is seen well, but elsewhere, has changed."""
    is_hidden = frame.survey is SurveyStatus.LOST and frame.bed is not BedStatus.OK  # `bed` says
    if frame.survey in (SurveyStatus.NONE, SurveyStatus.OK) or is_hidden:
        return PROVEN
    return _failed(Reason.SURVEY_STALE) if _is_planned_and_found(frame) else UNTOLD


def limits(frame: Snapshot, _: KernelState) -> Finding:
    """Every quantity that the plan limits is proven inside its limit."""
    if not _is_planned_and_found(frame):
        return UNTOLD
    reasons = check_limits(frame.alignment, frame.plan.limits).reasons
    return _failed(*reasons) if reasons else PROVEN


def _shows_another(frame: Snapshot) -> bool:
    planned, identity = frame.plan.applicator_id, frame.alignment.applicator_id
    codes = frame.second.applicator_ids
    return (identity.decided and identity.value != planned) or (
        bool(codes) and planned not in codes
    )


def _is_planned_and_found(frame: Snapshot) -> bool:
    return frame.registration is RegistrationStatus.OK and not _shows_another(frame)


GUARDS: Mapping[Check, Guard] = {
    Check(guard.__name__): guard
    for guard in (
        *(system, order, content, age, camera, rig, mount, qa, plan, time_out, identities),
        *(second_estimate, labels, pose, applicator, bed, survey, limits),
    )
}
