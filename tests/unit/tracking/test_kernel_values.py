"""The kernel's values: what they are by default, what they are called, that they never change."""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, fields, is_dataclass
from types import ModuleType

import pytest

from tests.builders import LIMITS, make_alignment, make_plan, make_snapshot
from tracking import decision, gate, guards, limit_checks, snapshot
from tracking.decision import FRAMES_TO_ARM, GateDecision, Verdict
from tracking.doubt import UNPROVEN
from tracking.gate import decide
from tracking.guards import GUARDS, Check, Finding
from tracking.limit_checks import check_limits
from tracking.reasons import TEXTS, Reason, Severity
from tracking.second_estimate import NO_OPINION
from tracking.snapshot import Evidence, KernelState, SessionEvidence, Snapshot

FAULTS = (
    *("SOURCE_FAILED", "CLOCK_WENT_BACK", "FRAME_REPEATED", "WRONG_CAMERA", "RIG_EXPIRED"),
    *("CAMERA_BUMPED", "QA_FAILED", "WRONG_PATIENT", "WRONG_PLAN", "WRONG_MACHINE", "WRONG_RIG"),
    *("WRONG_MODEL", "SUPERVISOR_LOST", "OUTPUT_FAILED", "AUDIT_FAILED", "RECORDER_FAILED"),
    "CHECK_MISSING",
    "FAULT_LATCHED",
)


def test_the_words_in_records_are_those_of_the_contract() -> None:
    assert list(Verdict) == ["READY", "HOLD", "UNSURE", "FAULT"]
    assert list(Evidence) == ["proven", "assumed", "missing", "failed"]


def test_what_latches_is_written_down() -> None:
    assert tuple(r.value for r in Reason if TEXTS[r].severity is Severity.FAULT) == FAULTS


def test_there_are_eighteen_checks() -> None:
    assert [check.value for check in Check] == [
        *("system", "order", "content", "age", "camera", "rig", "mount", "qa", "plan"),
        *("time_out", "identities", "second_estimate", "labels", "pose", "applicator"),
        *("bed", "survey", "limits"),
    ]
    assert [check.name.lower() for check in Check] == list(Check)


def test_the_numbers_are_those_of_design_and_issue() -> None:
    assert (guards.MAX_AGE_MS, gate.MAX_FRAME_GAP_MS, gate.N_REMEMBERED) == (150.0, 200.0, 32)
    assert (guards.MAX_RING_BOUND_MM, guards.MAX_AXIS_BOUND_DEG) == (2.0, 1.0)
    assert (guards.MAX_DISTANCE_MM, guards.MAX_ANGLE_DEG) == (1.0, 0.5)
    assert FRAMES_TO_ARM == 10


@pytest.mark.parametrize(
    ("evidence", "holds"),
    [
        (Evidence.PROVEN, True),
        (Evidence.ASSUMED, True),
        (Evidence.MISSING, False),
        (Evidence.FAILED, False),
    ],
)
def test_evidence_holds_where_it_is_proven_or_excused(evidence: Evidence, holds: bool) -> None:
    assert evidence.holds is holds


def test_nothing_about_a_session_is_proven_until_somebody_does() -> None:
    assert {getattr(SessionEvidence(), f.name) for f in fields(SessionEvidence)} == {
        Evidence.MISSING
    }


def test_what_a_snapshot_may_leave_out_fails() -> None:
    defaults = {f.name: f.default for f in fields(Snapshot) if f.default is not MISSING}
    assert defaults == {
        "confirmed": None,
        "doubt": UNPROVEN,
        "second": NO_OPINION,
        "acknowledged_frame": None,
        "system_faults": None,
    }
    told = {name: value for name, value in vars(make_snapshot()).items() if name not in defaults}
    assert decide(Snapshot(**told), KernelState())[0].reasons == (
        Reason.CHECK_MISSING,
        Reason.NO_TIMEOUT,
        Reason.NO_SECOND_ESTIMATE,
        Reason.LABELS_DOUBTFUL,
    )


def test_at_first_the_kernel_remembers_nothing() -> None:
    assert vars(KernelState()) == {
        "passed": 0,
        "frame_index": None,
        "stamp_ns": None,
        "recent_depth": (),
        "latched": frozenset(),
        "fault_frame": None,
        "acknowledged_frame": None,
    }
    assert [KernelState(passed).armed for passed in (0, 9, 10)] == [False, False, True]


def test_what_one_frame_leaves_behind() -> None:
    frame = make_snapshot(7, acknowledged_frame=3)
    assert vars(decide(frame, KernelState())[1]) == {
        "passed": 1,
        "frame_index": 7,
        "stamp_ns": frame.stamp_ns,
        "recent_depth": ("content-7",),
        "latched": frozenset(),
        "fault_frame": None,
        "acknowledged_frame": 3,
    }


@pytest.mark.parametrize(
    "value",
    [
        GateDecision(Verdict.UNSURE, (Reason.ARMING,), True, 1),
        SessionEvidence(),
        make_snapshot(),
        KernelState(),
        Finding(),
        check_limits(make_alignment(), LIMITS),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_value_of_the_kernel_can_be_changed(value: object) -> None:
    for entry in vars(value):
        with pytest.raises(FrozenInstanceError):
            setattr(value, entry, None)


@pytest.mark.parametrize("module", [decision, snapshot, limit_checks, guards])
def test_every_type_of_the_kernel_is_frozen(module: ModuleType) -> None:
    types = [t for t in vars(module).values() if isinstance(t, type) and is_dataclass(t)]
    assert types
    for kind in types:
        assert getattr(kind, "__dataclass_params__").frozen, kind  # noqa: B009 - mypy knows it not


@pytest.mark.parametrize("passed", [0, 9, 11])
def test_ready_is_refused_without_its_ten_frames(passed: int) -> None:
    with pytest.raises(ValueError, match=r"^READY needs every check passed in 10 frames$"):
        GateDecision(Verdict.READY, (), checks_passed=True, arming_passed=passed)


def test_a_verdict_without_its_reasons_is_refused() -> None:
    told = r"^READY has no reasons, and every other verdict has at least one$"
    for verdict, reasons in ((Verdict.HOLD, ()), (Verdict.READY, (Reason.ARMING,))):
        with pytest.raises(ValueError, match=told):
            GateDecision(verdict, reasons, checks_passed=True, arming_passed=10)


def test_a_finding_is_not_proven_and_says_nothing_by_default() -> None:
    assert Finding() == Finding(is_proven=False, reasons=frozenset())


def test_a_check_that_fails_finds_a_set_of_reasons_that_cannot_be_changed() -> None:
    unapproved = make_snapshot(plan=make_plan(approved=False))
    found = GUARDS[Check.PLAN](unapproved, KernelState())
    assert found == Finding(is_proven=False, reasons=frozenset({Reason.PLAN_NOT_APPROVED}))
