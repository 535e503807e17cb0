"""The kernel's fault campaign: nothing is falsely READY, and it would notice if something were."""

from __future__ import annotations

import pytest

from pipeline.faults import kernel_campaign
from pipeline.faults.ablation import ABLATIONS, Trial, run_trial
from pipeline.faults.fault import SEVERITIES, WINDOW, Case
from pipeline.faults.kernel_campaign import (
    EXPECTED,
    FAULTS,
    Piece,
    findings,
    is_expected,
    run_piece,
)
from pipeline.faults.kernel_run import EARLIEST_ONSET, CaseResult, state_before
from pipeline.faults.lease_faults import LEASE_FAULTS
from pipeline.faults.nominal import PLAN, NominalSession
from tracking import gate
from tracking.decision import Verdict
from tracking.guards import GUARDS, PROVEN, Check
from tracking.snapshot import KernelState

N_CLASSES = 40  # asked for


@pytest.fixture(scope="module")
def results() -> list[CaseResult]:
    return run_piece(Piece(seed=5, session_index=3))


def test_there_are_enough_classes_and_each_has_its_own_name() -> None:
    assert len(EXPECTED) == len(FAULTS) + len(LEASE_FAULTS)
    assert len(EXPECTED) >= N_CLASSES


def test_no_faulted_frame_is_ready_and_every_twin_is(results: list[CaseResult]) -> None:
    assert len(results) == len(EXPECTED) * len(SEVERITIES)
    assert [r for r in results if not r.twin_ready] == []
    assert [r for r in results if r.n_false_ready] == []


def test_what_is_told_first_is_what_the_class_is_about(results: list[CaseResult]) -> None:
    assert [(r.fault, r.first_reason) for r in results if not is_expected(r)] == []


def test_the_lease_ends_in_time(results: list[CaseResult]) -> None:
    assert max(r.not_ready_ms for r in results) <= kernel_campaign.SILENCE_GOAL_MS
    content = [r.not_ready_ms for r in results if r.fault not in kernel_campaign.SILENT]
    assert min(content) > 0
    assert max(content) <= kernel_campaign.CONTENT_GOAL_MS


def test_a_case_whose_twin_is_not_ready_does_not_count() -> None:
    bad = CaseResult("wrong plan", 1, twin_ready=False, n_false_ready=3, first_reason=None,
                     not_ready_ms=9e9)  # fmt: skip
    found = findings([bad], n_cases=1)
    assert found.data["counted"] == 0
    fewest = [goal for goal in found.goals if "fewest" in goal.name]
    assert not fewest[0].is_met


def test_one_false_ready_fails_the_campaign(results: list[CaseResult]) -> None:
    bad = CaseResult("wrong plan", 1, twin_ready=True, n_false_ready=1, first_reason="WRONG_PLAN",
                     not_ready_ms=40.0)  # fmt: skip
    goals = {goal.name: goal for goal in findings([*results, bad]).goals}
    missed = [name for name, goal in goals.items() if not goal.is_met]
    assert len(missed) == 1
    assert missed[0].startswith("false READY")


def test_a_gate_that_is_always_ready_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    always = dict.fromkeys(GUARDS, lambda _frame, _state: PROVEN)
    monkeypatch.setattr(gate, "GUARDS", always)
    found = findings(run_piece(Piece(seed=6, session_index=0)))
    assert int(str(found.data["false_ready"])) > 100


@pytest.mark.parametrize(
    "guard",
    [
        f"check: {Check.CONTENT}",
        f"check: {Check.IDENTITIES}",
        f"check: {Check.POSE}",
        "ten frames to arm",
    ],
)
def test_a_guard_that_is_switched_off_is_missed(guard: str) -> None:
    index = next(i for i, each in enumerate(ABLATIONS) if each.guard == guard)
    result = run_trial(Trial(index, seed=2, n_sessions=1))
    assert result.is_missed
    assert all(r.n_false_ready == 0 for r in run_piece(Piece(2, 0)))  # switched on again


def test_every_check_of_the_kernel_is_switched_off_in_turn() -> None:
    assert {f"check: {check}" for check in Check} <= {each.guard for each in ABLATIONS}


def test_nominal_sessions_are_well_inside_and_differ() -> None:
    first, other = NominalSession(1), NominalSession(2)
    assert first.truth != other.truth
    assert first.moment(3).frame == NominalSession(1).moment(3).frame
    assert abs(first.truth["ssd_error_mm"]) <= 0.3 * PLAN.limits.ssd_error_mm.tolerance + 1e-9
    stamps = [moment.frame.stamp_ns for moment in Case(first, 20, 1).window]
    assert len(stamps) == WINDOW
    assert stamps == sorted(set(stamps))


def test_a_nominal_session_is_ready_before_the_earliest_onset() -> None:
    state, was_ready, _ = state_before(NominalSession(11), EARLIEST_ONSET)
    assert was_ready
    assert state != KernelState()
    decision, _ = gate.decide(NominalSession(11).moment(EARLIEST_ONSET).frame, state)
    assert decision.verdict is Verdict.READY
