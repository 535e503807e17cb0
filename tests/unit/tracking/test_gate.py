from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import (
    ALL_PROVEN,
    FRAME_NS,
    make_alignment,
    make_snapshot,
)
from tests.gate_runs import TEN, armed_state, one, run
from tracking.alignment import Alignment
from tracking.bed import BedStatus
from tracking.decision import FRAMES_TO_ARM, Verdict
from tracking.gate import MAX_FRAME_GAP_MS, decide
from tracking.guards import MAX_AGE_MS
from tracking.reasons import Reason
from tracking.registration import PoseStart, RegistrationStatus
from tracking.snapshot import Evidence, KernelState

AT_ARMING_EDGE = {"docking_tilt_deg": 0.85}  # between 0.8 and 1.0 of the tolerance of 1 deg


class TestArming:
    def test_ten_frames_and_150_ms_as_the_contract_says(self) -> None:
        assert (FRAMES_TO_ARM, MAX_AGE_MS) == (10, 150.0)

    def test_ready_exactly_on_the_tenth_consecutive_pass(self) -> None:
        decisions, _ = run([make_snapshot(i) for i in range(13)])
        assert [d.verdict for d in decisions] == [Verdict.UNSURE] * 9 + [Verdict.READY] * 4
        assert [d.reasons for d in decisions] == [(Reason.ARMING,)] * 9 + [()] * 4
        assert [d.arming_passed for d in decisions] == [*range(1, 10), 10, 10, 10, 10]
        assert all(d.checks_passed for d in decisions)

    @pytest.mark.parametrize("bad_frame", [0, 4, 8, 9])
    def test_one_bad_frame_starts_the_count_again(self, bad_frame: int) -> None:
        bad = make_alignment(values={"air_gap_mm": 9.0})
        snapshots = [
            make_snapshot(i, **({"alignment": bad} if i == bad_frame else {})) for i in range(25)
        ]
        decisions, _ = run(snapshots)
        first_ready = next(i for i, d in enumerate(decisions) if d.verdict is Verdict.READY)
        assert first_ready == bad_frame + 10
        assert decisions[bad_frame].arming_passed == 0

    def test_one_bad_frame_drops_ready(self) -> None:
        bad = make_alignment(values={"air_gap_mm": 9.0})
        decisions, state = run([make_snapshot(10, alignment=bad)], armed_state())
        assert decisions[0].verdict is Verdict.HOLD
        assert not state.armed
        again, _ = run([make_snapshot(i) for i in range(11, 21)], state)
        assert [d.verdict for d in again] == [Verdict.UNSURE] * 9 + [Verdict.READY]

    def test_a_pause_longer_than_the_limit_breaks_the_row(self) -> None:
        late = make_snapshot(10)
        pause_ns = int(MAX_FRAME_GAP_MS * 1e6) + 1
        last_ns = make_snapshot(9).stamp_ns
        within = replace(late, stamp_ns=last_ns + pause_ns - 1)
        beyond = replace(late, stamp_ns=last_ns + pause_ns)
        assert one(within, armed_state()).verdict is Verdict.READY
        decision = one(beyond, armed_state())
        assert (decision.verdict, decision.arming_passed) == (Verdict.UNSURE, 1)

    def test_skipped_frame_numbers_alone_do_not_disarm(self) -> None:
        assert one(make_snapshot(12), armed_state()).verdict is Verdict.READY


class TestPoseStart:
    """READY never rests on a pose that jumped."""

    SEARCHED = PoseStart.SEARCHED

    def test_a_searched_pose_drops_ready_and_arms_anew(self) -> None:
        decision, state = decide(make_snapshot(10, pose_start=self.SEARCHED), armed_state())
        assert (decision.verdict, decision.reasons) == (Verdict.UNSURE, (Reason.ARMING,))
        assert decision.checks_passed
        assert decision.arming_passed == 1
        assert not state.armed
        again, _ = run([make_snapshot(i) for i in range(11, 20)], state)
        assert [d.verdict for d in again] == [Verdict.UNSURE] * 8 + [Verdict.READY]

    def test_poses_that_are_searched_anew_each_time_never_arm(self) -> None:
        decisions, _ = run([make_snapshot(i, pose_start=self.SEARCHED) for i in range(40)])
        assert {d.verdict for d in decisions} == {Verdict.UNSURE}
        assert {d.arming_passed for d in decisions} == {1}

    def test_the_first_pose_counts_as_the_first_of_ten(self) -> None:
        snapshots = [
            make_snapshot(i, **({"pose_start": self.SEARCHED} if i == 0 else {})) for i in TEN
        ]
        assert run(snapshots)[0][-1].verdict is Verdict.READY

    def test_after_a_loss_it_costs_nothing_beyond_arming_anew(self) -> None:
        lost = make_snapshot(
            10,
            registration=RegistrationStatus.NO_APPLICATOR,
            pose_start=self.SEARCHED,
            bed=BedStatus.NO_POSE,
            alignment=Alignment(),
        )
        found = make_snapshot(11, pose_start=self.SEARCHED)
        rest = [make_snapshot(i) for i in range(12, 21)]
        decisions, _ = run([lost, found, *rest], armed_state())
        assert [d.arming_passed for d in decisions] == list(range(11))
        assert decisions[-1].verdict is Verdict.READY

    def test_a_searched_pose_beyond_the_arming_fraction_counts_nothing(self) -> None:
        edge = make_alignment(values=AT_ARMING_EDGE, sigma=0.01)
        snapshot = make_snapshot(10, alignment=edge, pose_start=self.SEARCHED)
        decision, _ = decide(snapshot, armed_state())
        assert (decision.reasons, decision.arming_passed) == ((Reason.ARMING,), 0)


