"""Whether a pose moved farther within one frame than the cone and the camera can have moved.

Such a pose was not tracked, wherever its search began: it slipped from one minimum into another.

Fails to: jump.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from tracking.arrays import Float
from tracking.pose_change import pose_change
from tracking.registration import PoseStart, Registration
from tracking.sigmas import largest_sigma

# The quickest that happens to a cone in use is a hand that knocks it, or that brings it: a cone
# clamped to the table and a head on its drives are slower by far. A hand that works near a patient
# stays below half a metre per second. The cone is about 300 mm long, so it swings by less than
# 500 / 300 rad/s; gripped at its ring of 55 mm radius it rolls by less than 500 / 55 rad/s.
MAX_SPEED_MM_S = 500.0
MAX_SWING_DEG_S = 95.0
MAX_ROLL_DEG_S = 520.0
N_SIGMA = 5.0  # of both poses together: noise is no jump


def with_jump_told(previous: Registration | None, now: Registration, dt_ns: int) -> Registration:
    """Return `now`, as searched anew where it jumped from the previous frame's pose."""
    if now.start is PoseStart.TRACKED and (previous is None or is_jump(previous, now, dt_ns)):
        return now.with_start(PoseStart.SEARCHED)
    return now


def is_jump(previous: Registration, now: Registration, dt_ns: int) -> bool:
    """Whether the cone cannot have gone from one pose to the next in `dt_ns`.

    Slide and roll are compared only where both poses tell them. A pose that may not be
    measured with, or time that does not pass, is a jump.
    """
    if not (previous.is_ok and now.is_ok and dt_ns > 0):
        return True
    before, after = previous.camera_from_applicator, now.camera_from_applicator
    if before is None or after is None or previous.covariance is None or now.covariance is None:
        return True
    change, covariance = pose_change(before, after), previous.covariance + now.covariance
    dt_s, axis = dt_ns / 1e9, previous.axis_camera
    along, across = np.outer(axis, axis), np.eye(3) - np.outer(axis, axis)
    has_slide = previous.axial_observable and now.axial_observable
    has_roll = previous.roll_observable and now.roll_observable
    swing, roll = slice(0, 3), slice(0, 3)
    checks = [
        (change[3:], covariance[3:, 3:], np.eye(3) if has_slide else across, MAX_SPEED_MM_S),
        (change[swing], covariance[swing, swing], across, np.radians(MAX_SWING_DEG_S)),
    ]
    if has_roll:
        checks.append((change[roll], covariance[roll, roll], along, np.radians(MAX_ROLL_DEG_S)))
    return not all(
        _is_within(part @ vector, part @ block @ part, rate * dt_s)
        for vector, block, part, rate in checks
    )


def _is_within(vector: Float, covariance: Float, reach: float) -> bool:
    """Whether a vector is no longer than what motion and noise reach; False for NaN."""
    length = sqrt(float(vector @ vector))
    # what motion alone explains needs no noise: its largest sigma takes longer than all the rest
    return length <= reach or length <= reach + N_SIGMA * largest_sigma(covariance)
