"""Runs one case of the kernel's campaign: the same session twice, with the fault and without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.faults.fault import SEVERITIES, Case, Fault, FaultedMoment
from pipeline.faults.nominal import NominalSession
from pipeline.supervisor.lease_holder import LEASE_NS
from tracking import gate
from tracking.decision import GateDecision, Verdict
from tracking.snapshot import KernelState

LATEST_ONSET = 40
EARLIEST_ONSET = 16  # READY for a few frames by then


@dataclass(frozen=True)
class CaseResult:
    """Outcome of one case.

    Attributes
    ----------
    twin_ready : bool
        The session without the fault was READY at the onset and in every later frame; where it
        was not, the case does not count.
    n_false_ready : int
        Faulted frames on which the kernel said READY.
    first_reason : str or None
        Told first on the first faulted frame that is not READY; None: no frame came.
    not_ready_ms : float
        From the exposure of the first faulted frame (silence: of the first that did not come)
        until the lease is dropped or has lapsed.
    """

    fault: str
    severity: int
    twin_ready: bool
    n_false_ready: int
    first_reason: str | None
    not_ready_ms: float


def draw_cases(fault_index: int, seed: int, session_index: int) -> list[Case]:
    """Return the cases of one class in one session: every severity, each at another onset."""
    session = NominalSession(seed * 1_000_003 + session_index)
    span = LATEST_ONSET - EARLIEST_ONSET
    return [
        Case(
            session,
            EARLIEST_ONSET + (7 * severity + 3 * fault_index + 5 * session_index) % span,
            severity,
        )
        for severity in SEVERITIES
    ]


def run_case(fault: Fault, case: Case) -> CaseResult:
    """Run the case and its twin from the state that both share."""
    state, was_ready, renewed_ns = state_before(case.session, case.onset)
    faulted = list(fault.strike(case))
    decisions = _decided(state, faulted)
    struck = [i for i, one in enumerate(faulted) if one.is_faulted]
    return CaseResult(
        fault=fault.name,
        severity=case.severity,
        twin_ready=was_ready and _stays_ready(case.session, case.onset),
        n_false_ready=sum(decisions[i].verdict is Verdict.READY for i in struck),
        first_reason=next(
            (d.reasons[0] for i in struck for d in [decisions[i]] if d.reasons), None
        ),
        not_ready_ms=_not_ready_ms(case, faulted, decisions, renewed_ns),
    )


@lru_cache(maxsize=64)
def state_before(session: NominalSession, onset: int) -> tuple[KernelState, bool, int]:
    """State before the onset, whether the last frame was READY, and when it was decided."""
    state, decision, renewed_ns = KernelState(), None, 0
    for index in range(onset):
        moment = session.moment(index)
        decision, state = gate.decide(moment.frame, state)
        renewed_ns = moment.decided_ns
    return state, decision is not None and decision.verdict is Verdict.READY, renewed_ns


@lru_cache(maxsize=64)
def _stays_ready(session: NominalSession, onset: int) -> bool:
    """Whether the session without a fault is READY in every moment of the window."""
    window = [FaultedMoment(moment) for moment in Case(session, onset, SEVERITIES[0]).window]
    decisions = _decided(state_before(session, onset)[0], window)
    return all(decision.verdict is Verdict.READY for decision in decisions)


def _decided(state: KernelState, moments: Sequence[FaultedMoment]) -> list[GateDecision]:
    decisions = []
    for one in moments:
        decision, state = gate.decide(one.moment.frame, state)
        decisions.append(decision)
    return decisions


def _not_ready_ms(
    case: Case, faulted: list[FaultedMoment], decisions: list[GateDecision], renewed_ns: int
) -> float:
    """Follow the lease: renewed by READY, dropped by anything else, lapsing by itself."""
    first = next((i for i, one in enumerate(faulted) if one.is_faulted), 0)
    began_ns = case.session.moment(case.onset + first).exposed_ns
    dropped_ns = renewed_ns + LEASE_NS
    for one, decision in zip(faulted, decisions, strict=True):
        if one.moment.decided_ns >= dropped_ns:
            break
        if decision.verdict is not Verdict.READY:
            dropped_ns = one.moment.decided_ns
            break
        dropped_ns = one.moment.decided_ns + LEASE_NS
    return (dropped_ns - began_ns) / 1e6