class TestHysteresis:
    def test_between_the_fractions_passes_but_never_arms(self) -> None:
        edge = make_alignment(values=AT_ARMING_EDGE, sigma=0.01)
        decisions, state = run([make_snapshot(i, alignment=edge) for i in range(30)])
        assert {d.verdict for d in decisions} == {Verdict.UNSURE}
        assert {d.reasons for d in decisions} == {(Reason.ARMING,)}
        assert all(d.checks_passed for d in decisions)
        assert {d.arming_passed for d in decisions} == {0}
        assert not state.armed

    @pytest.mark.parametrize("edge_frame", [0, 4, 8, 9])
    def test_between_the_fractions_starts_the_count_again(self, edge_frame: int) -> None:
        edge = make_alignment(values=AT_ARMING_EDGE, sigma=0.01)
        snapshots = [
            make_snapshot(i, **({"alignment": edge} if i == edge_frame else {})) for i in range(25)
        ]
        decisions, _ = run(snapshots)
        first_ready = next(i for i, d in enumerate(decisions) if d.verdict is Verdict.READY)
        assert first_ready == edge_frame + 10
        assert decisions[edge_frame].arming_passed == 0
        assert decisions[edge_frame].checks_passed

    def test_between_the_fractions_stays(self) -> None:
        edge = make_alignment(values=AT_ARMING_EDGE, sigma=0.01)
        decisions, _ = run([make_snapshot(i, alignment=edge) for i in range(10, 20)], armed_state())
        assert {d.verdict for d in decisions} == {Verdict.READY}
        assert {d.arming_passed for d in decisions} == {FRAMES_TO_ARM}

    def test_not_proven_inside_the_tolerance_drops_without_a_move(self) -> None:
        beyond = make_alignment(values={"docking_tilt_deg": 0.98}, sigma=0.01)
        decision, state = decide(make_snapshot(10, alignment=beyond), armed_state())
        assert (decision.verdict, decision.reasons) == (Verdict.UNSURE, (Reason.TILT_UNCERTAIN,))
        assert not decision.checks_passed
        assert not state.armed

    def test_beyond_the_tolerance_drops(self) -> None:
        beyond = make_alignment(values={"docking_tilt_deg": 1.01}, sigma=0.01)
        decision, state = decide(make_snapshot(10, alignment=beyond), armed_state())
        assert (decision.verdict, decision.reasons) == (Verdict.HOLD, (Reason.TILT_HIGH,))
        assert not state.armed

    @pytest.mark.parametrize("tilt_deg", [0.0, 0.5, 0.81, 0.97, 0.999])
    @pytest.mark.parametrize("sigma_deg", [0.0, 0.05, 0.2, 0.5])
    def test_inside_the_tolerance_is_never_hold(self, tilt_deg: float, sigma_deg: float) -> None:
        alignment = make_alignment(
            values={"docking_tilt_deg": tilt_deg}, sigmas={"docking_tilt_deg": sigma_deg}
        )
        for state in (KernelState(), armed_state()):
            decision = one(make_snapshot(10, alignment=alignment), state)
            assert decision.verdict in (Verdict.READY, Verdict.UNSURE)

    def test_after_a_pause_the_arming_fraction_counts(self) -> None:
        edge = make_alignment(values=AT_ARMING_EDGE, sigma=0.01)
        decision = one(make_snapshot(40, alignment=edge), armed_state())
        assert (decision.verdict, decision.reasons) == (Verdict.UNSURE, (Reason.ARMING,))
        assert decision.arming_passed == 0


