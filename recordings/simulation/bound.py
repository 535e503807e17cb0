"""How well any unbiased estimator could find the cone from this depth noise (Cramer-Rao).

From the rendered truth only. Each applicator pixel's disparity changes with the pose through
its surface normal; silhouettes are not counted (only pixels whose neighbours lie on the same
smooth surface, and that the second imager sees too). The information is J^T C^-1 J with the
full covariance C of the disparity noise: correlated over neighbouring pixels, plus the white
share of quantisation and of rounding to the depth unit. Roll about the axis is left out: a cone
with a hidden exit does not show it, and it moves neither axis nor exit centre.

Correlated noise is smooth, so an estimator that whitens it can do better than one that fits all
pixels alike; what the latter reaches at best (`plain_bound`, quick) is given beside the bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.sparse.linalg import LinearOperator, cg

from recordings.simulation.render import Rendering
from recordings.simulation.stereo_noise import (
    DISPARITY_STEPS_PER_PX,
    DepthCamera,
    hidden_from_second,
)
from tracking.arrays import Bool, Float
from tracking.camera import CameraIntrinsics
from tracking.errors import FaultError
from tracking.segmentation import Label
from tracking.transforms import rotation_between

MAX_STEP_PX = 1.0  # disparity step to a neighbour: more is a silhouette or an edge
MIN_PIXELS = 50  # fewer say nothing about a pose of five components
LEVER_MM = 100.0  # scales rotations to mm, so that the pseudo-inverse's cut-off has one unit
MIN_INFORMATION_RATIO = 1e-9  # directions that know less than this of the best are not observed
UNKNOWN_SHARE = 1e-3  # of such a direction in a component, for that component to be unknown
CORRELATION_REACH = 8.0  # in correlation lengths: the autocorrelation there is 1e-7
SOLVER_TOLERANCE = 1e-4  # of the conjugate gradients: the bound to far better than 1 %
MAX_ITERATIONS = 3000
_AXIS_UNIT = float(np.degrees(1 / LEVER_MM))  # deg per mm at the lever


@dataclass(frozen=True)
class NoiseBound:
    """Smallest standard deviations of the axis (deg) and of the exit centre (mm).

    `plain_axis_deg`, `plain_exit_mm`: what least squares over all pixels alike reaches.
    None where the surfaces in view leave a direction open (a tube without ring: along its axis).
    """

    axis_deg: float | None
    exit_mm: float | None
    plain_axis_deg: float | None
    plain_exit_mm: float | None
    n_pixels: int


@dataclass(frozen=True)
class PlainBound:
    """What least squares over all applicator pixels alike reaches at best.

    `axis_deg`, `exit_mm`: standard deviations along the worst direction; `axis_rms_deg`,
    `exit_rms_mm`: root mean square of the whole error. None where a direction is left open.
    """

    axis_deg: float | None
    exit_mm: float | None
    axis_rms_deg: float | None
    exit_rms_mm: float | None
    n_pixels: int


def noise_bound(
    rendering: Rendering,
    intrinsics: CameraIntrinsics,
    camera: DepthCamera,
    camera_from_applicator: Float,
) -> NoiseBound | None:
    """Bound of one view; None where too little of the applicator is seen.

    Roots of the largest eigenvalues: of the axis direction's 2x2 covariance perpendicular to the
    axis, and of the exit centre's 3x3 covariance. Takes seconds at 848x480.
    """
    linear = _linearise(rendering, intrinsics, camera, camera_from_applicator)
    if linear is None:
        return None
    plain = _plain(linear)
    information = linear.slopes.T @ linear.noise.solve(linear.slopes)
    best = _inverse(0.5 * (information + information.T))
    return NoiseBound(
        axis_deg=None if plain.axis_deg is None else _axis_deg(best),
        exit_mm=None if plain.exit_mm is None else _exit_mm(best),
        plain_axis_deg=plain.axis_deg,
        plain_exit_mm=plain.exit_mm,
        n_pixels=plain.n_pixels,
    )


def plain_bound(
    rendering: Rendering,
    intrinsics: CameraIntrinsics,
    camera: DepthCamera,
    camera_from_applicator: Float,
) -> PlainBound | None:
    """Return the plain half of `noise_bound` alone: no whitening, tens of milliseconds."""
    linear = _linearise(rendering, intrinsics, camera, camera_from_applicator)
    return None if linear is None else _plain(linear)


@dataclass(frozen=True, eq=False)
class _Linear:
    """Disparity by pose (n, 5) of the used pixels, and their noise."""

    slopes: Float
    noise: _NoiseCovariance


def _linearise(
    rendering: Rendering,
    intrinsics: CameraIntrinsics,
    camera: DepthCamera,
    camera_from_applicator: Float,
) -> _Linear | None:
    focal_baseline = intrinsics.fx * camera.baseline_mm
    used = used_pixels(rendering, focal_baseline)
    if int(used.sum()) < MIN_PIXELS:
        return None
    z = rendering.depth_mm[used].astype(np.float64)
    slopes = disparity_slopes(rendering, intrinsics, used, focal_baseline, camera_from_applicator)
    return _Linear(slopes, _NoiseCovariance(used, camera, z, focal_baseline))


def _plain(linear: _Linear) -> PlainBound:
    normal = linear.slopes.T @ linear.slopes
    fit = _inverse(normal) @ linear.slopes.T
    covariance = fit @ linear.noise.apply(fit.T)
    sees_axis, sees_exit = _observed(normal)
    return PlainBound(
        axis_deg=_axis_deg(covariance) if sees_axis else None,
        exit_mm=_exit_mm(covariance) if sees_exit else None,
        axis_rms_deg=_trace_root(covariance[:2, :2]) * _AXIS_UNIT if sees_axis else None,
        exit_rms_mm=_trace_root(covariance[2:, 2:]) if sees_exit else None,
        n_pixels=len(linear.slopes),
    )


def disparity_slopes(
    rendering: Rendering,
    intrinsics: CameraIntrinsics,
    used: Bool,
    focal_baseline: float,
    camera_from_applicator: Float,
) -> Float:
    """Disparity by pose, (n, 5): two rotations across the axis, times LEVER_MM; translation.

    A body that moves by v at the hit point shifts the surface along the ray d (d_z = 1) by
    n.v / n.d, and the disparity by -focal * baseline / z^2 of that.
    """
    z_mm = rendering.depth_mm[used].astype(np.float64)
    directions = intrinsics.ray_grid[used]
    normals = rendering.normals_camera[used].astype(np.float64)
    lever = directions * z_mm[:, None] - camera_from_applicator[:3, 3]
    axis = camera_from_applicator[:3, 2]
    across = rotation_between(np.array([0.0, 0.0, 1.0]), axis)[:, :2]
    motion = np.concatenate([np.cross(lever, normals) @ across / LEVER_MM, normals], axis=1)
    along_ray = np.einsum("ij,ij->i", normals, directions)
    slopes: Float = motion * (-focal_baseline / z_mm**2 / along_ray)[:, None]
    return slopes


class _NoiseCovariance:
    """Covariance of the disparity noise over the used pixels, applied as a filter."""

    def __init__(self, used: Bool, camera: DepthCamera, z_mm: Float, focal_baseline: float) -> None:
        rows, columns = np.nonzero(used)
        self._mask = used[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        self._variance = camera.subpixel_px**2
        rounding_px = camera.depth_unit_mm * focal_baseline / z_mm**2
        self._white = (DISPARITY_STEPS_PER_PX**-2 + rounding_px**2) / 12
        reach = int(np.ceil(CORRELATION_REACH * camera.correlation_px))
        offsets = np.arange(-reach, reach + 1)
        spread = max(camera.correlation_px, 1e-9)
        self._autocorrelation = np.exp(-(offsets**2) / (4 * spread**2))

    def apply(self, fields: Float) -> Float:
        """C @ fields, shape (n,) or (n, k)."""
        if fields.ndim == 2:
            return np.stack([self.apply(column) for column in fields.T], axis=1)
        image = np.zeros(self._mask.shape)
        image[self._mask] = fields
        for axis in (0, 1):
            image = ndimage.correlate1d(image, self._autocorrelation, axis=axis, mode="constant")
        result: Float = self._variance * image[self._mask] + self._white * fields
        return result

    def solve(self, fields: Float) -> Float:
        """C^-1 @ fields, shape (n, k), by conjugate gradients."""
        n = len(fields)
        operator = LinearOperator((n, n), matvec=self.apply, dtype=np.float64)
        solutions = []
        for column in fields.T:
            solution, failure = cg(operator, column, rtol=SOLVER_TOLERANCE, maxiter=MAX_ITERATIONS)
            if failure:
                raise FaultError(
                    "the noise bound did not converge",
                    expected=f"at most {MAX_ITERATIONS} iterations",
                    remedy="simulate without the bound, or with a shorter noise correlation",
                )
            solutions.append(solution)
        return np.stack(solutions, axis=1)


def used_pixels(rendering: Rendering, focal_baseline: float) -> Bool:
    """Applicator pixels that count: seen by both imagers, no silhouette, no edge."""
    depth = rendering.depth_mm
    disparity = np.where(depth > 0, focal_baseline / np.maximum(depth, 1.0), 0).astype(np.float32)
    step = ndimage.maximum_filter(disparity, 3) - ndimage.minimum_filter(disparity, 3)
    is_applicator = rendering.labels == Label.APPLICATOR
    inside = ndimage.binary_erosion(is_applicator, np.ones((3, 3), bool))
    used: Bool = inside & (step < MAX_STEP_PX) & ~hidden_from_second(disparity)
    return used


def _inverse(information: Float) -> Float:
    inverse: Float = np.linalg.pinv(
        information, rcond=MIN_INFORMATION_RATIO, hermitian=True
    ).astype(np.float64)
    return inverse


def _observed(information: Float) -> tuple[bool, bool]:
    """Whether the axis, and the exit centre, lie outside what the view cannot tell."""
    values, vectors = np.linalg.eigh(information)
    unknown = np.abs(vectors[:, values < MIN_INFORMATION_RATIO * values[-1]])
    return not (unknown[:2] > UNKNOWN_SHARE).any(), not (unknown[2:] > UNKNOWN_SHARE).any()


def _axis_deg(covariance: Float) -> float:
    return _largest_root(covariance[:2, :2]) * _AXIS_UNIT


def _exit_mm(covariance: Float) -> float:
    return _largest_root(covariance[2:, 2:])


def _largest_root(covariance: Float) -> float:
    return float(np.sqrt(max(0.0, float(np.linalg.eigvalsh(covariance)[-1]))))


def _trace_root(covariance: Float) -> float:
    return float(np.sqrt(max(0.0, float(np.trace(covariance)))))
