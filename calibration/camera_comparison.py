"""A calibration beside another one of the same camera: the factory's, or last month's.

What counts is where rays land, not single numbers: focal length and distortion trade against each
other. So rays through the points that the calibration saw are projected by both lenses, and the
shift is held against the sigma of that very projection. Where no point was seen neither is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.lens import N_LENS, Lens
from calibration.lens_sigma import lens_steps
from tracking.arrays import Float
from tracking.errors import CalibrationError

MAX_RAYS = 500
K_DIFFERENT = 3.3  # 99.9 % of a Gaussian
MAX_SHIFT_PX = 1.0  # of a ray's pixel: 1 mm at 500 mm with fx = 500
NAMES = ("fx", "fy", "cx", "cy")


@dataclass(frozen=True, eq=False)
class CameraComparison:
    """`delta_px` of fx fy cx cy, own minus other.

    `shift_px`: the largest way a ray's pixel moves within the seen part of the picture;
    `sigma_px`: its 1-sigma there, along that way; `is_different`: a shift beyond `K_DIFFERENT`
    sigmas and `MAX_SHIFT_PX`.
    """

    delta_px: Float
    delta_fraction: float  # of fx
    shift_px: float
    sigma_px: float
    is_different: bool


def compare_cameras(
    own: Lens,
    covariance: Float,
    other: Lens,
    seen_px: Float,
    other_covariance: Float | None = None,
) -> CameraComparison:
    """Compare two lenses at `seen_px` (n, 2), the pixels that own was calibrated from.

    `covariance` (12, 12) of own, `other_covariance` of the other; None takes it as exact.

    Raises
    ------
    CalibrationError
        Pictures of different sizes.
    """
    if (own.width, own.height) != (other.width, other.height):
        raise CalibrationError(
            "The two calibrations are of different picture sizes.",
            expected=f"{own.width}x{own.height}",
            actual=f"{other.width}x{other.height}",
            remedy="Compare with a calibration of the same mode.",
        )
    pixels = seen_px[:: max(1, len(seen_px) // MAX_RAYS)]
    rays = np.column_stack([own.normalised(pixels), np.ones(len(pixels))])
    shifts = other.project(rays) - own.project(rays)
    sizes = np.linalg.norm(shifts, axis=1)
    ways = shifts / np.maximum(sizes, 1e-12)[:, None]
    variance = _variance(own, covariance, rays, ways)
    if other_covariance is not None:
        variance += _variance(other, other_covariance, rays, ways)
    sigmas = np.sqrt(variance)
    worst = int(np.argmax(sizes))
    delta = own.pinhole - other.pinhole
    return CameraComparison(
        delta_px=delta,
        delta_fraction=float(delta[0] / other.pinhole[0]),
        shift_px=float(sizes[worst]),
        sigma_px=float(sigmas[worst]),
        is_different=bool(((sizes > K_DIFFERENT * sigmas) & (sizes > MAX_SHIFT_PX)).any()),
    )


def _variance(lens: Lens, covariance: Float, rays: Float, ways: Float) -> Float:
    """Variance of each projected ray along its way, px^2."""
    total = np.zeros(len(rays))
    if covariance.shape != (N_LENS, N_LENS):
        raise ValueError(f"covariance of a lens: {covariance.shape}")
    for plus, minus in lens_steps(lens, covariance):
        half = (plus.project(rays) - minus.project(rays)) / 2
        total += (half * ways).sum(axis=1) ** 2
    return total