class TestFreshness:
    @pytest.mark.parametrize("age_ms", [150.01, 1e9, float("inf"), float("nan"), -0.01, -1e9])
    def test_an_age_that_is_not_proven_fresh_is_stale(self, age_ms: float) -> None:
        decision = one(make_snapshot(10, age_ms=age_ms), armed_state())
        assert (decision.verdict, decision.reasons) == (Verdict.UNSURE, (Reason.FRAME_STALE,))

    @pytest.mark.parametrize("age_ms", [0.0, 149.9, 150.0])
    def test_up_to_the_limit_is_fresh(self, age_ms: float) -> None:
        assert one(make_snapshot(10, age_ms=age_ms), armed_state()).verdict is Verdict.READY

    @pytest.mark.parametrize("content", ["content-8", "content-5", "content-0", ""])
    def test_a_stream_that_loops_or_has_no_content_is_frozen(self, content: str) -> None:
        decision = one(make_snapshot(10, depth_sha256=content), armed_state())
        assert (decision.verdict, decision.reasons[0]) == (Verdict.FAULT, Reason.FRAME_REPEATED)

    def test_what_is_remembered_of_the_content_is_bounded(self) -> None:
        state = run([make_snapshot(i) for i in range(100)])[1]
        assert state.recent_depth == tuple(f"content-{i}" for i in range(68, 100))

    def test_the_same_content_twice_is_frozen(self) -> None:
        decision = one(make_snapshot(10, depth_sha256="content-9"), armed_state())
        assert (decision.verdict, decision.reasons[0]) == (Verdict.FAULT, Reason.FRAME_REPEATED)

    @pytest.mark.parametrize("stamp_step_ns", [0, -1, -FRAME_NS])
    def test_a_stamp_that_does_not_rise_is_a_fault(self, stamp_step_ns: int) -> None:
        stamp_ns = make_snapshot(9).stamp_ns + stamp_step_ns
        decision = one(make_snapshot(10, stamp_ns=stamp_ns), armed_state())
        assert (decision.verdict, decision.reasons[0]) == (Verdict.FAULT, Reason.CLOCK_WENT_BACK)

    @pytest.mark.parametrize(
        ("frame_index", "stamp_ns", "is_first"),
        [(0, 0, True), (-1, 0, False), (0, -1, False), (float("nan"), 0, False)],
    )
    def test_a_first_frame_counts_from_zero(
        self, frame_index: int, stamp_ns: int, is_first: bool
    ) -> None:
        decision = one(make_snapshot(frame_index=frame_index, stamp_ns=stamp_ns))
        assert decision.checks_passed == is_first
        assert is_first or decision.reasons == (Reason.CLOCK_WENT_BACK,)

    def test_a_first_frame_whose_stamp_is_no_number_is_a_fault(self) -> None:
        decision = one(make_snapshot(stamp_ns=float("nan")))
        assert decision.reasons == (Reason.CLOCK_WENT_BACK,)

    @pytest.mark.parametrize("frame_index", [9, 8, -1])
    def test_a_frame_number_that_does_not_rise_is_a_fault(self, frame_index: int) -> None:
        decision = one(make_snapshot(10, frame_index=frame_index), armed_state())
        assert (decision.verdict, decision.reasons[0]) == (Verdict.FAULT, Reason.CLOCK_WENT_BACK)


