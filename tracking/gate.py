"""The gate: one immutable snapshot and the previous state give verdict and next state.

Pure: no I/O, no clock. Every check starts as failed and is proven per frame; what cannot be
proven is a reason. READY needs every check proven in `FRAMES_TO_ARM` consecutive frames.

Fails to: not READY.
"""

from __future__ import annotations

from tracking.decision import FRAMES_TO_ARM, GateDecision, Verdict
from tracking.guards import GUARDS, Check, Finding
from tracking.limit_checks import check_limits
from tracking.reasons import TEXTS, Reason, Severity, in_precedence
from tracking.registration import PoseStart
from tracking.snapshot import Evidence, KernelState, Snapshot

MAX_FRAME_GAP_MS = 200.0  # longer, and frames are no longer consecutive
N_REMEMBERED = 32  # frames whose content must not come again: a second of a frozen or looped stream

_VERDICTS = {
    Severity.FAULT: Verdict.FAULT,
    Severity.UNSURE: Verdict.UNSURE,
    Severity.HOLD: Verdict.HOLD,
}


def decide(snapshot: Snapshot, state: KernelState) -> tuple[GateDecision, KernelState]:
    """Decide one frame."""
    findings = {check: guard(snapshot, state) for check, guard in GUARDS.items()}
    reasons = {reason for finding in findings.values() for reason in finding.reasons}
    is_proven = _all_proven(findings)
    if not reasons and not is_proven:
        reasons.add(Reason.CHECK_MISSING)
    causes = frozenset(r for r in reasons if TEXTS[r].severity is Severity.FAULT)
    latched, fault_frame = _latched(snapshot, state, causes)
    if latched and not causes:
        reasons.add(Reason.FAULT_LATCHED)
    checks_passed = is_proven and not reasons
    passed = _passed(snapshot, state) if checks_passed else 0
    if checks_passed and passed < FRAMES_TO_ARM:
        reasons.add(Reason.ARMING)
    ordered = in_precedence(reasons)
    verdict = _VERDICTS[TEXTS[ordered[0]].severity] if ordered else Verdict.READY
    next_state = KernelState(
        passed=passed,
        frame_index=snapshot.frame_index,
        stamp_ns=snapshot.stamp_ns,
        recent_depth=(*state.recent_depth, snapshot.depth_sha256)[-N_REMEMBERED:],
        latched=latched,
        fault_frame=fault_frame,
        acknowledged_frame=snapshot.acknowledged_frame,
    )
    return GateDecision(verdict, ordered, checks_passed, passed), next_state


def _all_proven(findings: dict[Check, Finding]) -> bool:
    """A check that did not run is not proven."""
    return all(check in findings and findings[check].is_proven for check in Check)


def _passed(snapshot: Snapshot, state: KernelState) -> int:
    """Consecutive frames towards READY: it arms inside 0.8 of each tolerance, stays inside 1.0."""
    is_consecutive = _is_consecutive(snapshot, state)
    if state.armed and is_consecutive:
        return FRAMES_TO_ARM
    if not check_limits(snapshot.alignment, snapshot.plan.limits).may_arm:
        return 0
    return state.passed + 1 if is_consecutive else 1


def _is_consecutive(snapshot: Snapshot, state: KernelState) -> bool:
    """Whether a frame that passed goes on where the last one was: in time, and by its pose."""
    if state.stamp_ns is None or snapshot.pose_start is not PoseStart.TRACKED:
        return False
    return snapshot.stamp_ns - state.stamp_ns <= MAX_FRAME_GAP_MS * 1e6


def _latched(
    snapshot: Snapshot, state: KernelState, causes: frozenset[Reason]
) -> tuple[frozenset[Reason], int | None]:
    """What stays latched, and the last frame that showed a cause of it."""
    if causes:
        return state.latched | causes, snapshot.frame_index
    if _is_acknowledged(snapshot, state):
        return frozenset(), None
    return state.latched, state.fault_frame


def _is_acknowledged(snapshot: Snapshot, state: KernelState) -> bool:
    """Whether a person has now seen the last cause; before it, or ahead of time, counts as not.

    It counts in the frame that it arrives with: one of before the counter went back would
    otherwise open a later fault when the counter reaches it.
    """
    if snapshot.evidence.acknowledgement is Evidence.ASSUMED:
        return True
    acknowledged, fault = snapshot.acknowledged_frame, state.fault_frame
    if acknowledged is None or fault is None or acknowledged == state.acknowledged_frame:
        return False
    return fault <= acknowledged < snapshot.frame_index
