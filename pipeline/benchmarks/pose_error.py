"""How far a registered pose is from the truth, also in units of its own covariance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.cone_model import ConeModel
from tracking.registration import Registration
from tracking.transforms import angle_between_deg, rigid, rotation_from_vector

N_MODELS = 128  # a machine's catalogue at most: built once, some milliseconds each


@dataclass(frozen=True)
class PoseError:
    """Errors of one frame.

    `axis_nees`, `exit_nees`: squared error in units of `axis_cov_deg2` (2 degrees of freedom)
    and `exit_cov_mm2` (3); None where the pose has no covariance.
    """

    axis_deg: float
    exit_mm: float
    axis_nees: float | None = None
    exit_nees: float | None = None


def pose_error(camera_from_applicator: Float, truth: Float) -> PoseError:
    """Error of a pose that says nothing of its uncertainty."""
    exit_mm = float(np.linalg.norm(camera_from_applicator[:3, 3] - truth[:3, 3]))
    return PoseError(angle_between_deg(camera_from_applicator[:3, 2], truth[:3, 2]), exit_mm)


def registered_error(registration: Registration, truth: Float) -> PoseError:
    """Error of a registration that has a pose."""
    if (
        registration.camera_from_applicator is None
        or registration.axis_cov_deg2 is None
        or registration.exit_cov_mm2 is None
    ):
        raise ValueError(f"no pose to compare: {registration.status}")
    plain = pose_error(registration.camera_from_applicator, truth)
    turn_deg = np.degrees(_turn_rad(registration.axis_camera, truth[:3, 2]))
    axis = registration.axis_basis @ turn_deg
    shift_mm = truth[:3, 3] - registration.exit_centre_camera_mm
    return PoseError(
        plain.axis_deg,
        plain.exit_mm,
        float(axis @ np.linalg.solve(registration.axis_cov_deg2, axis)),
        float(shift_mm @ np.linalg.solve(registration.exit_cov_mm2, shift_mm)),
    )


def _turn_rad(from_axis: Float, to_axis: Float) -> Float:
    """Rotation vector, perpendicular to the axes, that carries one onto the other."""
    cross = np.cross(from_axis, to_axis)
    sine = float(np.linalg.norm(cross))
    angle = float(np.arctan2(sine, float(from_axis @ to_axis)))
    turn: Float = cross * (angle / sine if sine > 0 else 0.0)
    return turn


def rough_start(truth: Float, angle_deg: float, shift_mm: float, rng: np.random.Generator) -> Float:
    """Truth, turned about the exit and shifted by just so much, in random directions."""
    turn, shift = rng.standard_normal(3), rng.standard_normal(3)
    turn *= np.radians(angle_deg) / np.linalg.norm(turn)
    shift *= shift_mm / np.linalg.norm(shift)
    return truth @ rigid(rotation_from_vector(turn), shift)


@lru_cache(maxsize=N_MODELS)
def cone_model(applicator: Applicator) -> ConeModel:
    """Return the applicator's model, built once a process."""
    return ConeModel(applicator)
