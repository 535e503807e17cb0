"""The gate: one immutable snapshot and the previous state give verdict and next state.

Pure: no I/O, no clock. Every check starts as failed and is proven per frame; what cannot be
proven is a reason. READY needs no reasons in `FRAMES_TO_ARM` consecutive frames.

Fails to: not READY.
"""

from __future__ import annotations

from tracking.bed import BedStatus
from tracking.decision import FRAMES_TO_ARM, GateDecision, Verdict
from tracking.doubt import DoubtCause
from tracking.limit_checks import LimitResult, check_limits
from tracking.reasons import TEXTS, Reason, Severity, in_precedence
from tracking.registration import PoseStart, RegistrationStatus
from tracking.snapshot import Evidence, KernelState, SessionEvidence, Snapshot
from tracking.survey_alignment import SurveyStatus

MAX_AGE_MS = 150.0  # exposure to decision (DESIGN section 6)
MAX_FRAME_GAP_MS = 200.0  # longer, and frames are no longer consecutive

_VERDICTS = {
    Severity.FAULT: Verdict.FAULT,
    Severity.UNSURE: Verdict.UNSURE,
    Severity.HOLD: Verdict.HOLD,
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
_DOUBT_REASONS = {
    DoubtCause.LIGHT: Reason.LIGHT_UNSUITABLE,
    DoubtCause.DEPTH: Reason.DEPTH_MISSING,
}
_BED_REASONS = {
    BedStatus.NO_BED: Reason.NO_BED,
    BedStatus.TOO_FEW_POINTS: Reason.NO_BED,
    BedStatus.RIM_HIDDEN: Reason.BED_HIDDEN,
}


def decide(snapshot: Snapshot, state: KernelState) -> tuple[GateDecision, KernelState]:
    """Decide one frame."""
    is_consecutive = _is_consecutive(snapshot, state)
    armed = state.armed and is_consecutive
    reasons = _faults(snapshot, state)
    causes = frozenset(reasons)
    latched = (state.latched | causes) if causes else _still_latched(snapshot, state)
    if latched and not causes:
        reasons.add(Reason.FAULT_LATCHED)
    reasons |= _session_reasons(snapshot.evidence)
    if not snapshot.plan.approved:
        reasons.add(Reason.PLAN_NOT_APPROVED)
    if not (0.0 <= snapshot.age_ms <= MAX_AGE_MS):
        reasons.add(Reason.FRAME_STALE)
    limits = check_limits(snapshot.alignment, snapshot.plan.limits)
    reasons |= _measurement_reasons(snapshot, limits)
    checks_passed = not reasons
    before = state.passed if is_consecutive else 0
    passed = _passed(before, armed=armed, may_arm=limits.may_arm) if checks_passed else 0
    armed = passed >= FRAMES_TO_ARM
    if checks_passed and not armed:
        reasons.add(Reason.ARMING)
    ordered = in_precedence(reasons)
    verdict = _VERDICTS[TEXTS[ordered[0]].severity] if ordered else Verdict.READY
    next_state = KernelState(
        armed=armed,
        passed=passed,
        frame_index=snapshot.frame_index,
        stamp_ns=snapshot.stamp_ns,
        depth_sha256=snapshot.depth_sha256,
        latched=latched,
    )
    return GateDecision(verdict, ordered, checks_passed, passed), next_state


def _passed(before: int, *, armed: bool, may_arm: bool) -> int:
    """Consecutive frames towards READY: it arms inside 0.8 of each tolerance, stays inside 1.0."""
    if armed:
        return FRAMES_TO_ARM
    return min(before + 1, FRAMES_TO_ARM) if may_arm else 0


def _is_consecutive(snapshot: Snapshot, state: KernelState) -> bool:
    """Whether the frame goes on where the last one was: in time, and by its pose."""
    if state.stamp_ns is None or snapshot.pose_start is not PoseStart.TRACKED:
        return False
    return 0 < snapshot.stamp_ns - state.stamp_ns <= MAX_FRAME_GAP_MS * 1e6


def _faults(snapshot: Snapshot, state: KernelState) -> set[Reason]:
    """Broken input or system."""
    faults = set()
    if state.frame_index is not None and state.stamp_ns is not None:
        if not (snapshot.frame_index > state.frame_index and snapshot.stamp_ns > state.stamp_ns):
            faults.add(Reason.CLOCK_WENT_BACK)
        if snapshot.depth_sha256 == state.depth_sha256:
            faults.add(Reason.FRAME_REPEATED)
    if snapshot.evidence.camera_serial is Evidence.FAILED:
        faults.add(Reason.WRONG_CAMERA)
    if not snapshot.evidence.rig_validity.holds:
        faults.add(Reason.RIG_EXPIRED)
    if snapshot.evidence.fiducial is Evidence.FAILED:
        faults.add(Reason.CAMERA_BUMPED)
    return faults


def _still_latched(snapshot: Snapshot, state: KernelState) -> frozenset[Reason]:
    """A latch opens once its cause is gone and a person has acknowledged it."""
    return frozenset() if snapshot.evidence.acknowledgement.holds else state.latched


def _session_reasons(evidence: SessionEvidence) -> set[Reason]:
    """What must have been proven outside the frame, and was not."""
    required = (
        (evidence.camera_serial, Reason.WRONG_CAMERA),
        (evidence.qa, Reason.NO_QA),
        (evidence.time_out, Reason.NO_TIMEOUT),
        (evidence.second_estimate, Reason.NO_SECOND_ESTIMATE),
        (evidence.fiducial, Reason.NO_FIDUCIAL),
    )
    return {reason for state, reason in required if not state.holds}


def _measurement_reasons(snapshot: Snapshot, limits: LimitResult) -> set[Reason]:
    """Root cause first: another cone than planned, measured as the planned one, says nothing.

    Nor can anything be said without a pose.
    """
    identity = snapshot.alignment.applicator_id
    if identity.decided and identity.value != snapshot.plan.applicator_id:
        return {Reason.WRONG_APPLICATOR}
    if snapshot.registration is not RegistrationStatus.OK:
        return {_REGISTRATION_REASONS.get(snapshot.registration, Reason.REGISTRATION_FAILED)}
    reasons = set(limits.reasons)
    if snapshot.bed is not BedStatus.OK:
        reasons.add(_BED_REASONS.get(snapshot.bed, Reason.BED_UNCLEAR))
    if not snapshot.doubt.is_believable:
        reasons.add(_DOUBT_REASONS.get(snapshot.doubt.cause, Reason.LABELS_DOUBTFUL))
    if _is_survey_stale(snapshot):
        reasons.add(Reason.SURVEY_STALE)
    if not identity.decided:
        reasons.add(Reason.APPLICATOR_UNDECIDED)
    return reasons


def _is_survey_stale(snapshot: Snapshot) -> bool:
    """A bed that is seen well enough to measure, but not where the survey has it, has changed."""
    is_elsewhere = snapshot.survey is SurveyStatus.LOST and snapshot.bed is BedStatus.OK
    return snapshot.survey is SurveyStatus.STALE or is_elsewhere
