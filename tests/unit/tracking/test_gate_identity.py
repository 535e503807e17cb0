"""What the gate makes of the applicator's identity: another cone is the root cause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import PLANNED_IDENTITY, make_alignment, make_snapshot
from tracking.alignment import Alignment, ApplicatorIdentity
from tracking.bed import BedStatus
from tracking.decision import FRAMES_TO_ARM, GateDecision, Verdict
from tracking.gate import decide
from tracking.reasons import Reason
from tracking.registration import RegistrationStatus
from tracking.snapshot import KernelState, Snapshot


def _armed_state() -> KernelState:
    """State after ten perfect frames 0 to 9."""
    state = KernelState()
    for frame in range(FRAMES_TO_ARM):
        _, state = decide(make_snapshot(frame), state)
    return state


ARMED = _armed_state()


def _one(snapshot: Snapshot, state: KernelState) -> GateDecision:
    return decide(snapshot, state)[0]


def test_an_undecided_applicator_is_unsure() -> None:
    alignment = make_alignment(applicator_id=ApplicatorIdentity(None, 60.0, 15.0))
    decision = _one(make_snapshot(10, alignment=alignment), ARMED)
    assert decision.reasons == (Reason.APPLICATOR_UNDECIDED,)


def test_another_applicator_is_hold() -> None:
    other = replace(PLANNED_IDENTITY, value="D65-B15")
    decision = _one(make_snapshot(10, alignment=make_alignment(applicator_id=other)), ARMED)
    assert (decision.verdict, decision.reasons) == (Verdict.HOLD, (Reason.WRONG_APPLICATOR,))


@pytest.mark.parametrize("status", RegistrationStatus)
@pytest.mark.parametrize("bed", [BedStatus.OK, BedStatus.NO_POSE])
def test_another_applicator_is_the_root_cause(status: RegistrationStatus, bed: BedStatus) -> None:
    """Measured as the planned one it may look off plan, or fit badly: only the swap counts."""
    off_plan = make_alignment(
        values={"air_gap_mm": 9.0},
        applicator_id=replace(PLANNED_IDENTITY, value="D65-B15"),
    )
    snapshot = make_snapshot(10, registration=status, bed=bed, alignment=off_plan)
    decision, state = decide(snapshot, ARMED)
    assert (decision.verdict, decision.reasons) == (Verdict.HOLD, (Reason.WRONG_APPLICATOR,))
    assert (decision.checks_passed, state.armed) == (False, False)


@pytest.mark.parametrize("value", [None, "D60-B15", "D65-B15"])
def test_an_undecided_applicator_leaves_a_failed_registration_its_reason(value: str | None) -> None:
    alignment = Alignment(applicator_id=ApplicatorIdentity(value, 63.0, 15.0))
    for status, reason in (
        (RegistrationStatus.POOR_FIT, Reason.REGISTRATION_FAILED),
        (RegistrationStatus.NOT_THE_APPLICATOR, Reason.NOT_THE_APPLICATOR),
    ):
        snapshot = make_snapshot(10, registration=status, alignment=alignment)
        assert _one(snapshot, ARMED).reasons == (reason,)


def test_the_planned_applicator_leaves_a_failed_registration_its_reason() -> None:
    snapshot = make_snapshot(10, registration=RegistrationStatus.SEVERAL_APPLICATORS)
    assert _one(snapshot, ARMED).reasons == (Reason.SEVERAL_APPLICATORS,)


def test_another_applicator_hides_no_fault() -> None:
    other = make_alignment(applicator_id=replace(PLANNED_IDENTITY, value="D65-B15"))
    decision = _one(make_snapshot(9, alignment=other), ARMED)
    assert decision.verdict is Verdict.FAULT
    assert Reason.WRONG_APPLICATOR in decision.reasons
