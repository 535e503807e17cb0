"""Where points of a posed body lie in the image."""

from __future__ import annotations

import numpy as np

from tracking.arrays import Float
from tracking.compiled import compiled, part
from tracking.loop_types import NEW_ROWS, REAL, ROWS, VECTOR, several

NEAR_MM = 50.0  # nothing nearer to the camera's plane is looked for in the image


@part
def _pixel(pose: Float, point: Float, pinhole: Float) -> tuple[float, float, float]:
    """Pixel coordinates u, v of a point and its depth in mm."""
    x = pose[0, 0] * point[0] + pose[0, 1] * point[1] + pose[0, 2] * point[2] + pose[0, 3]
    y = pose[1, 0] * point[0] + pose[1, 1] * point[1] + pose[1, 2] * point[2] + pose[1, 3]
    z = pose[2, 0] * point[0] + pose[2, 1] * point[1] + pose[2, 2] * point[2] + pose[2, 3]
    return pinhole[0] * x / z + pinhole[2], pinhole[1] * y / z + pinhole[3], z


@compiled(several(NEW_ROWS, REAL), ROWS, ROWS, VECTOR, REAL)
def projected(pose: Float, points_mm: Float, pinhole: Float, far_px: float) -> tuple[Float, float]:
    """Pixel coordinates (n, 2) of points (n, 3), none farther out than that; their least depth.

    `pinhole` is fx, fy, cx, cy.
    """
    pixels, nearest_mm = np.empty((len(points_mm), 2)), np.inf
    for index in range(len(points_mm)):
        u, v, z = _pixel(pose, points_mm[index], pinhole)
        pixels[index, 0] = min(max(u, -far_px), far_px)
        pixels[index, 1] = min(max(v, -far_px), far_px)
        nearest_mm = min(nearest_mm, z)
    return pixels, nearest_mm


@compiled(several(REAL, REAL, REAL, REAL), ROWS, ROWS, VECTOR, REAL)
def projected_ends(
    pose: Float, points_mm: Float, pinhole: Float, near_mm: float
) -> tuple[float, float, float, float]:
    """Least and largest u, then v, of points (n, 3) that lie farther away than that.

    Infinite and the wrong way round: there are none.
    """
    left, right, top, bottom = np.inf, -np.inf, np.inf, -np.inf
    for index in range(len(points_mm)):
        u, v, z = _pixel(pose, points_mm[index], pinhole)
        if z > near_mm:
            left, right, top, bottom = min(left, u), max(right, u), min(top, v), max(bottom, v)
    return left, right, top, bottom
