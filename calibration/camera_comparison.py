"""A calibration beside another one of the same camera: the factory's, or last month's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.lens import Lens
from tracking.arrays import Float
from tracking.errors import CalibrationError

GRID = 9  # places along each side of the picture
K_DIFFERENT = 3.3  # 99.9 % of a Gaussian
MAX_SHIFT_PX = 1.0  # of a ray's pixel: 1 mm at 500 mm with fx = 500
NAMES = ("fx", "fy", "cx", "cy")


@dataclass(frozen=True, eq=False)
class CameraComparison:
    """`delta_px` of fx fy cx cy, own minus other; `shift_px` the largest way a ray's pixel moves.

    `is_different`: beyond the stated sigmas and `MAX_SHIFT_PX`.
    """

    delta_px: Float
    delta_fraction: float  # of fx
    k: Float
    shift_px: float
    is_different: bool


def compare_cameras(own: Lens, sigma_px: Float, other: Lens) -> CameraComparison:
    """Compare two lenses; `sigma_px` of own fx fy cx cy.

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
    delta = own.pinhole - other.pinhole
    k = np.abs(delta) / np.maximum(sigma_px, 1e-9)
    u, v = np.meshgrid(np.linspace(0, own.width - 1, GRID), np.linspace(0, own.height - 1, GRID))
    pixels = np.stack([u.ravel(), v.ravel()], axis=1)
    rays = np.column_stack([other.normalised(pixels), np.ones(len(pixels))])
    shift = float(np.linalg.norm(own.project(rays) - pixels, axis=1).max())
    return CameraComparison(
        delta_px=delta,
        delta_fraction=float(delta[0] / other.pinhole[0]),
        k=k,
        shift_px=shift,
        is_different=bool(k.max() > K_DIFFERENT and shift > MAX_SHIFT_PX),
    )
