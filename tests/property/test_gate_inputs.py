"""Whatever the kernel is told around the measurement: worse, older or missing never gives READY.

One thing is not monotonic, as the issue defines it: a wider bound of either estimate also widens
what counts as agreement, up to the bounds' own limits.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import (
    AGREEING,
    ALL_PROVEN,
    IDENTITIES,
    LIMITS,
    make_alignment,
    make_plan,
    make_snapshot,
)
from tracking.decision import FRAMES_TO_ARM, Verdict
from tracking.gate import decide
from tracking.guards import (
    MAX_ANGLE_DEG,
    MAX_AXIS_BOUND_DEG,
    MAX_DISTANCE_MM,
    MAX_RING_BOUND_MM,
)
from tracking.measurement import measured
from tracking.reasons import TEXTS, Reason, Severity
from tracking.second_estimate import NO_OPINION, SecondOpinion, Status
from tracking.snapshot import Evidence, KernelState, Snapshot

PROFILE = settings(max_examples=100, deadline=None, derandomize=True)
BEFORE = make_snapshot(FRAMES_TO_ARM - 1)
LAST = f"content-{FRAMES_TO_ARM - 1}"
NUMBERS = [entry.name for entry in fields(SecondOpinion) if entry.name.endswith(("_mm", "_deg"))]
COVERING = make_plan(limits=replace(LIMITS, coverage_minimum_fraction=0.75))

bounds = st.floats(0.0, 2.5)
opinions = st.builds(
    SecondOpinion,
    status=st.sampled_from([Status.MADE] * 6 + list(Status)),
    distance_mm=st.floats(0.0, 6.0),
    angle_deg=st.floats(0.0, 3.0),
    ring_bound_mm=bounds,
    axis_bound_deg=st.floats(0.0, 1.2),
    first_ring_bound_mm=bounds,
    first_axis_bound_deg=st.floats(0.0, 1.2),
    applicator_ids=st.sampled_from([(), ("D60-B15",), ("D60-B15", "D65-B15"), ("D65-B15",)]),
)
faults = st.frozensets(
    st.sampled_from([r for r in Reason if TEXTS[r].severity is Severity.FAULT]), min_size=1
)
no_numbers = st.sampled_from([None, float("nan"), float("inf"), -1.0, float("-inf")])


def state_of(passed: int, **latch: object) -> KernelState:
    """State before frame ten; `latch`: what is latched, since when, and what was acknowledged."""
    state = KernelState(passed, BEFORE.frame_index, BEFORE.stamp_ns, (BEFORE.depth_sha256,))
    changes: dict[str, Any] = dict(latch)
    return replace(state, **changes)


states = st.builds(state_of, st.integers(0, FRAMES_TO_ARM))
latched_states = st.builds(
    state_of,
    st.just(0),
    latched=faults,
    fault_frame=st.integers(0, FRAMES_TO_ARM - 1),
    acknowledged_frame=st.one_of(st.none(), st.integers(-2, 40)),
)


def frame_with(**changes: object) -> Snapshot:
    return make_snapshot(FRAMES_TO_ARM, **changes)


def assert_no_better(worse: Snapshot, snapshot: Snapshot, state: KernelState) -> None:
    """Neither READY, nor the checks, nor the count towards READY may gain."""
    before, after = decide(snapshot, state)[0], decide(worse, state)[0]
    assert before.verdict is Verdict.READY or after.verdict is not Verdict.READY
    assert before.checks_passed or not after.checks_passed
    assert after.arming_passed <= before.arming_passed


def assert_never_ready(snapshot: Snapshot, state: KernelState) -> None:
    decision, following = decide(snapshot, state)
    assert decision.verdict is not Verdict.READY
    assert not decision.checks_passed
    assert not following.armed


class TestSecondOpinion:
    @PROFILE
    @given(opinions, states, st.sampled_from(["distance_mm", "angle_deg"]), st.floats(0.0, 50.0))
    def test_further_apart_never_makes_ready(
        self, opinion: SecondOpinion, state: KernelState, name: str, more: float
    ) -> None:
        change = {name: getattr(opinion, name) + more}
        apart = replace(opinion, **change)
        assert_no_better(frame_with(second=apart), frame_with(second=opinion), state)

    @PROFILE
    @given(opinions, states, st.sampled_from(NUMBERS), no_numbers)
    def test_a_number_that_is_none_never_makes_ready(
        self, opinion: SecondOpinion, state: KernelState, name: str, value: float | None
    ) -> None:
        change: dict[str, Any] = {name: value}
        made = replace(opinion, status=Status.MADE, **change)
        assert_never_ready(frame_with(second=made), state)

    @PROFILE
    @given(opinions, states)
    def test_ready_only_within_the_widest_bounds_there_are(
        self, opinion: SecondOpinion, state: KernelState
    ) -> None:
        if decide(frame_with(second=opinion), state)[0].checks_passed:
            assert opinion.status is Status.MADE
            assert opinion.distance_mm is not None
            assert opinion.distance_mm <= MAX_DISTANCE_MM + 2 * MAX_RING_BOUND_MM
            assert opinion.angle_deg is not None
            assert opinion.angle_deg <= MAX_ANGLE_DEG + 2 * MAX_AXIS_BOUND_DEG

    @PROFILE
    @given(opinions, states, st.floats(2.0001, 1e6), st.sampled_from(["", "first_"]))
    def test_a_bound_beyond_its_limit_is_never_ready(
        self, opinion: SecondOpinion, state: KernelState, bound: float, whose: str
    ) -> None:
        for name in (f"{whose}ring_bound_mm", f"{whose}axis_bound_deg"):
            change: dict[str, Any] = {name: bound}
            wide = replace(opinion, status=Status.MADE, **change)
            assert_never_ready(frame_with(second=wide), state)

    @PROFILE
    @given(opinions, states, st.sampled_from([NO_OPINION, replace(AGREEING, status=Status.NONE)]))
    def test_no_opinion_never_makes_ready(
        self, opinion: SecondOpinion, state: KernelState, none: SecondOpinion
    ) -> None:
        assert_no_better(frame_with(second=none), frame_with(second=opinion), state)

    @PROFILE
    @given(opinions, states)
    def test_another_code_never_makes_ready(
        self, opinion: SecondOpinion, state: KernelState
    ) -> None:
        other = replace(opinion, applicator_ids=("D65-B15",))
        assert_no_better(frame_with(second=other), frame_with(second=opinion), state)


@PROFILE
@given(states, st.sampled_from([e.name for e in fields(IDENTITIES)]), st.text(max_size=9))
def test_an_identity_that_differs_is_never_ready(state: KernelState, name: str, other: str) -> None:
    changed = replace(IDENTITIES, **{name: other})
    if changed != IDENTITIES:
        assert_never_ready(frame_with(running=changed), state)
        assert_never_ready(frame_with(confirmed=changed), state)
        assumed = replace(ALL_PROVEN, time_out=Evidence.ASSUMED)
        assert_never_ready(frame_with(running=changed, evidence=assumed), state)


@PROFILE
@given(states, faults)
def test_a_system_fault_is_never_ready_and_stays(
    state: KernelState, broken: frozenset[Reason]
) -> None:
    frame = frame_with(system_faults=broken)
    assert_never_ready(frame, state)
    _, following = decide(frame, state)
    assert following.latched == broken
    assert_never_ready(make_snapshot(FRAMES_TO_ARM + 1), following)


@PROFILE
@given(latched_states, st.one_of(st.none(), st.integers(-5, 60)))
def test_a_latch_opens_only_for_a_new_acknowledgement_of_its_last_fault_or_later(
    state: KernelState, acknowledged: int | None
) -> None:
    frame = frame_with(acknowledged_frame=acknowledged)
    decision, following = decide(frame, state)
    assert decision.verdict is not Verdict.READY
    assert state.fault_frame is not None
    is_given = (
        acknowledged is not None
        and acknowledged != state.acknowledged_frame
        and state.fault_frame <= acknowledged < frame.frame_index
    )
    assert (not following.latched) == is_given
    assert following.passed == is_given


@PROFILE
@given(latched_states, st.integers(-5, 60), st.integers(1, 60))
def test_an_older_acknowledgement_never_opens_more(
    state: KernelState, acknowledged: int, older: int
) -> None:
    frame = frame_with(acknowledged_frame=acknowledged)
    assert state.fault_frame is not None
    earlier = min(acknowledged, state.fault_frame) - older
    past = frame_with(acknowledged_frame=earlier)
    assert_no_better(past, frame, state)
    assert bool(decide(past, state)[1].latched)


@PROFILE
@given(states, st.lists(st.text(min_size=1, max_size=3), max_size=31), st.data())
def test_content_that_was_seen_is_never_ready(
    state: KernelState, contents: list[str], data: st.DataObject
) -> None:
    seen = replace(state, recent_depth=(*contents, LAST))
    again = data.draw(st.sampled_from(seen.recent_depth))
    assert_never_ready(frame_with(depth_sha256=again), seen)
    assert_never_ready(frame_with(depth_sha256=""), seen)


@PROFILE
@given(
    states,
    st.floats(0.0, 1.0),
    st.floats(0.0, 0.1),
    st.floats(0.0, 1.0),
    st.floats(0.0, 0.1),
)
def test_less_or_less_certain_coverage_never_makes_ready(
    state: KernelState, value: float, sigma: float, less: float, more_sigma: float
) -> None:
    def frame(share: float, its_sigma: float) -> Snapshot:
        alignment = replace(make_alignment(), coverage_fraction=measured(share, its_sigma))
        return frame_with(plan=COVERING, alignment=alignment)

    assert_no_better(frame(value * less, sigma), frame(value, sigma), state)
    assert_no_better(frame(value, sigma + more_sigma), frame(value, sigma), state)


@pytest.mark.parametrize("share", [0.82, 0.78, 0.751])
def test_coverage_in_its_arming_band_keeps_ready_and_does_not_arm(share: float) -> None:
    alignment = replace(make_alignment(), coverage_fraction=measured(share, 0.0))
    frame = frame_with(plan=COVERING, alignment=alignment)
    is_inside = share > 0.8
    assert decide(frame, state_of(FRAMES_TO_ARM))[0].verdict is Verdict.READY
    decision = decide(frame, state_of(FRAMES_TO_ARM - 1))[0]
    assert (decision.verdict is Verdict.READY) == is_inside
    assert decision.arming_passed == (FRAMES_TO_ARM if is_inside else 0)


def test_a_state_that_was_forgotten_arms_anew() -> None:
    """A caller that loses the state is ten frames away from READY, never one."""
    assert decide(frame_with(), KernelState())[0].arming_passed == 1
