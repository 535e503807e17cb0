"""Pivot calibration: the tip of a pointer that is tracked.

A pointer is turned about its resting tip: tracker_from_tool_i maps the tip always to one point,
R_i t + p_i = c. The algebraic one-step solution is linear in t and c (Yaniv 2015, "Which pivot
calibration?"). It starts from the small random subset whose middle pose errs least (Rousseeuw
1984): least squares over all poses hides slips behind each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.hand_eye_refine import FLOOR_MM
from calibration.twist import twist_between, worst_sigma
from tracking.arrays import Bool, Float
from tracking.errors import CalibrationError

MIN_POSES = 6
MIN_TURN_DEG = 20.0  # about two axes: below, tip and resting point trade against each other
K_OUTLIER = 4.0
N_SUBSET, N_SUBSETS = 4, 300  # at 40 % slipped one subset in eight is clean: none has odds of 1e-17
SEED = 20_260_101
GROSS_RATIO = 6.0  # of the middle error of the start
MAX_RMS_MM = 1.0  # optical trackers leave 0.1 to 0.3 mm, magnetic ones 0.5 to 0.8 mm
MAX_TIP_MM = 1500.0  # no pointer is longer
MIN_TIP_MM, MIN_REACH_MM = 5.0, 20.0  # a tip at its origin is one, but no tracker stands as near


@dataclass(frozen=True, eq=False)
class Pivot:
    """`tip_tool_mm` with its covariance (3, 3); `residuals_mm` of each pose, NaN where left out.

    `outlier_mm`: how far the tip lay off in each of `outliers`.
    """

    tip_tool_mm: Float
    rest_tracker_mm: Float
    covariance_mm2: Float
    residuals_mm: Float
    outliers: tuple[int, ...]
    outlier_mm: tuple[float, ...]

    @property
    def sigma_mm(self) -> float:
        """1-sigma of the tip in its worst direction."""
        return worst_sigma(self.covariance_mm2)

    @property
    def rms_mm(self) -> float:
        """Root mean square distance of the tip from its resting point, poses used."""
        return float(np.sqrt(np.nanmean(self.residuals_mm**2)))


def calibrate_pivot(tracker_from_tool: Sequence[Float]) -> Pivot:
    """Find the tip from poses (4, 4) of the tool, turned about it.

    Raises
    ------
    CalibrationError
        Too few poses, too little turn about a second axis, a tip that does not rest, or one that
        no tool has.
    """
    poses = np.array(tracker_from_tool)
    _require(poses)
    kept = _start(poses)
    unknowns, covariance, distances = _fitted(poses, kept)
    for _ in range(len(poses)):
        again = distances <= K_OUTLIER * max(FLOOR_MM, float(np.median(distances[kept])))
        if np.array_equal(again, kept) or again.sum() < max(MIN_POSES, len(poses) // 2):
            break
        kept = again
        unknowns, covariance, distances = _fitted(poses, kept)
    found = Pivot(
        unknowns[:3],
        unknowns[3:],
        covariance[:3, :3],
        np.where(kept, distances, np.nan),
        tuple(np.flatnonzero(~kept).tolist()),
        tuple(distances[~kept].tolist()),
    )
    _require_plausible(found, poses)
    return found


def _fitted(poses: Float, kept: Bool) -> tuple[Float, Float, Float]:
    """Unknowns and their covariance by the poses kept, and how far the tip lies off in all."""
    _require(poses[kept])
    unknowns, covariance = _solve(poses[kept])
    return unknowns, covariance, _distances(poses, unknowns)


def _start(poses: Float) -> Bool:
    """Which poses agree with the subset whose middle pose errs least."""
    rng = np.random.default_rng(SEED)
    best = np.full(len(poses), np.inf)
    for _ in range(N_SUBSETS):
        subset = rng.choice(len(poses), size=min(N_SUBSET, len(poses)), replace=False)
        unknowns = np.linalg.lstsq(*_equations(poses[np.sort(subset)]), rcond=None)[0]
        distances = _distances(poses, np.asarray(unknowns, dtype=np.float64))
        if np.median(distances) < np.median(best):
            best = distances
    kept: Bool = best <= max(GROSS_RATIO * float(np.median(best)), FLOOR_MM)
    return kept if kept.sum() >= MIN_POSES else np.ones(len(poses), dtype=np.bool_)


def _distances(poses: Float, unknowns: Float) -> Float:
    """How far the tip lies from its resting point in each pose, mm."""
    misses = np.einsum("nij,j->ni", poses[:, :3, :3], unknowns[:3]) + poses[:, :3, 3]
    return np.asarray(np.linalg.norm(misses - unknowns[3:], axis=1))


def _require_plausible(found: Pivot, poses: Float) -> None:
    tip = float(np.linalg.norm(found.tip_tool_mm))
    reach = float(np.linalg.norm(poses[:, :3, 3], axis=1).max())
    is_tiny = tip < MIN_TIP_MM and reach < MIN_REACH_MM
    if is_tiny or not tip <= MAX_TIP_MM:
        raise CalibrationError(
            "No pointer has such a tip.",
            expected=f"a tip within {MAX_TIP_MM:g} mm of the tool's origin, farther than "
            f"{MIN_REACH_MM:g} mm from the tracker",
            actual=f"{tip:.3g} mm from the tool's origin, {reach:.3g} mm from the tracker; the "
            f'poses look like "{"m" if is_tiny else "mm"}"',
            remedy='Correct "unit" in the poses.',
        )
    if not found.rms_mm <= MAX_RMS_MM:
        raise CalibrationError(
            "The pointer's tip did not rest.",
            expected=f"one place within {MAX_RMS_MM:g} mm (rms) in most poses",
            actual=f"{found.rms_mm:.2f} mm, {len(found.outliers)} of {len(poses)} poses left out",
            remedy="Rest the tip in a cone, turn the pointer slowly, and keep the cone still.",
        )


def _require(poses: Float) -> None:
    relative = np.einsum("nij,kj->nik", poses[:, :3, :3], poses[0, :3, :3])
    axes = np.array([twist_between(_turn(r), np.eye(4))[:3] for r in relative])
    second = float(np.degrees(np.linalg.svd(axes - axes.mean(axis=0), compute_uv=False)[1]))
    if len(poses) < MIN_POSES or second < MIN_TURN_DEG:
        raise CalibrationError(
            "The poses do not determine the pointer's tip.",
            expected=f"at least {MIN_POSES} poses, turned about two axes by {MIN_TURN_DEG:g} deg",
            actual=f"{len(poses)} poses, {second:.1f} deg about the second axis",
            remedy="Rest the tip in a cone, and tilt the pointer widely forwards and sideways.",
        )


def _turn(rotation: Float) -> Float:
    pose = np.eye(4)
    pose[:3, :3] = rotation
    return pose


def _equations(poses: Float) -> tuple[Float, Float]:
    matrix = np.concatenate([np.hstack([pose[:3, :3], -np.eye(3)]) for pose in poses])
    return matrix, np.asarray(-poses[:, :3, 3].ravel())


def _solve(poses: Float) -> tuple[Float, Float]:
    n = len(poses)
    matrix, right = _equations(poses)
    unknowns = np.linalg.lstsq(matrix, right, rcond=None)[0]
    loss = float(((matrix @ unknowns - right) ** 2).sum())
    inverse = np.linalg.inv(matrix.T @ matrix)
    return np.asarray(unknowns, dtype=np.float64), np.asarray(loss / (3 * n - 6) * inverse)
