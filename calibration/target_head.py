"""Rig calibration without a robot: the board sits on the head's docking reference at a known place.

    head_from_camera = head_from_board @ invert(camera_from_board)

The camera stays, so views differ by corner noise and by how the board was put on. Each view's pose
counts with its own covariance; the scatter between views is the repeatability of putting it on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.board_view import BoardView
from calibration.hand_eye_sight import make_sights
from calibration.lens import Lens
from calibration.lens_sigma import spread_by_lens
from calibration.twist import adjoint, motion, twist_between, worst_sigma
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.transforms import invert, orthonormalise

MIN_VIEWS = 3
MAX_OUTLIER_RATIO = 5.0  # of the middle view's distance from the median
N_ROUNDS = 5
STEADY_MM, STEADY_DEG = 0.5, 0.2  # a view that lies nearer to the others is never an outlier
# A target put on again repeats within tenths; the bound is absolute, because unrelated views make
# each other look normal.
MAX_MISS_MM, MAX_MISS_DEG = 5.0, 1.0
GOOD_SCATTER_MM, GOOD_SCATTER_DEG = 1.0, 0.25
MIN_KEPT_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class HeadTarget:
    """`covariance` (6, 6) as a twist in the head's space: noise, scatter, target and lens."""

    head_from_camera: Float
    covariance: Float
    scatter_mm: tuple[tuple[str, float], ...]
    outliers: tuple[tuple[str, float], ...]
    warnings: tuple[str, ...]

    @property
    def position_sigma_mm(self) -> float:
        """1-sigma of the head's origin as the camera places it."""
        return worst_sigma(self.covariance[3:, 3:])

    @property
    def angle_sigma_deg(self) -> float:
        """1-sigma of the rotation."""
        return float(np.degrees(worst_sigma(self.covariance[:3, :3])))


def calibrate_on_head(
    views: Sequence[BoardView],
    lens: Lens,
    head_from_board: Float,
    *,
    target_sigma_mm: float,
    target_sigma_deg: float,
    lens_covariance: Float | None = None,
) -> HeadTarget:
    """Calibrate from at least `MIN_VIEWS` views; the sigmas say how well the target is made.

    `lens_covariance` (12, 12) as `camera.toml` has it; None takes the lens as exact. The camera
    stands still: a wrong lens moves all views alike, so their scatter does not show it.

    Raises
    ------
    CalibrationError
        Too few views, or views that do not agree.
    """
    poses, own = _heads(views, lens, head_from_board)
    distances, turns = _misses(poses)
    kept = distances <= _limit(distances, STEADY_MM, MAX_MISS_MM)
    kept &= turns <= _limit(turns, STEADY_DEG, MAX_MISS_DEG)
    n = int(kept.sum())
    needed = max(MIN_VIEWS, int(np.ceil(MIN_KEPT_SHARE * len(views))))
    if n < needed:
        raise CalibrationError(
            "The board on the head is seen too seldom, or at different places.",
            expected=f"at least {needed} views of {len(views)} that agree within "
            f"{MAX_MISS_MM:g} mm and {MAX_MISS_DEG:g} deg",
            actual=f"{n}; they scatter by up to {distances.max():.2f} mm and {turns.max():.2f} deg",
            remedy="Seat the target again for each picture, and do not move the camera.",
        )
    weights = np.asarray(np.linalg.inv(own[kept]), dtype=np.float64)
    noise = np.linalg.inv(weights.sum(axis=0))
    mean = _mean(poses[kept], weights)
    twists = np.array([twist_between(pose, mean) for pose in poses[kept]])
    scatter = twists.T @ twists / (n - 1) / n
    larger = noise if np.trace(noise[3:, 3:]) > np.trace(scatter[3:, 3:]) else scatter
    target = np.repeat([np.radians(target_sigma_deg), target_sigma_mm], 3)
    covariance = larger + np.diag(target**2)
    if lens_covariance is not None:
        chosen = [view for view, is_kept in zip(views, kept, strict=True) if is_kept]

        def head_of(moved: Lens) -> Float:
            moved_poses, _ = _heads(chosen, moved, head_from_board)
            return twist_between(_mean(moved_poses, weights), mean)

        covariance = covariance + spread_by_lens(head_of, lens, lens_covariance)
    named = [(view.name, float(d)) for view, d in zip(views, distances, strict=True)]
    return HeadTarget(
        head_from_camera=mean,
        covariance=np.asarray(covariance),
        scatter_mm=tuple(row for row, is_kept in zip(named, kept, strict=True) if is_kept),
        outliers=tuple(row for row, is_kept in zip(named, kept, strict=True) if not is_kept),
        warnings=_warnings(distances[kept], turns[kept]),
    )


def _misses(poses: Float) -> tuple[Float, Float]:
    """How far each pose lies from the middle one: mm at the head's origin, and deg."""
    distances = np.linalg.norm(poses[:, :3, 3] - np.median(poses[:, :3, 3], axis=0), axis=1)
    between = np.array([[twist_between(a, b)[:3] for b in poses] for a in poses])
    angles = np.degrees(np.linalg.norm(between, axis=2))
    return distances, np.asarray(angles[int(np.argmin(np.median(angles, axis=1)))])


def _limit(values: Float, steady: float, at_most: float) -> float:
    return float(np.clip(MAX_OUTLIER_RATIO * np.median(values), steady, at_most))


def _warnings(distances: Float, turns: Float) -> tuple[str, ...]:
    mm, deg = (float(np.sqrt(np.mean(v**2))) for v in (distances, turns))
    if mm <= GOOD_SCATTER_MM and deg <= GOOD_SCATTER_DEG:
        return ()
    told = f"the views scatter by {mm:.2g} mm and {deg:.2g} deg (rms)"
    return (f"{told}: seat the target the same way, or bring the camera nearer",)


def _heads(views: Sequence[BoardView], lens: Lens, head_from_board: Float) -> tuple[Float, Float]:
    """`head_from_camera` (n, 4, 4) by each view alone, and its covariance (n, 6, 6)."""
    sights, _ = make_sights(views, [np.eye(4)] * len(views), lens)
    poses = [head_from_board @ invert(sight.camera_from_board) for sight in sights]
    own = [adjoint(p) @ s.covariance @ adjoint(p).T for p, s in zip(poses, sights, strict=True)]
    return np.array(poses), np.array(own)


def _mean(poses: Float, weights: Float) -> Float:
    """The weighted mean of poses that lie close together."""
    mean: Float = poses[0]
    inverse = np.linalg.inv(weights.sum(axis=0))
    for _ in range(N_ROUNDS):
        twists = np.array([twist_between(pose, mean) for pose in poses])
        step = inverse @ np.einsum("nij,nj->i", weights, twists)
        mean = orthonormalise(motion(step) @ mean)
    return mean
