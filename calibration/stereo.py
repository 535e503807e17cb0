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
from calibration.stereo_pairs import SharedBoard, belonging_together, shared_board
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.transforms import rigid

MIN_PAIRS = 4
MAX_RMS_PX, MAX_SIGMA_MM = 2.0, 2.0  # as of a lens, and of a rig
CRITERIA = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 100, 1e-10)


@dataclass(frozen=True, eq=False)
class Stereo:
    """`right_from_left` in mm; `baseline_sigma_mm` from leaving each pair out.

    `astray`: pairs that contradict the others and were left out.
    """

    left: Intrinsics
    right: Intrinsics
    right_from_left: Float
    rms_px: float
    baseline_sigma_mm: float
    n_pairs: int
    astray: tuple[str, ...] = ()

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
    left: Intrinsics,
    right: Intrinsics,
    pairs: Sequence[tuple[BoardView, BoardView]],
    *,
    is_turnable: bool,
) -> Stereo:
    """Calibrate from at least `MIN_PAIRS` pairs of views of one board at one moment.

    `is_turnable`: the board looks the same after half a turn, and may be read so in one picture.

    Raises
    ------
    CalibrationError
        Too few pairs that share enough points, pairs that contradict, or a pose that they do not
        tell.
    """
    lenses = left.fit.lens, right.fit.lens
    shared = [pair for pair in (shared_board(a, b) for a, b in pairs) if pair is not None]
    _require(shared)
    kept, astray = belonging_together(shared, *lenses, is_turnable=is_turnable)
    _require(kept)
    pose, rms = _pose(kept, *lenses)
    baselines = []
    for index in range(len(kept)):
        without, _ = _pose([pair for i, pair in enumerate(kept) if i != index], *lenses)
        baselines.append(float(np.linalg.norm(without[:3, 3])))
    sigma = float(np.sqrt(jackknife_covariance(np.array(baselines)[:, None])[0, 0]))
    if not (rms <= MAX_RMS_PX and sigma <= MAX_SIGMA_MM):
        raise CalibrationError(
            "The pictures do not tell the pose between the cameras.",
            expected=f"at most {MAX_RMS_PX:g} px rms and {MAX_SIGMA_MM:g} mm sigma of the baseline",
            actual=f"{rms:.2f} px and {sigma:.2f} mm",
            remedy="Take more pictures, at rest, of the whole board from different sides.",
        )
    return Stereo(left, right, pose, rms, sigma, len(kept), tuple(astray))


def _require(pairs: Sequence[SharedBoard]) -> None:
    if len(pairs) < MIN_PAIRS:
        raise CalibrationError(
            "Too few pairs of pictures show the board to both cameras.",
            expected=f"at least {MIN_PAIRS}",
            actual=f"{len(pairs)}",
            remedy="Name left and right pictures in the same order, taken at the same moments.",
        )


def _pose(shared: Sequence[SharedBoard], left: Lens, right: Lens) -> tuple[Float, float]:
    points, left_px, right_px = (
        [np.ascontiguousarray(getattr(pair, name), dtype=np.float32) for pair in shared]
        for name in ("points_mm", "left_px", "right_px")
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
