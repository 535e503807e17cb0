"""Pivot calibration: the tip of a pointer that is tracked.

A pointer is turned about its resting tip: tracker_from_tool_i maps the tip always to one point,
R_i t + p_i = c. The algebraic one-step solution is linear in t and c (Yaniv 2015, "Which pivot
calibration?").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.hand_eye_refine import FLOOR_MM
from calibration.twist import twist_between, worst_sigma
from tracking.arrays import Float
from tracking.errors import CalibrationError

MIN_POSES = 6
MIN_TURN_DEG = 20.0  # about two axes: below, tip and resting point trade against each other
K_OUTLIER = 4.0


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
        Too few poses, or too little turn about a second axis.
    """
    poses = np.array(tracker_from_tool)
    kept = np.ones(len(poses), dtype=bool)
    while True:
        _require(poses[kept])
        unknowns, covariance = _solve(poses[kept])
        misses = np.einsum("nij,j->ni", poses[:, :3, :3], unknowns[:3]) + poses[:, :3, 3]
        distances = np.linalg.norm(misses - unknowns[3:], axis=1)
        limit = K_OUTLIER * max(FLOOR_MM, float(np.median(distances[kept])))
        worst = int(np.argmax(np.where(kept, distances, -1.0)))
        if distances[worst] <= limit or kept.sum() <= max(MIN_POSES, len(poses) // 2):
            break
        kept[worst] = False
    return Pivot(
        unknowns[:3],
        unknowns[3:],
        covariance[:3, :3],
        np.where(kept, distances, np.nan),
        tuple(np.flatnonzero(~kept).tolist()),
        tuple(distances[~kept].tolist()),
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


def _solve(poses: Float) -> tuple[Float, Float]:
    n = len(poses)
    matrix = np.concatenate([np.hstack([pose[:3, :3], -np.eye(3)]) for pose in poses])
    right = -poses[:, :3, 3].ravel()
    unknowns = np.linalg.lstsq(matrix, right, rcond=None)[0]
    loss = float(((matrix @ unknowns - right) ** 2).sum())
    inverse = np.linalg.inv(matrix.T @ matrix)
    return np.asarray(unknowns, dtype=np.float64), np.asarray(loss / (3 * n - 6) * inverse)
