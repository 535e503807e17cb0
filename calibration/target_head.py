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
from calibration.twist import adjoint, motion, twist_between, worst_sigma
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.transforms import invert, orthonormalise

MIN_VIEWS = 3
MAX_OUTLIER_RATIO = 5.0  # of the middle view's distance from the median
N_ROUNDS = 5
STEADY_MM = 0.5  # a view that lies nearer to the others is never an outlier


@dataclass(frozen=True, eq=False)
class HeadTarget:
    """`covariance` (6, 6) as a twist in the head's space: noise, scatter and the target's own."""

    head_from_camera: Float
    covariance: Float
    scatter_mm: tuple[tuple[str, float], ...]
    outliers: tuple[tuple[str, float], ...]

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
) -> HeadTarget:
    """Calibrate from at least `MIN_VIEWS` views; the sigmas say how well the target is made.

    Raises
    ------
    CalibrationError
        Too few views, or views that do not agree.
    """
    sights, _ = make_sights(views, [np.eye(4)] * len(views), lens)
    poses = [head_from_board @ invert(sight.camera_from_board) for sight in sights]
    own = [adjoint(p) @ s.covariance @ adjoint(p).T for p, s in zip(poses, sights, strict=True)]
    places = np.array([pose[:3, 3] for pose in poses])
    distances = np.linalg.norm(places - np.median(places, axis=0), axis=1)
    kept = distances <= max(STEADY_MM, MAX_OUTLIER_RATIO * float(np.median(distances)))
    if kept.sum() < MIN_VIEWS:
        raise CalibrationError(
            "The board on the head is seen too seldom, or at different places.",
            expected=f"at least {MIN_VIEWS} views that agree",
            actual=f"{int(kept.sum())} of {len(views)}; they scatter by {distances.max():.2f} mm",
            remedy="Seat the target again for each picture, and do not move the camera.",
        )
    chosen = [i for i in range(len(poses)) if kept[i]]
    mean = poses[chosen[0]]
    weights = [np.linalg.inv(own[i]) for i in chosen]
    noise = np.linalg.inv(np.sum(weights, axis=0))
    for _ in range(N_ROUNDS):
        twists = np.array([twist_between(poses[i], mean) for i in chosen])
        step = noise @ np.einsum("nij,nj->i", np.array(weights), twists)
        mean = orthonormalise(motion(step) @ mean)
    twists = np.array([twist_between(poses[i], mean) for i in chosen])
    scatter = twists.T @ twists / (len(chosen) - 1) / len(chosen)
    angle = np.repeat([np.radians(target_sigma_deg), target_sigma_mm], 3)
    larger = noise if np.trace(noise[3:, 3:]) > np.trace(scatter[3:, 3:]) else scatter
    return HeadTarget(
        head_from_camera=mean,
        covariance=np.asarray(larger + np.diag(angle**2)),
        scatter_mm=tuple((views[i].name, float(distances[i])) for i in chosen),
        outliers=tuple(
            (view.name, float(d))
            for view, d, k in zip(views, distances, kept, strict=True)
            if not k
        ),
    )
