"""A new rig calibration beside a stored one: whether they agree within what both claim."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.twist import twist_between
from tracking.arrays import Float
from tracking.rig import Rig
from tracking.transforms import transform_points

K_DIFFERENT = 3.3  # 99.9 % of a Gaussian
FIELD_CAMERA_MM = np.array([0.0, 0.0, 400.0])  # where the camera looks: about the exit plane
MIN_SHIFT_MM, MIN_TURN_DEG = 0.5, 0.1  # called the same below: a quarter of the plan's tolerance
MAX_SHIFT_MM, MAX_TURN_DEG = 2.0, 0.3  # never called the same beyond, whatever the sigmas say


@dataclass(frozen=True)
class RigComparison:
    """Stored minus new: at the head's origin, and 400 mm before the camera."""

    shift_mm: float
    field_shift_mm: float
    turn_deg: float
    allowed_mm: float
    allowed_deg: float
    is_different: bool


def compare_rigs(
    head_from_camera: Float, position_sigma_mm: float, angle_sigma_deg: float, stored: Rig
) -> RigComparison:
    """Compare a new rig and its sigmas with a stored one and its own."""
    twist = twist_between(stored.head_from_camera, head_from_camera)
    field = transform_points(head_from_camera, FIELD_CAMERA_MM)
    stored_field = transform_points(stored.head_from_camera, FIELD_CAMERA_MM)
    shift = float(np.linalg.norm(twist[3:]))
    turn = float(np.degrees(np.linalg.norm(twist[:3])))
    field_shift = float(np.linalg.norm(stored_field - field))
    sigma_mm = float(np.hypot(position_sigma_mm, stored.position_sigma_mm))
    sigma_deg = float(np.hypot(angle_sigma_deg, stored.angle_sigma_deg))
    allowed_mm = float(np.clip(K_DIFFERENT * sigma_mm, MIN_SHIFT_MM, MAX_SHIFT_MM))
    allowed_deg = float(np.clip(K_DIFFERENT * sigma_deg, MIN_TURN_DEG, MAX_TURN_DEG))
    arm_mm = float(np.linalg.norm(field - head_from_camera[:3, 3]))
    allowed_field_mm = allowed_mm + arm_mm * float(np.radians(allowed_deg))
    return RigComparison(
        shift_mm=shift,
        field_shift_mm=field_shift,
        turn_deg=turn,
        allowed_mm=allowed_mm,
        allowed_deg=allowed_deg,
        is_different=bool(
            not (shift <= allowed_mm and turn <= allowed_deg and field_shift <= allowed_field_mm)
        ),
    )
