"""The motion between two poses of the cone, split the way a cone's pose is known.

A change is (rx, ry, rz in rad, tx, ty, tz in mm) in camera axes about the exit centre, as in
`Registration.covariance`. Its part along the axis is the roll, the rest swings the axis by the
shortest way: so a roll that cannot be told, or that differs by half a turn, spoils nothing else.
"""

from __future__ import annotations

from math import atan2

import numpy as np

from tracking.arrays import Float
from tracking.transforms import cross, rigid, rotation_from_vector, rotation_vector_between


def pose_change(before: Float, after: Float) -> Float:
    """Return the change, shape (6,), that carries one `camera_from_applicator` to another."""
    axis_before, axis_after = before[:3, 2], after[:3, 2]
    swing_vector = rotation_vector_between(axis_before, axis_after)
    swung_x, x = rotation_from_vector(swing_vector) @ before[:3, 0], after[:3, 0]
    roll = atan2(float(cross(swung_x, x) @ axis_after), float(swung_x @ x))
    rotation = swing_vector + roll * axis_before
    return np.concatenate([rotation, after[:3, 3] - before[:3, 3]])


def changed_pose(before: Float, change: Float) -> Float:
    """Return the pose that a change leads to: the inverse of `pose_change`."""
    axis = before[:3, 2]
    roll = float(axis @ change[:3])
    swing = rotation_from_vector(change[:3] - roll * axis)
    turned = swing @ rotation_from_vector(roll * axis) @ before[:3, :3]
    return rigid(turned, before[:3, 3] + change[3:])
