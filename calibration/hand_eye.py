"""Rig calibration with a robot: the chain, its sigma, and what a person needs to trust it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.board_view import BoardView
from calibration.hand_eye_closed import Chain, solve
from calibration.hand_eye_consensus import agreeing, chain_errors
from calibration.hand_eye_errors import disagreeing
from calibration.hand_eye_lens import lens_twists, refine_with_lens
from calibration.hand_eye_motion import MotionDiversity, check_unit, judge_motion
from calibration.hand_eye_refine import left_out_residuals
from calibration.hand_eye_scale import LengthScale, check_scale, length_scale, misfit_covariance
from calibration.hand_eye_sight import Mount, Sight, make_sights
from calibration.hand_eye_trust import check_rig_fit, field_sigma_mm
from calibration.lens import Lens
from calibration.twist import twist_between, worst_sigma
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.transforms import invert, transform_points

MIN_POSES = 5  # twelve unknowns and the robot's noise
SEED = 20_260_101  # of the random subsets: the same pictures give the same rig


@dataclass(frozen=True)
class PoseError:
    """By how much a board lies elsewhere than expected."""

    name: str
    mm: float
    deg: float


@dataclass(frozen=True, eq=False)
class RigCalibration:
    """`covariance` (6, 6) of head_from_camera as a twist in the head's space (rad, mm), total.

    `left_out`: error of each pose used under the rig fitted to the others; the robot's own error
    is part of it. `scale`: robot's lengths over the board's, with its sigma.
    """

    head_from_camera: Float
    other_from_board: Float
    covariance: Float
    solver: str
    solver_errors_mm: dict[str, float]
    left_out: tuple[PoseError, ...]
    outliers: tuple[PoseError, ...]
    noise_px: float
    robot_sigma_deg: float
    robot_sigma_mm: float
    scale: tuple[float, float]
    motion: MotionDiversity
    warnings: tuple[str, ...]

    @property
    def position_sigma_mm(self) -> float:
        """1-sigma of the head's origin as the camera places it, in its worst direction."""
        return worst_sigma(self.covariance[3:, 3:])

    @property
    def angle_sigma_deg(self) -> float:
        """1-sigma of the rotation, about its worst axis."""
        return float(np.degrees(worst_sigma(self.covariance[:3, :3])))

    @property
    def left_out_mm(self) -> float:
        """Root mean square over the poses."""
        return _rms([e.mm for e in self.left_out])

    @property
    def left_out_deg(self) -> float:
        """Root mean square over the poses."""
        return _rms([e.deg for e in self.left_out])


def calibrate_rig(
    views: Sequence[BoardView],
    motions: Sequence[Float],
    lens: Lens,
    mount: Mount,
    *,
    lens_covariance: Float | None = None,
    turned_from_board: Float | None = None,
    unit: str = "mm",
) -> RigCalibration:
    """Calibrate from views and the robot's motions (`motion_of`), at least `MIN_POSES`.

    `lens_covariance` (12, 12) as `camera.toml` has it; None takes the lens as exact.

    Raises
    ------
    CalibrationError
        The motion does not determine the rig, the unit or the lengths do not fit or run backwards,
        too few pairs agree, or the rig would be too uncertain to be of use. Where the poses fit
        when they are read the other way round, the error says so; they are never used so.
    """

    def attempt(taken: Sequence[Float]) -> RigCalibration:
        try:
            return _calibrated(views, taken, lens, mount, lens_covariance, turned_from_board, unit)
        except np.linalg.LinAlgError as error:
            raise disagreeing("no rig can be fitted to them") from error

    try:
        return attempt(motions)
    except CalibrationError as error:
        try:
            attempt([invert(motion) for motion in motions])
        except CalibrationError:
            raise error from None
        raise _other_way_round(error, mount) from error


def _calibrated(
    views: Sequence[BoardView],
    motions: Sequence[Float],
    lens: Lens,
    mount: Mount,
    lens_covariance: Float | None,
    turned_from_board: Float | None,
    unit: str,
) -> RigCalibration:
    sights, noise_px = make_sights(views, motions, lens, turned_from_board)
    judge_motion(sights)
    check_unit(sights, unit, SEED)
    sights, kept, fit = agreeing(sights, mount, SEED, MIN_POSES)
    used = [sight for sight, is_kept in zip(sights, kept, strict=True) if is_kept]
    motion = judge_motion(used)
    twists = None
    if lens_covariance is not None:
        seen = [view for view, is_kept in zip(views, kept, strict=True) if is_kept]
        twists = lens_twists(seen, used, lens, lens_covariance)
    scale = length_scale(used, fit, mount, twists)
    check_scale(scale)
    if twists is not None:
        fit = refine_with_lens(used, fit, mount, twists)
    rig, own = fit.chain.mount_from_camera, fit.covariance[:6, :6]
    left_out = tuple(
        _error_of(s, e) for s, e in zip(used, left_out_residuals(used, fit, mount), strict=True)
    )
    return RigCalibration(
        head_from_camera=rig,
        other_from_board=fit.chain.other_from_board,
        covariance=own + misfit_covariance(fit, scale),
        solver=fit.chain.solver,
        solver_errors_mm={c.solver: float(np.median(chain_errors(used, c))) for c in solve(used)},
        left_out=left_out,
        outliers=tuple(
            _error_of(s, _residual(s, fit.chain))
            for s, is_kept in zip(sights, kept, strict=True)
            if not is_kept
        ),
        noise_px=noise_px,
        robot_sigma_deg=float(np.degrees(fit.robot_sigma_rad)),
        robot_sigma_mm=fit.robot_sigma_mm,
        scale=(scale.value, scale.sigma),
        motion=motion,
        warnings=(
            *motion.advice,
            *_scale_warnings(scale),
            *check_rig_fit(
                _rms([e.mm for e in left_out]),
                _rms([e.deg for e in left_out]),
                field_sigma_mm(rig, own),
                float(np.degrees(worst_sigma(own[:3, :3]))),
            ),
        ),
    )


def _scale_warnings(scale: LengthScale) -> tuple[str, ...]:
    if not scale.is_out:
        return ()
    told = f"the robot's lengths are {scale.value:.4f} +- {scale.sigma:.4f} of the board's"
    return (f"{told}, which widens the rig's sigma: measure the print, check the robot's unit",)


def _other_way_round(error: CalibrationError, mount: Mount) -> CalibrationError:
    other = "world" if mount == "hand" else "hand"
    return CalibrationError(
        f"{error.what} They do when the poses are read the other way round.",
        expected=f"poses base_from_gripper, and the camera as --mount {mount} says",
        actual=f"the poses look like gripper_from_base, or the camera's mount is {other}",
        remedy=f"Invert the poses where they are written, or say --mount {other}: look which of "
        "the two is true.",
    )


def _rms(values: Sequence[float]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _residual(sight: Sight, chain: Chain) -> Float:
    return twist_between(sight.camera_from_board, chain.expected(sight.motion))


def _error_of(sight: Sight, twist: Float) -> PoseError:
    """The twist at the middle of the board."""
    centre = transform_points(sight.camera_from_board, sight.centre_mm)
    shift = np.cross(twist[:3], centre) + twist[3:]
    return PoseError(
        sight.name, float(np.linalg.norm(shift)), float(np.degrees(np.linalg.norm(twist[:3])))
    )
