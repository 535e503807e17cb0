from __future__ import annotations

import numpy as np
import pytest

from tests.builders import pose_looking_at
from tracking.arrays import Float
from tracking.pose_change import changed_pose, pose_change
from tracking.transforms import rotate_about, rotation_from_vector

ROUND_OFF = 1e-9  # rad and mm, of a few products of rotations
POSE = pose_looking_at(azimuth_deg=40.0, camera_roll_deg=70.0)
SMALL = np.array([2e-4, -1e-4, 3e-4, 0.3, -0.2, 0.1])


@pytest.mark.parametrize("size", [0.0, 1.0, 300.0, 3000.0])
def test_a_change_leads_where_it_was_taken_from(size: float) -> None:
    after = changed_pose(POSE, size * SMALL)
    assert pose_change(POSE, after) == pytest.approx(size * SMALL, abs=ROUND_OFF)


def test_a_small_change_is_the_registrations_own_convention() -> None:
    """Rotation first about the exit centre, then translation, both along camera axes."""
    expected = rotate_about(POSE[:3, 3], SMALL[:3]) @ POSE
    expected[:3, 3] += SMALL[3:]
    assert changed_pose(POSE, SMALL) == pytest.approx(expected, abs=1e-7)  # second order in SMALL


def test_half_a_turn_about_the_axis_is_all_roll() -> None:
    after = POSE.copy()
    after[:3, :3] = POSE[:3, :3] @ rotation_from_vector([0.0, 0.0, 3.0])
    axis: Float = POSE[:3, 2]
    assert pose_change(POSE, after)[:3] == pytest.approx(3.0 * axis, abs=ROUND_OFF)


def test_the_roll_leaves_the_swing_alone() -> None:
    rolled = POSE.copy()
    rolled[:3, :3] = POSE[:3, :3] @ rotation_from_vector([0.0, 0.0, 2.0])
    across = np.cross(POSE[:3, 2], [1.0, 0.0, 0.0])
    swung = changed_pose(rolled, np.concatenate([0.3 * across, np.zeros(3)]))
    change = pose_change(POSE, swung)[:3]
    axis = POSE[:3, 2]
    assert change - axis * float(axis @ change) == pytest.approx(0.3 * across, abs=ROUND_OFF)
    assert float(axis @ change) == pytest.approx(2.0, abs=ROUND_OFF)
