"""What the gate is shown before a session begins: known to be bad, and one that is good.

A gate that says READY to anything bad must not start; one that never says READY proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipeline.faults.fault import Case, Fault
from pipeline.faults.kernel_campaign import FAULTS
from pipeline.faults.kernel_run import EARLIEST_ONSET, state_before
from pipeline.faults.nominal import NominalSession
from tracking.decision import GateDecision
from tracking.errors import FaultError
from tracking.gate import decide

SESSION = NominalSession(seed=0)


def kernel_stimuli() -> Mapping[str, Callable[[], GateDecision]]:
    """By name: each lets a gate that is READY meet the first frame of a fault.

    Raises
    ------
    FaultError
        The gate does not become READY on a perfect session: its answers prove nothing.
    """
    if not state_before(SESSION, EARLIEST_ONSET)[1]:
        raise FaultError(
            "The gate is not READY on a perfect session, so the proof test proves nothing.",
            expected=f"READY after {EARLIEST_ONSET} perfect frames",
            remedy="Do not use this software; call the engineer.",
        )
    return {fault.name: _stimulus(fault) for fault in FAULTS if fault.expects}


def _stimulus(fault: Fault) -> Callable[[], GateDecision]:
    def show() -> GateDecision:
        state = state_before(SESSION, EARLIEST_ONSET)[0]
        for one in fault.strike(Case(SESSION, EARLIEST_ONSET, severity=1)):
            decision, state = decide(one.moment.frame, state)
            if one.is_faulted:
                return decision
        raise FaultError(f"The stimulus '{fault.name}' shows the gate nothing.")

    return show
