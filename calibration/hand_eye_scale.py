"""By what factor the robot's lengths are the board's, sign included: 1 if they agree.

A board printed too large, another unit, or a left-handed frame of the robot leave every turn as it
is and only stretch or reverse the lengths; so the factor is told apart from the chain. The lengths
are scaled and the chain fitted again until nothing is left to scale: the noise is then that of the
robot and the pictures, not the misfit's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from calibration.hand_eye_closed import solve
from calibration.hand_eye_consensus import chain_errors
from calibration.hand_eye_errors import mirrored
from calibration.hand_eye_refine import Refined, motion_scale, refine
from calibration.hand_eye_sight import Mount, Sight
from calibration.twist import twist_between
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.transforms import rigid

N_ROUNDS = 3
SETTLED = 1e-4  # of the factor
K_SCALE = 4.0
MIN_SCALE_ERROR = 0.003  # of the lengths: a print that is out by less passes
MAX_SCALE_ERROR = 0.01  # 1 % moves the camera by 5 mm where it sees the board at 500 mm
K_REFUSED = 3.0


@dataclass(frozen=True, eq=False)
class LengthScale:
    """`value`: robot's lengths over the board's, with its 1-sigma.

    `mount_from_camera` and `robot_sigma_mm` once the lengths are scaled to the board's.
    """

    value: float
    sigma: float
    mount_from_camera: Float
    robot_sigma_mm: float

    @property
    def is_out(self) -> bool:
        """Whether the lengths differ by more than chance and a good print allow."""
        return abs(self.value - 1) > max(K_SCALE * self.sigma, MIN_SCALE_ERROR)


def length_scale(
    sights: Sequence[Sight], fit: Refined, mount: Mount, lens_twists: Float | None = None
) -> LengthScale:
    """Estimate the factor beside the chain.

    `lens_twists` (n, 6, k): by how much each sight moves by 1-sigma of the lens; they widen sigma.
    """
    factor, found, scaled = 1.0, fit, list(sights)
    step, sigma = motion_scale(scaled, found, mount, lens_twists)
    for _ in range(N_ROUNDS):
        if not np.isfinite(step) or abs(step - 1) < max(SETTLED, 0.1 * sigma) or step == 0:
            break
        factor *= step
        scaled = [replace(s, motion=_stretched(s.motion, factor)) for s in sights]
        starts = solve(scaled) or [found.chain]
        start = min(starts, key=lambda c: float(np.median(chain_errors(scaled, c))))
        found = refine(scaled, start, mount)
        step, sigma = motion_scale(scaled, found, mount, lens_twists)
    factor *= step
    return LengthScale(
        1.0 / factor,
        sigma / abs(factor * step) if step else float("inf"),
        found.chain.mount_from_camera,
        found.robot_sigma_mm,
    )


def check_scale(scale: LengthScale) -> None:
    """Refuse lengths that are reversed, or out by more than any print.

    Raises
    ------
    CalibrationError
        As said.
    """
    off = abs(scale.value - 1) - K_REFUSED * scale.sigma
    told = f"{scale.value:.4f} +- {scale.sigma:.4f} of the board's"
    if scale.value + K_REFUSED * scale.sigma < 0:
        raise mirrored(told)
    if off > MAX_SCALE_ERROR:
        raise CalibrationError(
            "The robot's lengths are not the board's.",
            expected=f"a factor of 1.000 within {MAX_SCALE_ERROR:.0%} and its own uncertainty",
            actual=told,
            remedy="Measure the printed board, correct the sizes in --board, and check the "
            "robot's unit and kinematics.",
        )


def misfit_covariance(fit: Refined, scale: LengthScale) -> Float:
    """What a wrong factor may do to the rig (6, 6), nothing where it fits.

    Either the board's sizes are out or the robot's lengths: the larger of both moves of the rig.
    """
    if not scale.is_out:
        return np.zeros((6, 6))
    as_board, rig = scale.mount_from_camera, fit.chain.mount_from_camera
    as_robot = rigid(as_board[:3, :3], scale.value * as_board[:3, 3])
    moves = [twist_between(pose, rig) for pose in (as_board, as_robot)]
    move = max(moves, key=lambda twist: float(np.linalg.norm(twist[3:])))
    return np.outer(move, move)


def _stretched(motion: Float, factor: float) -> Float:
    return rigid(motion[:3, :3], factor * motion[:3, 3])
