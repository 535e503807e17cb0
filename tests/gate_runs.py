"""Frames through the gate, one after the other."""

from __future__ import annotations

from tests.builders import make_snapshot
from tracking.decision import FRAMES_TO_ARM, GateDecision
from tracking.gate import decide
from tracking.snapshot import KernelState, Snapshot

TEN = range(FRAMES_TO_ARM)


def run(
    snapshots: list[Snapshot], state: KernelState | None = None
) -> tuple[list[GateDecision], KernelState]:
    state = state or KernelState()
    decisions = []
    for snapshot in snapshots:
        decision, state = decide(snapshot, state)
        decisions.append(decision)
    return decisions, state


def armed_state() -> KernelState:
    """State after ten perfect frames 0 to 9."""
    return run([make_snapshot(i) for i in TEN])[1]


def one(snapshot: Snapshot, state: KernelState | None = None) -> GateDecision:
    return decide(snapshot, state or KernelState())[0]
