"""Labels that are not believable keep every frame from READY."""

from __future__ import annotations

import pytest

from tests.builders import make_alignment, make_snapshot
from tracking.decision import Verdict
from tracking.doubt import STORED_LABELS, UNPROVEN, DoubtCause, LabelDoubt
from tracking.gate import decide
from tracking.reasons import Reason
from tracking.registration import RegistrationStatus
from tracking.snapshot import KernelState, Snapshot


def _reasons(snapshot: Snapshot) -> tuple[Reason, ...]:
    decision, _ = decide(snapshot, KernelState())
    assert decision.checks_passed == (decision.reasons == (Reason.ARMING,))
    return decision.reasons


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (DoubtCause.UNFAMILIAR, Reason.LABELS_DOUBTFUL),
        (DoubtCause.GEOMETRY, Reason.LABELS_DOUBTFUL),
        (DoubtCause.LIGHT, Reason.LIGHT_UNSUITABLE),
        (DoubtCause.DEPTH, Reason.DEPTH_MISSING),
    ],
)
def test_doubt_above_the_limit_is_unsure_with_its_cause(cause: DoubtCause, reason: Reason) -> None:
    doubtful = LabelDoubt(0.3, 0.2, cause)
    assert _reasons(make_snapshot(doubt=doubtful)) == (reason,)
    assert decide(make_snapshot(doubt=doubtful), KernelState())[0].verdict is Verdict.UNSURE


def test_doubt_at_the_limit_passes() -> None:
    assert _reasons(make_snapshot(doubt=LabelDoubt(0.2, 0.2))) == (Reason.ARMING,)
    assert _reasons(make_snapshot(doubt=STORED_LABELS)) == (Reason.ARMING,)


@pytest.mark.parametrize("doubt", [UNPROVEN, LabelDoubt(None, 0.9), LabelDoubt(0.0, float("nan"))])
def test_labels_that_nobody_vouches_for_never_pass(doubt: LabelDoubt) -> None:
    assert _reasons(make_snapshot(doubt=doubt)) == (Reason.LABELS_DOUBTFUL,)


def test_a_snapshot_that_does_not_say_is_not_believed() -> None:
    told = vars(make_snapshot()).copy()
    del told["doubt"]
    assert _reasons(Snapshot(**told)) == (Reason.LABELS_DOUBTFUL,)


def test_without_a_pose_its_own_reason_stands_alone() -> None:
    missing = make_snapshot(registration=RegistrationStatus.NO_APPLICATOR, doubt=UNPROVEN)
    assert _reasons(missing) == (Reason.NO_APPLICATOR,)


def test_what_is_out_of_tolerance_is_told_beside_the_doubt() -> None:
    off = make_alignment(values={"docking_gap_mm": 48.0})
    reasons = _reasons(make_snapshot(alignment=off, doubt=UNPROVEN))
    assert reasons == (Reason.LABELS_DOUBTFUL, Reason.DOCKING_GAP_HIGH)
