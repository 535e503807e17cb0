"""Two cameras that saw the same boards: where the right one is, and how far apart they are.

Both lenses are fitted first, each from its own views; then the pose alone (OpenCV's stereo
calibration, lenses held). Sigma of the pose from the scatter of the pairs (jackknife over pairs).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from calibration.board_view import BoardView
from calibration.intrinsics import Intrinsics
from calibration.jackknife import jackknife_covariance
from calibration.lens import Lens
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.transforms import rigid

MIN_PAIRS = 4
CRITERIA = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 100, 1e-10)


@dataclass(frozen=True, eq=False)
class Stereo:
    """`right_from_left` in mm; `baseline_sigma_mm` from leaving each pair out."""

    left: Intrinsics
    right: Intrinsics
    right_from_left: Float
    rms_px: float
    baseline_sigma_mm: float
    n_pairs: int

    @property
    def baseline_mm(self) -> float:
        """Distance between the two centres."""
        return float(np.linalg.norm(self.right_from_left[:3, 3]))

    @property
    def turn_deg(self) -> float:
        """Angle between the two cameras."""
        cosine = (np.trace(self.right_from_left[:3, :3]) - 1) / 2
        return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def calibrate_stereo(
    left: Intrinsics, right: Intrinsics, pairs: Sequence[tuple[BoardView, BoardView]]
) -> Stereo:
    """Calibrate from at least `MIN_PAIRS` pairs of views of one board at one moment.

    Raises
    ------
    CalibrationError
        Too few pairs that share enough points.
    """
    shared = [pair for pair in (_shared(a, b) for a, b in pairs) if pair is not None]
    if len(shared) < MIN_PAIRS:
        raise CalibrationError(
            "Too few pairs of pictures show the board to both cameras.",
            expected=f"at least {MIN_PAIRS}",
            actual=f"{len(shared)}",
            remedy="Name left and right pictures in the same order, taken at the same moments.",
        )
    pose, rms = _pose(shared, left.fit.lens, right.fit.lens)
    baselines = []
    for index in range(len(shared)):
        rest = [pair for i, pair in enumerate(shared) if i != index]
        without, _ = _pose(rest, left.fit.lens, right.fit.lens)
        baselines.append(float(np.linalg.norm(without[:3, 3])))
    sigma = float(np.sqrt(jackknife_covariance(np.array(baselines)[:, None])[0, 0]))
    return Stereo(left, right, pose, rms, sigma, len(baselines))


_Shared = tuple[Float, Float, Float]


def _shared(left: BoardView, right: BoardView) -> _Shared | None:
    """Points of the board that both saw, and their pixels."""
    places = {tuple(p): i for i, p in enumerate(np.round(right.points_mm, 6).tolist())}
    keys = [tuple(p) for p in np.round(left.points_mm, 6).tolist()]
    both = [(i, places[key]) for i, key in enumerate(keys) if key in places]
    if len(both) < 6:
        return None
    a, b = (list(indices) for indices in zip(*both, strict=True))
    return left.points_mm[a], left.points_px[a], right.points_px[b]


def _pose(shared: Sequence[_Shared], left: Lens, right: Lens) -> tuple[Float, float]:
    points, left_px, right_px = (
        [np.ascontiguousarray(pair[k], dtype=np.float32) for pair in shared] for k in range(3)
    )
    rms, _, _, _, _, rotation, shift, *_ = cv2.stereoCalibrate(
        points,
        left_px,
        right_px,
        left.matrix,
        left.distortion.copy(),
        right.matrix,
        right.distortion.copy(),
        (left.width, left.height),
        flags=cv2.CALIB_FIX_INTRINSIC,
        criteria=CRITERIA,
    )
    return rigid(np.asarray(rotation, dtype=float), np.ravel(shift).astype(float)), float(rms)
