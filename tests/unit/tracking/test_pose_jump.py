from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.builders import FRAME_NS, make_registration, pose_looking_at
from tracking.arrays import Float
from tracking.pose_change import changed_pose
from tracking.pose_jump import (
    MAX_ROLL_DEG_S,
    MAX_SPEED_MM_S,
    MAX_SWING_DEG_S,
    is_jump,
    with_jump_told,
)
from tracking.registration import PoseStart, Registration, RegistrationStatus

POSE = pose_looking_at(azimuth_deg=25.0)
AXIS = POSE[:3, 2]
ACROSS = np.cross(AXIS, [1.0, 0.0, 0.0]) / np.linalg.norm(np.cross(AXIS, [1.0, 0.0, 0.0]))
FRAME_S = FRAME_NS / 1e9
# The default covariance of the builder (0.06 deg, 0.1 mm) times 5 widens each limit by less.
NOISE_DEG, NOISE_MM = 0.5, 0.8


def moved(
    rotation_deg: Float | None = None, shift_mm: Float | None = None, **changes: object
) -> Registration:
    rotation = np.zeros(3) if rotation_deg is None else np.radians(rotation_deg)
    shift = np.zeros(3) if shift_mm is None else shift_mm
    values: dict[str, Any] = dict(changes)
    return make_registration(changed_pose(POSE, np.concatenate([rotation, shift])), **values)


def test_standing_still_is_no_jump() -> None:
    assert not is_jump(moved(), moved(), FRAME_NS)


@pytest.mark.parametrize("direction", [AXIS, ACROSS])
def test_a_hand_is_quick_but_not_quicker(direction: Float) -> None:
    reach = MAX_SPEED_MM_S * FRAME_S
    assert not is_jump(moved(), moved(shift_mm=0.99 * reach * direction), FRAME_NS)
    assert is_jump(moved(), moved(shift_mm=(reach + NOISE_MM) * direction), FRAME_NS)


@pytest.mark.parametrize(("direction", "rate"), [(ACROSS, MAX_SWING_DEG_S), (AXIS, MAX_ROLL_DEG_S)])
def test_swing_and_roll_have_their_own_limits(direction: Float, rate: float) -> None:
    reach = rate * FRAME_S
    assert not is_jump(moved(), moved(0.99 * reach * direction), FRAME_NS)
    assert is_jump(moved(), moved((reach + NOISE_DEG) * direction), FRAME_NS)


def test_more_time_is_more_way() -> None:
    after = moved(shift_mm=1.5 * MAX_SPEED_MM_S * FRAME_S * ACROSS)
    assert is_jump(moved(), after, FRAME_NS)
    assert not is_jump(moved(), after, 2 * FRAME_NS)


def test_end_for_end_is_a_jump() -> None:
    assert is_jump(moved(), moved(180.0 * ACROSS), FRAME_NS)


def test_a_roll_that_cannot_be_told_is_not_compared() -> None:
    after = moved(170.0 * AXIS)
    assert is_jump(moved(), after, FRAME_NS)
    assert not is_jump(moved(roll_observable=False), after, FRAME_NS)
    assert not is_jump(moved(), moved(170.0 * AXIS, roll_observable=False), FRAME_NS)


def test_a_slide_that_cannot_be_told_is_not_compared() -> None:
    after = moved(shift_mm=60.0 * AXIS)
    assert is_jump(moved(), after, FRAME_NS)
    assert not is_jump(moved(axial_observable=False), after, FRAME_NS)
    sideways = moved(shift_mm=60.0 * ACROSS)
    assert is_jump(moved(axial_observable=False), sideways, FRAME_NS)


def test_noise_is_no_jump() -> None:
    rough = np.diag([1e-6] * 3 + [100.0] * 3)
    after = moved(shift_mm=40.0 * ACROSS)
    assert is_jump(moved(), after, FRAME_NS)
    assert not is_jump(moved(covariance=rough), after, FRAME_NS)


@pytest.mark.parametrize("dt_ns", [0, -1, -FRAME_NS])
def test_time_that_does_not_pass_proves_nothing(dt_ns: int) -> None:
    assert is_jump(moved(), moved(), dt_ns)


@pytest.mark.parametrize("status", sorted(set(RegistrationStatus) - {RegistrationStatus.OK}))
def test_a_pose_that_is_not_believed_proves_nothing(status: RegistrationStatus) -> None:
    assert is_jump(Registration(status), moved(), FRAME_NS)
    assert is_jump(moved(), Registration(status), FRAME_NS)


class TestTold:
    def test_a_tracked_pose_that_follows_stays_tracked(self) -> None:
        now = moved(shift_mm=ACROSS, start=PoseStart.TRACKED)
        assert with_jump_told(moved(), now, FRAME_NS) is now

    def test_a_tracked_pose_that_jumped_was_searched(self) -> None:
        now = moved(shift_mm=60.0 * ACROSS, start=PoseStart.TRACKED)
        told = with_jump_told(moved(), now, FRAME_NS)
        assert told.start is PoseStart.SEARCHED
        assert np.array_equal(told.axis_camera, now.axis_camera)
        assert np.array_equal(told.exit_centre_camera_mm, now.exit_centre_camera_mm)

    def test_without_a_frame_before_nothing_was_tracked(self) -> None:
        now = moved(start=PoseStart.TRACKED)
        assert with_jump_told(None, now, FRAME_NS).start is PoseStart.SEARCHED

    def test_a_searched_pose_stays_searched_wherever_it_lies(self) -> None:
        now = moved()
        assert now.start is PoseStart.SEARCHED
        assert with_jump_told(moved(), now, FRAME_NS) is now
