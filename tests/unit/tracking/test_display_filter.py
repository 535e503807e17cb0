"""The steadied pose on simulated sequences: how much jitter it takes, how late it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from tests.builders import FRAME_NS, make_registration, pose_looking_at
from tracking.arrays import Float
from tracking.display_filter import MAX_GAP_NS, DisplayState, follow
from tracking.pose_change import changed_pose, pose_change
from tracking.registration import PoseStart, Registration, RegistrationStatus
from tracking.transforms import check_transform, rotation_from_vector

STILL = pose_looking_at(azimuth_deg=25.0, camera_roll_deg=30.0)
AXIS = STILL[:3, 2]
ACROSS = np.cross(AXIS, [1.0, 0.0, 0.0]) / np.linalg.norm(np.cross(AXIS, [1.0, 0.0, 0.0]))
SIGMA_RAD, SIGMA_MM = np.radians(0.03), 0.1  # of a usual frame
SIGMAS = np.array([SIGMA_RAD] * 3 + [SIGMA_MM] * 3)
SETTLED = 30  # frames after which the filter's memory is full
JITTER_REDUCTION = 3.0  # promised


@dataclass(frozen=True, eq=False)
class Sequence:
    """Errors of the measured and of the drawn poses, (n, 6), and the drawn poses."""

    measured: Float
    drawn: Float
    poses: list[Float]


def simulate(
    n_frames: int,
    seed: int,
    truth: Callable[[int], Float] = lambda _: STILL,
    sigmas: Float = SIGMAS,
    **changes: object,
) -> Sequence:
    rng = np.random.default_rng(seed)
    state: DisplayState | None = None
    errors, drawn_errors, poses = [], [], []
    for frame in range(n_frames):
        measured = changed_pose(truth(frame), rng.normal(0.0, sigmas))
        state = follow(state, tracked(measured, sigmas, **changes), frame * FRAME_NS)
        assert state is not None
        poses.append(state.camera_from_applicator)
        errors.append(pose_change(truth(frame), measured))
        drawn_errors.append(pose_change(truth(frame), poses[-1]))
    return Sequence(np.array(errors), np.array(drawn_errors), poses)


def tracked(pose: Float, sigmas: Float = SIGMAS, **changes: object) -> Registration:
    values: dict[str, Any] = {"start": PoseStart.TRACKED, **changes}
    return make_registration(pose, np.diag(sigmas**2), **values)


def after(n_frames: int, **changes: object) -> DisplayState:
    """State after still frames without noise."""
    state = None
    for frame in range(n_frames):
        state = follow(state, tracked(STILL, SIGMAS, **changes), frame * FRAME_NS)
    assert state is not None
    return state


def shifted(shift_mm: Float, rotation_rad: Float | None = None) -> Float:
    turn = np.zeros(3) if rotation_rad is None else rotation_rad
    return changed_pose(STILL, np.concatenate([turn, shift_mm]))


class TestJitter:
    # 0.05 mm is the least sigma that a registration states (its model's)
    @pytest.mark.parametrize(("deg", "mm"), [(0.01, 0.05), (0.03, 0.1), (0.3, 1.0)])
    def test_of_a_still_cone_falls_at_least_threefold(self, deg: float, mm: float) -> None:
        sigmas = np.array([np.radians(deg)] * 3 + [mm] * 3)
        runs = [simulate(200, seed, sigmas=sigmas) for seed in range(4)]
        measured = np.array([run.measured[SETTLED:] for run in runs])
        drawn = np.array([run.drawn[SETTLED:] for run in runs])
        for part in (slice(0, 3), slice(3, 6)):
            spread = measured[..., part].std() / drawn[..., part].std()
            step = (
                np.diff(measured[..., part], axis=1).std() / np.diff(drawn[..., part], axis=1).std()
            )
            assert spread >= JITTER_REDUCTION
            assert step >= JITTER_REDUCTION

    def test_a_weakly_seen_direction_does_not_spoil_a_well_seen_one(self) -> None:
        sigmas = np.array([np.radians(0.3)] * 3 + [0.1, 2.0, 0.1])
        run = simulate(200, 1, sigmas=sigmas)
        assert run.drawn[SETTLED:, 3].std() < 0.1 / JITTER_REDUCTION
        assert run.drawn[SETTLED:, 4].std() < 2.0 / JITTER_REDUCTION

    def test_what_is_drawn_is_always_a_rigid_pose(self) -> None:
        for pose in simulate(100, 2).poses:
            check_transform("drawn", pose)

    def test_the_same_frames_draw_the_same_bytes(self) -> None:
        first, again = simulate(50, 3).poses, simulate(50, 3).poses
        assert [pose.tobytes() for pose in first] == [pose.tobytes() for pose in again]


class TestLag:
    @pytest.mark.parametrize("direction", range(6))
    def test_a_step_of_six_sigma_is_there_within_two_frames(self, direction: int) -> None:
        step = np.zeros(6)
        step[direction] = 6.0 * SIGMAS[direction]
        stepped = changed_pose(STILL, step)
        missing = []
        for seed in range(16):
            run = simulate(SETTLED + 2, seed, lambda frame: stepped if frame >= SETTLED else STILL)
            missing.append(-run.drawn[SETTLED:, direction] / step[direction])
        at_once, next_frame = np.mean(missing, axis=0)
        assert at_once < 0.35  # most of them in the very frame
        assert abs(next_frame) < 0.1  # a mean of 16 with a sigma of 1/6 each
        assert np.mean(np.array(missing)[:, 1] > 0.5) <= 0.05  # late by two frames

    @pytest.mark.parametrize("speed_mm_s", [0.3, 1.0, 3.0, 10.0])
    def test_steady_motion_is_never_far_behind(self, speed_mm_s: float) -> None:
        per_frame = speed_mm_s * FRAME_NS / 1e9

        def truth(frame: int) -> Float:
            return shifted(frame * per_frame * ACROSS)

        run = simulate(150, 4, truth)
        behind = np.abs(run.drawn[SETTLED:, 3:]).max()
        assert behind < 8 * SIGMA_MM  # a drift is told from noise within 8 frames

    def test_quick_motion_is_drawn_as_measured(self) -> None:
        run = simulate(60, 5, lambda frame: shifted(5.0 * frame * ACROSS))
        assert run.drawn[1:] == pytest.approx(run.measured[1:], abs=1e-9)


class TestStartsAnew:
    FAR = shifted(0.2 * ACROSS)  # 2 sigma: smoothed, if the frame is taken as the next one

    def assert_drawn_as_measured(self, state: DisplayState | None) -> None:
        assert state is not None
        assert state.camera_from_applicator == pytest.approx(self.FAR, abs=1e-12)
        assert state.innovations == ()

    def test_not_on_the_next_tracked_frame(self) -> None:
        state = follow(after(SETTLED), tracked(self.FAR), SETTLED * FRAME_NS)
        assert state is not None
        moved_mm = np.linalg.norm(pose_change(STILL, state.camera_from_applicator)[3:])
        assert moved_mm < 0.05

    def test_where_the_pose_was_searched_anew(self) -> None:
        searched = tracked(self.FAR, start=PoseStart.SEARCHED)
        self.assert_drawn_as_measured(follow(after(SETTLED), searched, SETTLED * FRAME_NS))

    @pytest.mark.parametrize("gap_ns", [MAX_GAP_NS + 1, 0, -FRAME_NS])
    def test_after_a_gap_and_where_time_does_not_pass(self, gap_ns: int) -> None:
        before = after(SETTLED)
        state = follow(before, tracked(self.FAR), before.stamp_ns + gap_ns)
        self.assert_drawn_as_measured(state)

    @pytest.mark.parametrize("status", sorted(set(RegistrationStatus) - {RegistrationStatus.OK}))
    def test_after_a_frame_without_a_pose_to_trust(self, status: RegistrationStatus) -> None:
        lost = replace(tracked(STILL), status=status)
        state = follow(after(SETTLED), lost, SETTLED * FRAME_NS)
        assert state is None
        self.assert_drawn_as_measured(follow(state, tracked(self.FAR), (SETTLED + 1) * FRAME_NS))


class TestUntold:
    def test_a_roll_that_cannot_be_told_stays_as_drawn(self) -> None:
        state = after(SETTLED)
        rolled = STILL.copy()
        rolled[:3, :3] = STILL[:3, :3] @ rotation_from_vector([0.0, 0.0, 2.5])
        untold = tracked(rolled, roll_observable=False)
        state_after = follow(state, untold, SETTLED * FRAME_NS)
        assert state_after is not None
        assert state_after.camera_from_applicator == pytest.approx(STILL, abs=1e-9)
        told_again = follow(state_after, tracked(rolled), (SETTLED + 1) * FRAME_NS)
        assert told_again is not None
        roll = pose_change(STILL, told_again.camera_from_applicator)[:3] @ AXIS
        assert roll == pytest.approx(2.5, abs=0.01)  # the drawn roll was worth next to nothing

    def test_the_axis_is_followed_while_the_roll_is_free(self) -> None:
        swung = shifted(np.zeros(3), 0.2 * ACROSS)
        swung[:3, :3] = swung[:3, :3] @ rotation_from_vector([0.0, 0.0, -1.0])
        state = follow(
            after(SETTLED, roll_observable=False),
            tracked(swung, roll_observable=False),
            SETTLED * FRAME_NS,
        )
        assert state is not None
        assert state.camera_from_applicator[:3, 2] == pytest.approx(swung[:3, 2], abs=1e-9)

    def test_a_slide_that_cannot_be_told_is_smoothed_and_does_not_alarm(self) -> None:
        state: DisplayState | None = after(SETTLED, axial_observable=False)
        far = tracked(shifted(10.0 * AXIS), axial_observable=False)
        slides = []
        for frame in range(SETTLED, SETTLED + 20):
            state = follow(state, far, frame * FRAME_NS)
            assert state is not None
            assert len(state.innovations) > 0
            slides.append(float(pose_change(STILL, state.camera_from_applicator)[3:] @ AXIS))
        assert 0.0 < slides[0] < 5.0
        assert np.all(np.diff(slides) > 0)
        assert slides[-1] == pytest.approx(10.0, abs=0.1)

    def test_a_slide_told_for_the_first_time_is_taken_as_it_is(self) -> None:
        state = follow(
            after(SETTLED, axial_observable=False),
            tracked(shifted(10.0 * AXIS)),
            SETTLED * FRAME_NS,
        )
        assert state is not None
        slide = pose_change(STILL, state.camera_from_applicator)[3:] @ AXIS
        assert slide == pytest.approx(10.0, abs=0.01)
