"""Identities, second estimate, processes around the kernel, and checks that did not run."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from tests.builders import (
    AGREEING,
    ALL_PROVEN,
    IDENTITIES,
    PLANNED_IDENTITY,
    make_alignment,
    make_plan,
    make_snapshot,
)
from tracking import gate
from tracking.decision import FRAMES_TO_ARM, GateDecision, Verdict
from tracking.doubt import UNPROVEN
from tracking.gate import decide
from tracking.guards import GUARDS, PROVEN, UNTOLD, Check
from tracking.identities import Identities
from tracking.reasons import TEXTS, Reason, Severity
from tracking.registration import RegistrationStatus
from tracking.second_estimate import NO_OPINION, Status
from tracking.snapshot import Evidence, KernelState, Snapshot

NAN = float("nan")


def _armed() -> KernelState:
    state = KernelState()
    for frame in range(FRAMES_TO_ARM):
        _, state = decide(make_snapshot(frame), state)
    return state


ARMED = _armed()


def _one(**changes: object) -> GateDecision:
    return decide(make_snapshot(10, **changes), ARMED)[0]


def _second(changes: dict[str, Any]) -> GateDecision:
    return _one(second=replace(AGREEING, **changes))


def test_the_perfect_frame_is_ready() -> None:
    assert _one().verdict is Verdict.READY


def test_every_check_has_its_guard() -> None:
    assert list(GUARDS) == list(Check)


@pytest.mark.parametrize("check", Check)
def test_a_check_that_does_not_run_is_a_fault(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = {name: guard for name, guard in GUARDS.items() if name is not check}
    monkeypatch.setattr(gate, "GUARDS", rest)
    decision, state = decide(make_snapshot(10), ARMED)
    assert (decision.verdict, decision.reasons) == (Verdict.FAULT, (Reason.CHECK_MISSING,))
    assert not decision.checks_passed
    assert state.latched == {Reason.CHECK_MISSING}


@pytest.mark.parametrize("check", Check)
def test_a_check_that_fails_without_a_word_is_a_fault(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "GUARDS", {**GUARDS, check: lambda _frame, _state: UNTOLD})
    assert _one().reasons == (Reason.CHECK_MISSING,)


def test_a_finding_is_not_proven_by_default() -> None:
    assert not UNTOLD.is_proven
    assert PROVEN.is_proven


class TestSystem:
    def test_when_nobody_looked_it_is_a_fault(self) -> None:
        assert _one(system_faults=None).reasons == (Reason.CHECK_MISSING,)

    @pytest.mark.parametrize(
        "fault",
        [Reason.SUPERVISOR_LOST, Reason.AUDIT_FAILED, Reason.RECORDER_FAILED, Reason.SOURCE_FAILED],
    )
    def test_a_broken_process_is_a_latched_fault(self, fault: Reason) -> None:
        decision, state = decide(make_snapshot(10, system_faults=frozenset({fault})), ARMED)
        assert (decision.verdict, decision.reasons) == (Verdict.FAULT, (fault,))
        after, _ = decide(make_snapshot(11), state)
        assert after.reasons == (Reason.FAULT_LATCHED,)


class TestIdentities:
    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("plan", Reason.WRONG_PLAN),
            ("patient", Reason.WRONG_PATIENT),
            ("machine", Reason.WRONG_MACHINE),
            ("applicator", Reason.WRONG_APPLICATOR),
            ("rig", Reason.WRONG_RIG),
            ("model", Reason.WRONG_MODEL),
        ],
    )
    def test_what_was_not_confirmed_is_named_first(self, name: str, reason: Reason) -> None:
        decision = _one(running=replace(IDENTITIES, **{name: "another"}))
        assert decision.reasons == (reason,)
        assert decision.verdict in (Verdict.FAULT, Verdict.HOLD)

    def test_every_field_is_compared(self) -> None:
        other = Identities(*(entry.name for entry in fields(Identities)))
        for changes in ({"running": other}, {"confirmed": other}):
            reasons = _one(**changes).reasons
            assert len(reasons) == len(fields(Identities))
            assert reasons[0] is Reason.WRONG_PATIENT

    @pytest.mark.parametrize("name", [entry.name for entry in fields(Identities)])
    def test_an_empty_id_confirms_nothing(self, name: str) -> None:
        changes = {name: ""}
        nameless = replace(IDENTITIES, **changes)
        plan = make_plan(id=nameless.plan)
        decision = _one(running=nameless, confirmed=nameless, plan=plan)
        assert decision.reasons == (Reason[f"WRONG_{name.upper()}"],)

    @pytest.mark.parametrize("confirmed", [IDENTITIES, None])
    def test_limits_of_another_plan_than_the_running_one_are_the_wrong_plan(
        self, confirmed: Identities | None
    ) -> None:
        changes = {"time_out": Evidence.PROVEN if confirmed else Evidence.ASSUMED}
        decision = _one(
            plan=make_plan(id="plan@2"),
            confirmed=confirmed,
            evidence=replace(ALL_PROVEN, **changes),
        )
        assert decision.reasons == (Reason.WRONG_PLAN,)

    def test_without_a_time_out_the_wrong_plan_is_told_as_well(self) -> None:
        decision = _one(plan=make_plan(id="plan@2"), confirmed=None)
        assert decision.reasons == (Reason.WRONG_PLAN, Reason.NO_TIMEOUT)

    def test_a_time_out_that_names_nothing_confirms_nothing(self) -> None:
        assert _one(confirmed=None).reasons == (Reason.NO_TIMEOUT,)

    def test_without_a_time_out_that_is_what_is_told(self) -> None:
        evidence = replace(ALL_PROVEN, time_out=Evidence.MISSING)
        assert _one(confirmed=None, evidence=evidence).reasons == (Reason.NO_TIMEOUT,)

    def test_an_assumed_time_out_does_not_excuse_a_confirmed_other_plan(self) -> None:
        evidence = replace(ALL_PROVEN, time_out=Evidence.ASSUMED)
        assert _one(confirmed=None, evidence=evidence).verdict is Verdict.READY
        other = replace(IDENTITIES, plan="another")
        assert _one(confirmed=other, evidence=evidence).reasons == (Reason.WRONG_PLAN,)


class TestSecondEstimate:
    @pytest.mark.parametrize("state", Evidence)
    def test_none_is_excused_only_where_it_is_assumed(self, state: Evidence) -> None:
        evidence = replace(ALL_PROVEN, second_estimate=state)
        decision = _one(second=NO_OPINION, evidence=evidence)
        if state is Evidence.ASSUMED:
            assert decision.verdict is Verdict.READY
        else:
            assert decision.reasons == (Reason.NO_SECOND_ESTIMATE,)

    def test_a_collar_that_is_not_seen_is_never_excused(self) -> None:
        evidence = replace(ALL_PROVEN, second_estimate=Evidence.ASSUMED)
        decision = _one(second=replace(NO_OPINION, status=Status.NOT_SEEN), evidence=evidence)
        assert decision.reasons == (Reason.NO_SECOND_ESTIMATE,)

    @pytest.mark.parametrize("bound", [2.0001, NAN, None, -0.1, float("inf")])
    def test_a_ring_bound_that_is_not_proven_small_is_weak(self, bound: float | None) -> None:
        assert _second({"ring_bound_mm": bound}).reasons == (Reason.SECOND_ESTIMATE_WEAK,)

    @pytest.mark.parametrize("bound", [1.0001, NAN, None, -0.1, float("inf")])
    def test_an_axis_bound_that_is_not_proven_small_is_weak(self, bound: float | None) -> None:
        assert _second({"axis_bound_deg": bound}).reasons == (Reason.SECOND_ESTIMATE_WEAK,)

    def test_bounds_at_their_limits_count(self) -> None:
        assert _second({"ring_bound_mm": 2.0, "axis_bound_deg": 1.0}).verdict is Verdict.READY

    @pytest.mark.parametrize("distance_mm", [2.1001, NAN, None, -1.0])
    def test_a_ring_elsewhere_disagrees(self, distance_mm: float | None) -> None:
        assert _second({"distance_mm": distance_mm}).reasons == (Reason.SECOND_ESTIMATE_DISAGREES,)

    @pytest.mark.parametrize("angle_deg", [1.0001, NAN, None, -1.0])
    def test_another_axis_disagrees(self, angle_deg: float | None) -> None:
        assert _second({"angle_deg": angle_deg}).reasons == (Reason.SECOND_ESTIMATE_DISAGREES,)

    def test_within_a_millimetre_and_both_bounds_it_agrees(self) -> None:
        assert _second({"distance_mm": 2.0999, "angle_deg": 0.9999}).verdict is Verdict.READY

    def test_the_same_pose_known_exactly_agrees(self) -> None:
        numbers = [entry.name for entry in fields(AGREEING) if entry.name.endswith(("_mm", "_deg"))]
        assert len(numbers) == 6
        assert _second(dict.fromkeys(numbers, 0.0)).verdict is Verdict.READY

    @pytest.mark.parametrize(
        ("distance_mm", "angle_deg", "agrees"),
        [(5.0, 2.5, True), (5.001, 2.5, False), (5.0, 2.501, False)],
    )
    def test_bounds_widen_what_agrees_no_further_than_their_own_limits(
        self, distance_mm: float, angle_deg: float, agrees: bool
    ) -> None:
        widest = {"ring_bound_mm": 2.0, "axis_bound_deg": 1.0}
        widest |= {"first_ring_bound_mm": 2.0, "first_axis_bound_deg": 1.0}
        decision = _second(widest | {"distance_mm": distance_mm, "angle_deg": angle_deg})
        assert (decision.verdict is Verdict.READY) == agrees

    @pytest.mark.parametrize(
        ("name", "bound"), [("first_ring_bound_mm", 2.0001), ("first_axis_bound_deg", 1.0001)]
    )
    def test_a_registration_with_a_wide_bound_agrees_with_nothing(
        self, name: str, bound: float
    ) -> None:
        assert _second({name: bound}).reasons == (Reason.SECOND_ESTIMATE_DISAGREES,)

    @pytest.mark.parametrize("name", ["first_ring_bound_mm", "first_axis_bound_deg"])
    @pytest.mark.parametrize("bound", [NAN, None, -0.1, float("inf")])
    def test_a_registration_without_bounds_agrees_with_nothing(
        self, name: str, bound: float | None
    ) -> None:
        assert _second({name: bound}).reasons == (Reason.SECOND_ESTIMATE_DISAGREES,)

    def test_a_collar_of_another_applicator_is_another_applicator(self) -> None:
        assert _second({"applicator_ids": ("D65-B15",)}).reasons == (Reason.WRONG_APPLICATOR,)
        assert _second({"applicator_ids": ("D60-B15", "D65-B15")}).verdict is Verdict.READY

    @pytest.mark.parametrize("codes", [(), ("D60-B15",), ("D60-B15", "D65-B15")])
    def test_a_code_alone_decides_nothing(self, codes: tuple[str, ...]) -> None:
        """What is measured has to agree with it: `collar_identity` decides with both."""
        undecided = make_alignment(applicator_id=replace(PLANNED_IDENTITY, decided=False))
        second = replace(AGREEING, applicator_ids=codes)
        assert _one(alignment=undecided, second=second).reasons == (Reason.APPLICATOR_UNDECIDED,)

    def test_a_code_does_not_overrule_an_image_that_shows_another_cone(self) -> None:
        other = make_alignment(applicator_id=replace(PLANNED_IDENTITY, value="D65-B15"))
        second = replace(AGREEING, applicator_ids=("D60-B15",))
        assert _one(alignment=other, second=second).reasons == (Reason.WRONG_APPLICATOR,)


def test_labels_that_nobody_vouches_for_name_no_other_cone_for_certain() -> None:
    other = make_alignment(applicator_id=replace(make_alignment().applicator_id, value="D65-B15"))
    decision = _one(alignment=other, doubt=UNPROVEN)
    assert decision.reasons == (Reason.LABELS_DOUBTFUL, Reason.WRONG_APPLICATOR)
    assert decision.verdict is Verdict.UNSURE


def test_nor_do_they_where_the_other_cone_does_not_fit() -> None:
    other = make_alignment(applicator_id=replace(PLANNED_IDENTITY, value="D65-B15"))
    unfitted = RegistrationStatus.POOR_FIT
    decision = _one(alignment=other, doubt=UNPROVEN, registration=unfitted)
    assert decision.reasons == (Reason.LABELS_DOUBTFUL, Reason.WRONG_APPLICATOR)


def test_every_fault_latches() -> None:
    snapshot: Snapshot = make_snapshot(
        10, running=replace(IDENTITIES, plan="another"), depth_sha256="content-9"
    )
    _, state = decide(snapshot, ARMED)
    assert state.latched == {Reason.WRONG_PLAN, Reason.FRAME_REPEATED}
    assert all(TEXTS[reason].severity is Severity.FAULT for reason in state.latched)
    assert state.fault_frame == 10
