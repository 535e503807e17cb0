"""Points that one frame sees around the applicator's axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float, UInt8
from tracking.compiled import compiled
from tracking.loop_types import (
    COUNT,
    DEPTHS,
    LABELS,
    NEW_INDICES,
    NEW_ROWS,
    NEW_VECTOR,
    REAL,
    ROWS,
    VECTOR,
    several,
)


@compiled(
    several(NEW_ROWS, NEW_ROWS, NEW_VECTOR, NEW_INDICES),
    *(DEPTHS, LABELS, COUNT, COUNT),
    *(VECTOR, ROWS, REAL),
)
def points_around_axis(
    depth_mm: NDArray[np.float32],
    left_out: UInt8,
    top: int,
    left: int,
    pinhole: Float,
    applicator_from_camera: Float,
    radius_mm: float,
) -> tuple[Float, Float, Float, NDArray[np.int64]]:
    """Points nearer to the axis than that, of the pixels of a crop with depth.

    Parameters
    ----------
    left_out : (height, width) not 0: as if without depth
    top, left : of the crop in the image
    pinhole : fx, fy, cx, cy

    Returns
    -------
    points_mm, rays : (n, 3) in applicator space; a ray is 1 long in camera z
    depth_mm : (n,)
    places : (n,) pixels of the crop, counted row by row
    """
    height, width = depth_mm.shape
    points, rays = np.empty((depth_mm.size, 3)), np.empty((depth_mm.size, 3))
    depths, places, n = np.empty(depth_mm.size), np.empty(depth_mm.size, np.int64), 0
    for row in range(height):
        y = (top + row - pinhole[3]) / pinhole[1]
        line, is_out = depth_mm[row], left_out[row]
        for column in range(width):
            if is_out[column] > 0 or not line[column] > 0:
                continue
            z = np.float64(line[column])
            x = (left + column - pinhole[2]) / pinhole[0]
            for axis in range(3):
                turn = applicator_from_camera[axis]
                points[n, axis] = turn[0] * (x * z) + turn[1] * (y * z) + turn[2] * z + turn[3]
                rays[n, axis] = x * turn[0] + y * turn[1] + turn[2]
            if points[n, 0] * points[n, 0] + points[n, 1] * points[n, 1] < radius_mm * radius_mm:
                depths[n], places[n] = z, row * width + column
                n += 1
    return points[:n].copy(), rays[:n].copy(), depths[:n].copy(), places[:n].copy()
