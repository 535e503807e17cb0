"""What the gate says of evidence that does not hold, and of frames that show too little."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import (
    ALL_PROVEN,
    make_plan,
    make_snapshot,
)
from tests.gate_runs import TEN, armed_state, one, run
from tracking.alignment import Alignment
from tracking.bed import BedStatus
from tracking.decision import Verdict
from tracking.reasons import Reason
from tracking.registration import RegistrationStatus
from tracking.second_estimate import NO_OPINION
from tracking.snapshot import Evidence, SessionEvidence

AT_ARMING_EDGE = {"docking_tilt_deg": 0.85}  # between 0.8 and 1.0 of the tolerance of 1 deg


class TestEvidence:
    @pytest.mark.parametrize(
        ("name", "state", "verdict", "reason"),
        [
            ("camera_serial", Evidence.FAILED, Verdict.FAULT, Reason.WRONG_CAMERA),
            ("camera_serial", Evidence.MISSING, Verdict.FAULT, Reason.WRONG_CAMERA),
            ("rig_validity", Evidence.FAILED, Verdict.FAULT, Reason.RIG_EXPIRED),
            ("rig_validity", Evidence.MISSING, Verdict.FAULT, Reason.RIG_EXPIRED),
            ("fiducial", Evidence.FAILED, Verdict.FAULT, Reason.CAMERA_BUMPED),
            ("fiducial", Evidence.MISSING, Verdict.UNSURE, Reason.NO_FIDUCIAL),
            ("qa", Evidence.FAILED, Verdict.FAULT, Reason.QA_FAILED),
            ("qa", Evidence.MISSING, Verdict.UNSURE, Reason.NO_QA),
            ("time_out", Evidence.FAILED, Verdict.UNSURE, Reason.NO_TIMEOUT),
            ("time_out", Evidence.MISSING, Verdict.UNSURE, Reason.NO_TIMEOUT),
        ],
    )
    def test_what_does_not_hold_is_named(
        self, name: str, state: Evidence, verdict: Verdict, reason: Reason
    ) -> None:
        evidence = replace(ALL_PROVEN, **{name: state})
        decision = one(make_snapshot(10, evidence=evidence), armed_state())
        assert (decision.verdict, decision.reasons[0]) == (verdict, reason)

    def test_a_live_session_without_records_is_never_ready(self) -> None:
        decisions, _ = run([make_snapshot(i, evidence=SessionEvidence()) for i in range(40)])
        assert Verdict.READY not in {d.verdict for d in decisions}
        assert all(Reason.NO_TIMEOUT in d.reasons and Reason.NO_QA in d.reasons for d in decisions)

    def test_only_the_time_out_missing_says_so_and_is_never_ready(self) -> None:
        evidence = replace(ALL_PROVEN, time_out=Evidence.MISSING)
        decisions, _ = run([make_snapshot(i, evidence=evidence) for i in range(40)])
        assert {d.reasons for d in decisions} == {(Reason.NO_TIMEOUT,)}
        assert {d.verdict for d in decisions} == {Verdict.UNSURE}

    def test_assumed_evidence_holds(self) -> None:
        assumed = {
            "evidence": SessionEvidence(*[Evidence.ASSUMED] * 7),
            "confirmed": None,
            "second": NO_OPINION,
        }
        decisions, _ = run([make_snapshot(i, **assumed) for i in TEN])
        assert decisions[-1].verdict is Verdict.READY

    @pytest.mark.parametrize("approved", ["yes", 1, None])
    def test_an_approval_that_is_not_said_plainly_is_none(self, approved: object) -> None:
        decision = one(make_snapshot(10, plan=make_plan(approved=approved)), armed_state())
        assert decision.reasons == (Reason.PLAN_NOT_APPROVED,)

    def test_an_unapproved_plan_is_never_ready(self) -> None:
        plan = make_plan(approved=False)
        decisions, _ = run([make_snapshot(i, plan=plan) for i in range(40)])
        assert {d.reasons for d in decisions} == {(Reason.PLAN_NOT_APPROVED,)}


class TestMeasurements:
    @pytest.mark.parametrize(
        ("status", "reason"),
        [
            (RegistrationStatus.NO_APPLICATOR, Reason.NO_APPLICATOR),
            (RegistrationStatus.DEPTH_MISSING, Reason.DEPTH_MISSING),
            (RegistrationStatus.DEPTH_FALSE, Reason.DEPTH_FALSE),
            (RegistrationStatus.SEVERAL_APPLICATORS, Reason.SEVERAL_APPLICATORS),
            (RegistrationStatus.NOT_THE_APPLICATOR, Reason.NOT_THE_APPLICATOR),
            (RegistrationStatus.TOO_FEW_POINTS, Reason.REGISTRATION_WEAK),
            (RegistrationStatus.WEAK_GEOMETRY, Reason.REGISTRATION_WEAK),
            (RegistrationStatus.NOT_CONVERGED, Reason.REGISTRATION_FAILED),
            (RegistrationStatus.POOR_FIT, Reason.REGISTRATION_FAILED),
        ],
    )
    def test_without_a_pose_only_its_cause_is_told(
        self, status: RegistrationStatus, reason: Reason
    ) -> None:
        snapshot = make_snapshot(
            10, registration=status, bed=BedStatus.NO_POSE, alignment=Alignment()
        )
        decision = one(snapshot, armed_state())
        assert (decision.verdict, decision.reasons) == (Verdict.UNSURE, (reason,))

    def test_every_status_but_ok_keeps_it_from_ready(self) -> None:
        for status in set(RegistrationStatus) - {RegistrationStatus.OK}:
            assert one(make_snapshot(10, registration=status), armed_state()).reasons

    @pytest.mark.parametrize(
        ("status", "reason"),
        [
            (BedStatus.NO_BED, Reason.NO_BED),
            (BedStatus.TOO_FEW_POINTS, Reason.NO_BED),
            (BedStatus.RIM_HIDDEN, Reason.BED_HIDDEN),
            (BedStatus.POOR_FIT, Reason.BED_UNCLEAR),
            (BedStatus.NO_POSE, Reason.BED_UNCLEAR),
        ],
    )
    def test_a_bed_that_is_not_ok_is_named(self, status: BedStatus, reason: Reason) -> None:
        decision = one(make_snapshot(10, bed=status), armed_state())
        assert (decision.verdict, decision.reasons) == (Verdict.UNSURE, (reason,))

    def test_an_empty_alignment_is_never_ready(self) -> None:
        decision = one(make_snapshot(10, alignment=Alignment()), armed_state())
        assert decision.verdict is Verdict.UNSURE
        assert Reason.APPLICATOR_UNDECIDED in decision.reasons
        assert len(decision.reasons) == 7  # six mandatory limits and the identity
