"""Whatever gets worse, older or hidden never turns a hold into READY."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import ALL_PROVEN, LIMITS, ON_PLAN, PLANNED_IDENTITY, make_plan, make_snapshot
from tracking.alignment import Alignment
from tracking.bed import BedStatus
from tracking.decision import FRAMES_TO_ARM, Verdict
from tracking.gate import MAX_FRAME_GAP_MS, decide
from tracking.measurement import NOT_OBSERVABLE, Measurement, measured
from tracking.plan import Tolerance, VectorTolerance
from tracking.reasons import Reason
from tracking.registration import PoseStart, RegistrationStatus
from tracking.snapshot import Evidence, KernelState, Snapshot

LIMITED = {
    "docking_tilt_deg": LIMITS.docking_tilt_deg,
    "docking_lateral_mm": LIMITS.docking_lateral_mm,
    "docking_gap_mm": LIMITS.docking_gap_mm,
    "air_gap_mm": LIMITS.air_gap_mm,
    "ssd_error_mm": LIMITS.ssd_error_mm,
    "incidence_deg": Tolerance(0.0, LIMITS.incidence_deg.tolerance),
}
COMPONENTS = ("incidence_x_deg", "incidence_y_deg")
LIMITED_NAMES = [*LIMITED, *COMPONENTS]
FLUSH, DIRECTED = (0.0, 0.0), (1.0, -2.0)  # planned incidence: its size counts, or its vector
EVIDENCE_NAMES = [
    "camera_serial",
    "rig_validity",
    "qa",
    "time_out",
    "fiducial",
]
PROFILE = settings(max_examples=150, deadline=None, derandomize=True)

WITHIN = 0.7  # of each tolerance: two components of it are still shorter than the tolerance

deviations = st.dictionaries(st.sampled_from(LIMITED_NAMES), st.floats(-1.3, 1.3))
inside_deviations = st.fixed_dictionaries(
    {name: st.floats(-1.0, 1.0) for name in LIMITED}
    | {name: st.floats(-WITHIN, WITHIN) for name in COMPONENTS}
)
sigma_shares = st.floats(0.0, 0.4)
ages = st.floats(-10.0, 200.0)
evidence_states = st.dictionaries(
    st.sampled_from(EVIDENCE_NAMES), st.sampled_from(list(Evidence)), max_size=2
)
registrations = st.sampled_from([RegistrationStatus.OK] * 8 + list(RegistrationStatus))
pose_starts = st.sampled_from([PoseStart.TRACKED] * 4 + [PoseStart.SEARCHED])
beds = st.sampled_from([BedStatus.OK] * 8 + list(BedStatus))


def limit_of(name: str, planned_incidence: tuple[float, float]) -> Tolerance | None:
    """What a quantity is held to; None where the plan does not limit it."""
    if name in COMPONENTS:
        return Tolerance(
            planned_incidence[COMPONENTS.index(name)], LIMITED["incidence_deg"].tolerance
        )
    return LIMITED.get(name)


def alignment_of(
    shares: dict[str, float], sigma_share: float, planned_incidence: tuple[float, float] = FLUSH
) -> Alignment:
    """Deviations and sigmas as shares of each tolerance; a size is not negative."""
    quantities: dict[str, Any] = {}
    for name, value in ON_PLAN.items():
        limit = limit_of(name, planned_incidence)
        tolerance = 5.0 if limit is None else limit.tolerance
        at = value if limit is None else limit.planned + shares.get(name, 0.0) * tolerance
        quantities[name] = measured(
            abs(at) if name == "incidence_deg" else at, sigma_share * tolerance
        )
    return Alignment(**quantities, applicator_id=PLANNED_IDENTITY)


@st.composite
def snapshots(
    draw: st.DrawFn, shares: st.SearchStrategy[dict[str, float]] = deviations
) -> Snapshot:
    planned = draw(st.sampled_from([FLUSH, DIRECTED]))
    incidence = VectorTolerance(planned, LIMITS.incidence_deg.tolerance)
    return make_snapshot(
        FRAMES_TO_ARM,
        alignment=alignment_of(draw(shares), draw(sigma_shares), planned),
        age_ms=draw(ages),
        evidence=replace(ALL_PROVEN, **draw(evidence_states)),
        registration=draw(registrations),
        pose_start=draw(pose_starts),
        bed=draw(beds),
        plan=make_plan(
            approved=draw(st.sampled_from([True] * 5 + [False])),
            limits=replace(LIMITS, incidence_deg=incidence),
        ),
    )


@st.composite
def states(draw: st.DrawFn) -> KernelState:
    """State before frame ten: armed, nine passed, or fewer."""
    passed = draw(st.integers(0, FRAMES_TO_ARM))
    before = make_snapshot(FRAMES_TO_ARM - 1)
    return KernelState(
        passed=passed,
        frame_index=before.frame_index,
        stamp_ns=before.stamp_ns,
        recent_depth=(before.depth_sha256,),
    )


def with_quantity(snapshot: Snapshot, name: str, quantity: Measurement) -> Alignment:
    change: dict[str, Any] = {name: quantity}
    return replace(snapshot.alignment, **change)


def planned_of(snapshot: Snapshot, name: str) -> float:
    limit = limit_of(name, snapshot.plan.limits.incidence_deg.planned)
    assert limit is not None
    return limit.planned


def needed_names(snapshot: Snapshot) -> list[str]:
    """Quantities without which the plan cannot be proven to be kept."""
    is_flush = snapshot.plan.limits.incidence_deg.planned == FLUSH
    return list(LIMITED) if is_flush else LIMITED_NAMES


def assert_no_better(worse: Snapshot, snapshot: Snapshot, state: KernelState) -> None:
    """Neither READY, nor the checks, nor the count towards READY may gain."""
    before, after = decide(snapshot, state)[0], decide(worse, state)[0]
    assert before.verdict is Verdict.READY or after.verdict is not Verdict.READY
    assert before.checks_passed or not after.checks_passed
    assert after.arming_passed <= before.arming_passed


def is_ready(snapshot: Snapshot, state: KernelState) -> bool:
    return decide(snapshot, state)[0].verdict is Verdict.READY


@PROFILE
@given(snapshots(), states())
def test_ready_exactly_when_there_are_no_reasons(snapshot: Snapshot, state: KernelState) -> None:
    decision, following = decide(snapshot, state)
    assert (decision.verdict is Verdict.READY) == (not decision.reasons)
    assert following.armed == (decision.verdict is Verdict.READY)
    assert decision.arming_passed == following.passed
    assert decision.checks_passed or following.passed == 0
    is_arming = decision.reasons == (Reason.ARMING,)
    assert decision.checks_passed == (is_arming or decision.verdict is Verdict.READY)
    is_carried = (
        state.stamp_ns is not None
        and snapshot.stamp_ns - state.stamp_ns <= MAX_FRAME_GAP_MS * 1e6
        and snapshot.pose_start is PoseStart.TRACKED  # one that was searched arms anew
    )
    before = state.passed if is_carried else 0
    assert following.passed in (0, min(before + 1, FRAMES_TO_ARM))


@PROFILE
@given(snapshots(inside_deviations), states())
def test_inside_the_tolerance_is_never_hold(snapshot: Snapshot, state: KernelState) -> None:
    assert decide(snapshot, state)[0].verdict is not Verdict.HOLD


@PROFILE
@given(snapshots(), states())
def test_a_frame_without_an_armed_past_is_never_better_off(
    snapshot: Snapshot, state: KernelState
) -> None:
    armed = replace(state, passed=FRAMES_TO_ARM)
    assert is_ready(snapshot, armed) or not is_ready(snapshot, state)
    assert decide(snapshot, armed)[0].checks_passed == decide(snapshot, state)[0].checks_passed


@PROFILE
@given(snapshots(), states(), st.sampled_from(LIMITED_NAMES), st.floats(1.0, 20.0))
def test_a_worse_deviation_never_makes_ready(
    snapshot: Snapshot, state: KernelState, name: str, factor: float
) -> None:
    quantity = getattr(snapshot.alignment, name)
    planned = planned_of(snapshot, name)
    worse = measured(planned + factor * (quantity.value - planned), quantity.sigma)
    changed = replace(snapshot, alignment=with_quantity(snapshot, name, worse))
    assert_no_better(changed, snapshot, state)


@PROFILE
@given(snapshots(), states(), st.sampled_from(LIMITED_NAMES), st.floats(1.0, 20.0))
def test_a_larger_sigma_never_makes_ready(
    snapshot: Snapshot, state: KernelState, name: str, factor: float
) -> None:
    quantity = getattr(snapshot.alignment, name)
    worse = measured(quantity.value, factor * quantity.sigma)
    changed = replace(snapshot, alignment=with_quantity(snapshot, name, worse))
    assert_no_better(changed, snapshot, state)
    told, told_before = (decide(s, state)[0].verdict is Verdict.HOLD for s in (changed, snapshot))
    assert told_before or not told  # nor does it make a move be told


@PROFILE
@given(snapshots(), states(), st.floats(0.0, 1000.0))
def test_an_older_frame_never_makes_ready(
    snapshot: Snapshot, state: KernelState, later_ms: float
) -> None:
    older = replace(snapshot, age_ms=abs(snapshot.age_ms) + later_ms)
    fresh = replace(snapshot, age_ms=abs(snapshot.age_ms))
    assert_no_better(older, fresh, state)


@PROFILE
@given(snapshots(), states(), st.data())
def test_a_quantity_of_the_plan_that_is_not_observable_is_never_ready(
    snapshot: Snapshot, state: KernelState, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(needed_names(snapshot)))
    hidden = replace(snapshot, alignment=with_quantity(snapshot, name, NOT_OBSERVABLE))
    decision = decide(hidden, state)[0]
    assert decision.verdict in (Verdict.UNSURE, Verdict.FAULT)
    assert not decision.checks_passed


@PROFILE
@given(snapshots(), states(), st.sampled_from(LIMITED_NAMES))
def test_hiding_a_quantity_never_makes_ready(
    snapshot: Snapshot, state: KernelState, name: str
) -> None:
    hidden = with_quantity(snapshot, name, NOT_OBSERVABLE)
    assert_no_better(replace(snapshot, alignment=hidden), snapshot, state)


@PROFILE
@given(
    snapshots(),
    states(),
    st.sampled_from(EVIDENCE_NAMES),
    st.sampled_from([Evidence.MISSING, Evidence.FAILED]),
)
def test_evidence_that_does_not_hold_is_never_ready(
    snapshot: Snapshot, state: KernelState, name: str, evidence: Evidence
) -> None:
    changed = replace(snapshot, evidence=replace(snapshot.evidence, **{name: evidence}))
    assert not is_ready(changed, state)


@PROFILE
@given(snapshots(), states(), st.sampled_from(["D65-B15", "", None]))
def test_a_decided_other_applicator_is_never_ready(
    snapshot: Snapshot, state: KernelState, value: str | None
) -> None:
    other = replace(PLANNED_IDENTITY, value=value)
    changed = replace(snapshot, alignment=replace(snapshot.alignment, applicator_id=other))
    assert_no_better(changed, snapshot, state)
    decision = decide(changed, state)[0]
    assert not decision.checks_passed
    assert Reason.WRONG_APPLICATOR in decision.reasons


@PROFILE
@given(snapshots(), states())
def test_a_pose_that_was_searched_anew_is_never_ready(
    snapshot: Snapshot, state: KernelState
) -> None:
    searched = replace(snapshot, pose_start=PoseStart.SEARCHED)
    assert_no_better(searched, snapshot, state)
    decision, after = decide(searched, state)
    assert decision.verdict is not Verdict.READY
    assert not after.armed
    assert decision.arming_passed <= 1


@PROFILE
@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_ready_needs_the_last_ten_frames_good(goods: list[bool]) -> None:
    state = KernelState()
    bad = alignment_of({"air_gap_mm": 1.3}, 0.0)
    for frame, good in enumerate(goods):
        changes = {} if good else {"alignment": bad}
        decision, state = decide(make_snapshot(frame, **changes), state)
        row = goods[max(0, frame - FRAMES_TO_ARM + 1) : frame + 1]
        expected = len(row) == FRAMES_TO_ARM and all(row)
        assert (decision.verdict is Verdict.READY) == expected
