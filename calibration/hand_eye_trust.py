"""Whether a rig that was found with a robot may be written at all, and what to warn of.

The bounds are absolute: wrong pairs make each other look normal, so nothing relative finds them.
"""

from __future__ import annotations

import numpy as np

from calibration.hand_eye_errors import disagreeing
from calibration.twist import adjoint, worst_sigma
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.transforms import invert, rigid

# A robot of 2 mm and 0.4 deg, worse than any in use, leaves 6.5 mm and 0.6 deg.
MAX_LEFT_OUT_MM, MAX_LEFT_OUT_DEG = 8.0, 1.5
GOOD_LEFT_OUT_MM, GOOD_LEFT_OUT_DEG = 1.5, 0.3
# Plans tolerate 2 mm and 1 deg: beyond, one sigma of the rig is all of it.
MAX_FIELD_SIGMA_MM, MAX_SIGMA_DEG = 2.0, 0.5
GOOD_FIELD_SIGMA_MM, GOOD_SIGMA_DEG = 0.6, 0.15  # at three sigma a plan is just met
FIELD_CAMERA_MM = np.array([0.0, 0.0, 400.0])  # where the camera looks: about the exit plane


def field_sigma_mm(head_from_camera: Float, covariance: Float) -> float:
    """1-sigma of a point 400 mm before the camera, in its worst direction.

    A robot's base may lie metres away: what matters is where the camera looks.
    """
    field = (head_from_camera @ np.append(FIELD_CAMERA_MM, 1.0))[:3]
    shift = adjoint(invert(rigid(np.eye(3), field)))
    return worst_sigma((shift @ covariance @ shift.T)[3:, 3:])


def check_rig_fit(
    left_out_mm: float, left_out_deg: float, sigma_mm: float, sigma_deg: float
) -> tuple[str, ...]:
    """Return warnings; `left_out_*` root mean square, `sigma_mm` as `field_sigma_mm`.

    Raises
    ------
    CalibrationError
        The pictures do not follow the poses, or leave the rig too uncertain to be of use.
    """
    told = f"{left_out_mm:.3g} mm and {left_out_deg:.2g} deg"
    if not (left_out_mm <= MAX_LEFT_OUT_MM and left_out_deg <= MAX_LEFT_OUT_DEG):
        raise disagreeing(
            told,
            "boards that miss the rig fitted to the others by at most "
            f"{MAX_LEFT_OUT_MM:g} mm and {MAX_LEFT_OUT_DEG:g} deg (rms)",
        )
    spread = f"{sigma_mm:.3g} mm at 400 mm before the camera and {sigma_deg:.2g} deg (1-sigma)"
    if not (sigma_mm <= MAX_FIELD_SIGMA_MM and sigma_deg <= MAX_SIGMA_DEG):
        raise CalibrationError(
            "The rig is too uncertain to be of use.",
            expected=f"at most {MAX_FIELD_SIGMA_MM:g} mm and {MAX_SIGMA_DEG:g} deg",
            actual=spread,
            remedy="Take 15 or more poses, turned by 20 to 60 degrees about different axes, with "
            "the board large in the picture; calibrate the camera better.",
        )
    warnings = []
    if left_out_mm > GOOD_LEFT_OUT_MM or left_out_deg > GOOD_LEFT_OUT_DEG:
        warnings.append(f"boards miss the rig fitted to the others by {told}: more than a robot's")
    if sigma_mm > GOOD_FIELD_SIGMA_MM or sigma_deg > GOOD_SIGMA_DEG:
        warnings.append(f"the rig is known to {spread} only: take more poses, turned more widely")
    return tuple(warnings)
