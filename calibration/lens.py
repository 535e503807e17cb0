"""A camera with its lens: pinhole and OpenCV's distortion, and how many coefficients are free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np

from tracking.arrays import Float, finite_array
from tracking.camera import CameraIntrinsics

Model = Literal["none", "radial1", "radial2", "brown4", "brown5", "rational8"]

COEFFICIENTS: Final[dict[Model, tuple[int, ...]]] = {
    "none": (),
    "radial1": (0,),
    "radial2": (0, 1),
    "brown4": (0, 1, 2, 3),
    "brown5": (0, 1, 2, 3, 4),
    "rational8": (0, 1, 2, 3, 4, 5, 6, 7),
}
"""Which of k1 k2 p1 p2 k3 k4 k5 k6 (OpenCV's order) are fitted; the others are 0."""
COEFFICIENT_NAMES = ("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6")
N_PINHOLE = 4  # fx fy cx cy
N_COEFFICIENTS = 8
N_LENS = N_PINHOLE + N_COEFFICIENTS


@dataclass(frozen=True, eq=False)
class Lens:
    """fx, fy, cx, cy in pixels (centres at whole numbers) and 8 distortion coefficients."""

    width: int
    height: int
    pinhole: Float
    distortion: Float

    def __post_init__(self) -> None:
        object.__setattr__(self, "pinhole", finite_array("pinhole", self.pinhole, (N_PINHOLE,)))
        padded = np.zeros(N_COEFFICIENTS)
        given = np.ravel(np.asarray(self.distortion, dtype=np.float64))
        if len(given) > N_COEFFICIENTS:
            raise ValueError(f"distortion: at most {N_COEFFICIENTS}, got {len(given)}")
        padded[: len(given)] = given
        object.__setattr__(
            self, "distortion", finite_array("distortion", padded, (N_COEFFICIENTS,))
        )
        _ = self.intrinsics

    @property
    def intrinsics(self) -> CameraIntrinsics:
        """The pinhole alone. Raises ValueError where it is none."""
        fx, fy, cx, cy = self.pinhole.tolist()
        return CameraIntrinsics(self.width, self.height, fx, fy, cx, cy)

    @property
    def matrix(self) -> Float:
        """The 3x3 camera matrix."""
        return self.intrinsics.matrix

    def project(self, points_camera_mm: Float) -> Float:
        """Pixels (n, 2) of points (n, 3) in camera space."""
        zero = np.zeros(3)
        pixels, _ = cv2.projectPoints(
            np.ascontiguousarray(points_camera_mm, dtype=np.float64).reshape(-1, 1, 3),
            zero,
            zero,
            self.matrix,
            self.distortion,
        )
        return np.reshape(pixels, (-1, 2)).astype(np.float64)

    def normalised(self, points_px: Float) -> Float:
        """Where rays of pixels (n, 2) meet the plane z = 1, shape (n, 2)."""
        pixels = np.ascontiguousarray(points_px, dtype=np.float64).reshape(-1, 1, 2)
        criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 100, 1e-12)
        rays = cv2.undistortPointsIter(
            pixels, self.matrix, self.distortion, np.eye(3), np.eye(3), criteria
        )
        return np.reshape(rays, (-1, 2)).astype(np.float64)