class TestLatch:
    def faulted(self) -> KernelState:
        """Armed, then one frozen frame with number 10."""
        return run([make_snapshot(10, depth_sha256="content-9")], armed_state())[1]

    def test_a_fault_stays_without_acknowledgement(self) -> None:
        decisions, _ = run([make_snapshot(i) for i in range(11, 60)], self.faulted())
        assert {d.verdict for d in decisions} == {Verdict.FAULT}
        assert {d.reasons for d in decisions} == {(Reason.FAULT_LATCHED,)}
        assert not any(d.checks_passed for d in decisions)

    def test_acknowledged_it_arms_anew_with_fresh_frames(self) -> None:
        snapshots = [
            make_snapshot(i, acknowledged_frame=10 if i >= 15 else None) for i in range(11, 26)
        ]
        decisions, _ = run(snapshots, self.faulted())
        verdicts = [d.verdict for d in decisions]
        assert verdicts[:4] == [Verdict.FAULT] * 4
        assert verdicts[4:] == [Verdict.UNSURE] * 9 + [Verdict.READY] * 2

    def test_an_acknowledgement_while_the_cause_lasts_opens_nothing(self) -> None:
        still = make_snapshot(11, depth_sha256="content-9", acknowledged_frame=10)
        after = [make_snapshot(i, acknowledged_frame=10) for i in (12, 13)]
        decisions, _ = run([still, *after], self.faulted())
        assert [d.verdict for d in decisions] == [Verdict.FAULT] * 3

    @pytest.mark.parametrize("frame", [9, -1, 11, 12, 1000])
    def test_an_acknowledgement_of_an_older_or_of_a_frame_nobody_has_seen_opens_nothing(
        self, frame: int
    ) -> None:
        decision = one(make_snapshot(11, acknowledged_frame=frame), self.faulted())
        assert decision.reasons == (Reason.FAULT_LATCHED,)

    def test_an_acknowledgement_opens_only_what_it_was_given_for(self) -> None:
        opened = run([make_snapshot(11, acknowledged_frame=10)], self.faulted())[1]
        assert not opened.latched
        repeated = make_snapshot(12, depth_sha256="content-11", acknowledged_frame=10)
        decisions, _ = run([repeated, make_snapshot(13, acknowledged_frame=10)], opened)
        assert [d.verdict for d in decisions] == [Verdict.FAULT, Verdict.FAULT]

    def test_an_acknowledgement_of_before_the_counter_went_back_never_opens(self) -> None:
        """Frame 10 was acknowledged; then the counter starts again, and reaches 10 again."""
        opened = run([make_snapshot(11, acknowledged_frame=10)], self.faulted())[1]
        again = [
            replace(make_snapshot(100 + i, acknowledged_frame=10), frame_index=i) for i in range(60)
        ]
        decisions, _ = run(again, opened)
        assert decisions[0].reasons == (Reason.CLOCK_WENT_BACK,)
        assert {d.reasons for d in decisions[1:]} == {(Reason.FAULT_LATCHED,)}

    def test_an_acknowledgement_that_is_taken_back_opens_nothing(self) -> None:
        state = run([make_snapshot(11, acknowledged_frame=9)], self.faulted())[1]
        assert one(make_snapshot(12), state).reasons == (Reason.FAULT_LATCHED,)

    def test_once_opened_no_fault_is_remembered(self) -> None:
        opened = run([make_snapshot(11, acknowledged_frame=10)], self.faulted())[1]
        assert (opened.latched, opened.fault_frame) == (frozenset(), None)

    def test_an_acknowledgement_that_comes_with_the_cause_itself_opens_nothing(self) -> None:
        state = run(
            [make_snapshot(10, depth_sha256="content-9", acknowledged_frame=10)], armed_state()
        )[1]
        decisions, _ = run([make_snapshot(i, acknowledged_frame=10) for i in (11, 12)], state)
        assert {d.reasons for d in decisions} == {(Reason.FAULT_LATCHED,)}

    def test_an_assumed_acknowledgement_counts_on_the_first_good_frame(self) -> None:
        assumed = replace(ALL_PROVEN, acknowledgement=Evidence.ASSUMED)
        decisions, _ = run([make_snapshot(i, evidence=assumed) for i in TEN])
        assert decisions[-1].verdict is Verdict.READY
        decisions, _ = run(
            [make_snapshot(i, evidence=assumed) for i in range(11, 21)], self.faulted()
        )
        assert [d.verdict for d in decisions] == [Verdict.UNSURE] * 9 + [Verdict.READY]

    @pytest.mark.parametrize("state", [Evidence.MISSING, Evidence.FAILED, Evidence.PROVEN])
    def test_only_an_assumed_acknowledgement_opens_without_its_frame(self, state: Evidence) -> None:
        evidence = replace(ALL_PROVEN, acknowledgement=state)
        assert one(make_snapshot(11, evidence=evidence), self.faulted()).verdict is Verdict.FAULT


def test_precedence_is_fault_then_unsure_then_hold() -> None:
    snapshot = make_snapshot(
        10,
        age_ms=999.0,
        depth_sha256="content-9",
        alignment=make_alignment(values={"air_gap_mm": 9.0, "ssd_error_mm": 9.0}),
    )
    decision = one(snapshot, armed_state())
    assert decision.verdict is Verdict.FAULT
    assert decision.reasons == (
        Reason.FRAME_REPEATED,
        Reason.FRAME_STALE,
        Reason.SSD_HIGH,
        Reason.AIR_GAP_HIGH,
    )
    unsure = one(
        make_snapshot(10, age_ms=999.0, alignment=snapshot.alignment),
        armed_state(),
    )
    assert unsure.verdict is Verdict.UNSURE
    assert unsure.reasons[0] is Reason.FRAME_STALE


def test_the_kernel_is_pure() -> None:
    state, snapshot = armed_state(), make_snapshot(10)
    assert decide(snapshot, state) == decide(snapshot, state)
    assert state == armed_state()
