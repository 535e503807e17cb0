"""The flat base that a phantom stands on: found once, then compared along every ray.

Figures follow the RealSense depth-quality metrics (Intel, "Depth Quality Testing Methodology"):
fill rate, plane-fit RMS, and temporal noise as the median over pixels of SD / median.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.temporal_noise import temporal_noise_percent
from tracking.arrays import Bool, Float
from tracking.camera import CameraIntrinsics
from tracking.robust import NORMAL_MAD

Float32 = NDArray[np.float32]

RADIUS_MM = 220.0  # around the exit: the base, and not the room behind it
STRIDE_PX = 4  # of the grid that the plane is searched on
N_TRIES = 300  # draws of three points; half of them off the plane still leave 37 good draws
INLIER_MM = 4.0  # at 0.6 m a stereo camera's noise is 1.4 mm
MIN_INLIERS = 200
CAPTURE_MM = 25.0  # farther from where the base was, something else is seen
N_REFITS = 5


@dataclass(frozen=True, eq=False)
class BasePlane:
    """n . p = `distance_mm` in camera space, n away from the camera; used within a radius.

    `anchor_mm` (3,): the exit centre of the phantom, around which the base is compared.
    """

    normal: Float
    distance_mm: float
    anchor_mm: Float

    def depth_mm(self, intrinsics: CameraIntrinsics) -> Float:
        """Depth of the base along every pixel's ray, (height, width), nan outside its radius."""
        rays = intrinsics.ray_grid
        with np.errstate(divide="ignore", invalid="ignore"):
            z = self.distance_mm / (rays @ self.normal)
        off = np.linalg.norm(rays * z[..., None] - self.anchor_mm, axis=-1)
        found: Float = np.where((z > 0) & (off <= RADIUS_MM), z, np.nan)
        return found


def find_base(
    depth_mm: Float, free: Bool, intrinsics: CameraIntrinsics, anchor_mm: Float
) -> BasePlane | None:
    """Find the flattest thing around the phantom in a mean depth image (nan: no depth).

    Parameters
    ----------
    free : (height, width) bool
        Pixels that do not belong to the phantom.

    Fails to: None, where there is no flat base.
    """
    grid = np.zeros(free.shape, bool)
    grid[::STRIDE_PX, ::STRIDE_PX] = True
    points = (intrinsics.ray_grid * depth_mm[..., None])[grid & free & np.isfinite(depth_mm)]
    points = points[np.linalg.norm(points - anchor_mm, axis=1) <= RADIUS_MM]
    if len(points) < MIN_INLIERS:
        return None
    rng = np.random.default_rng(0)
    best = np.zeros(len(points), bool)
    for _ in range(N_TRIES):
        a, b, c = points[rng.choice(len(points), 3, replace=False)]
        normal = np.cross(b - a, c - a)
        length = float(np.linalg.norm(normal))
        if length < 1.0:  # mm^2: the three lie on a line
            continue
        inliers = np.abs((points - a) @ (normal / length)) <= INLIER_MM
        best = inliers if inliers.sum() > best.sum() else best
    normal, distance = np.zeros(3), 0.0
    for _ in range(N_REFITS):
        if best.sum() < MIN_INLIERS:
            return None
        normal, distance = fit_plane(points[best])
        best = np.abs(points @ normal - distance) <= INLIER_MM
    return BasePlane(normal, distance, anchor_mm)


def fit_plane(points: Float) -> tuple[Float, float]:
    """Least-squares plane of points (n, 3): unit normal with z >= 0, and its distance."""
    centre = points.mean(axis=0)
    normal = np.linalg.svd(points - centre, full_matrices=False)[2][-1]
    normal = normal if normal[2] >= 0 else -normal
    return normal, float(normal @ centre)


@dataclass(frozen=True)
class PlaneSight:
    """One frame against the base's expected depth; nan where the base is not seen.

    Attributes
    ----------
    bias_mm : float
        Median of measured less expected depth.
    rms_mm : float
        Scatter of the depth about its own best plane.
    tilt_x, tilt_y : float
        Slope of measured less expected depth over the picture's width and height, mm.
    filled : float
        Share of the base's pixels that have depth.
    covered : float
        Share of the base's pixels before which something else is seen.
    """

    bias_mm: float
    rms_mm: float
    tilt_x: float
    tilt_y: float
    filled: float
    covered: float


UNSEEN = PlaneSight(np.nan, np.nan, np.nan, np.nan, 0.0, np.nan)


def compare(depth_mm: Float32, expected_mm: Float, free: Bool) -> PlaneSight:
    """Hold one frame's depth (0: none) against `BasePlane.depth_mm`."""
    of_base = np.isfinite(expected_mm) & free
    n_base = int(of_base.sum())
    if n_base < MIN_INLIERS:
        return UNSEEN
    filled = float((depth_mm[of_base] > 0).mean())
    used = of_base & (depth_mm > 0)
    off = depth_mm[used] - expected_mm[used]
    covered = float((off < -CAPTURE_MM).sum()) / n_base
    near = np.abs(off) <= CAPTURE_MM
    if near.sum() < max(MIN_INLIERS, n_base // 4):
        return PlaneSight(np.nan, np.nan, np.nan, np.nan, filled, covered)
    rows, columns = np.nonzero(used)
    height, width = expected_mm.shape
    x = columns[near] / width - 0.5
    y = rows[near] / height - 0.5
    terms = np.stack([np.ones_like(x), x, y], axis=1)
    kept, values = np.ones(len(x), bool), off[near].astype(np.float64)
    coefficients, rest = np.zeros(3), values
    for _ in range(2):  # the second time without what sticks out
        coefficients = np.linalg.lstsq(terms[kept], values[kept], rcond=None)[0]
        rest = values - terms @ coefficients
        scatter = NORMAL_MAD * float(np.median(np.abs(rest)))
        kept = np.abs(rest) <= max(3.0 * scatter, 1e-6)
    return PlaneSight(
        bias_mm=float(np.median(values)),
        rms_mm=float(np.sqrt(np.mean(np.square(rest[kept])))),
        tilt_x=float(coefficients[1]),
        tilt_y=float(coefficients[2]),
        filled=filled,
        covered=covered,
    )


def stack_noise_percent(stack_mm: Sequence[Float32], of_base: Bool) -> float:
    """Temporal noise of the base, %; nan of fewer than ten frames."""
    if len(stack_mm) < 10:
        return float("nan")
    values = np.stack([depth[of_base] for depth in stack_mm])
    whole = (values > 0).all(axis=0)
    if whole.sum() < MIN_INLIERS:
        return float("nan")
    return temporal_noise_percent(values[:, whole])
