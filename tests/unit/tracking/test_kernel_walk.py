"""The kernel beside a reference that tells section 6 of the design anew."""

from __future__ import annotations

import pytest

from tests.kernel.frames import Frame
from tests.kernel.reference import Reference
from tests.kernel.walk import BreakFoundError, Walk
from tracking import gate
from tracking.decision import Verdict
from tracking.guards import GUARDS, PROVEN, Check

STEPS = 10_000  # `python -m tests.kernel.walk` takes a million


def test_a_walk_without_a_break_that_reaches_ready_often() -> None:
    walk = Walk(seed=0)
    walk.run(STEPS)
    assert walk.verdicts.total() == STEPS
    assert min(walk.verdicts[verdict] for verdict in Verdict) > STEPS / 200
    assert walk.verdicts[Verdict.READY] > STEPS / 5
    assert walk.n_arrivals > STEPS / 100


@pytest.mark.parametrize("check", Check)
def test_a_kernel_with_a_check_that_always_passes_is_found(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "GUARDS", {**GUARDS, check: lambda _frame, _state: PROVEN})
    with pytest.raises(BreakFoundError):
        Walk(seed=3).run(2 * STEPS)


@pytest.mark.parametrize(("name", "value"), [("FRAMES_TO_ARM", 9), ("MAX_FRAME_GAP_MS", 201.0)])
def test_a_kernel_with_another_number_is_found(
    name: str, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, name, value)
    with pytest.raises((BreakFoundError, ValueError)):
        Walk(seed=0).run(STEPS)


def test_the_reference_says_what_the_design_says() -> None:
    reference = Reference()
    told = [reference.tell(Frame(i, i * 33_333_333, str(i))) for i in range(12)]
    assert told == [("ARMING",)] * 9 + [()] * 3
    fault = Frame(12, 12 * 33_333_333, "11", where={"air_gap_mm": "out"})
    assert reference.tell(fault) == ("FRAME_REPEATED", "AIR_GAP_HIGH")
    after = Frame(13, 13 * 33_333_333, "13")
    assert reference.tell(after) == ("FAULT_LATCHED",)
    seen = Frame(14, 14 * 33_333_333, "14", acknowledged=12)
    assert reference.tell(seen) == ("ARMING",)
