"""What a noise model says of whole depth images, float32 (height, width), mm, 0: no depth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float
from tracking.compiled import compiled
from tracking.loop_types import DEPTHS, NEW_DEPTHS, NEW_MASK, REAL, VECTOR

Image = NDArray[np.float32]


@compiled(NEW_DEPTHS, DEPTHS, VECTOR)
def without_bias(depth_mm: Image, coefficients: Float) -> Image:
    """Depth less c0 + c1 z + ..., in float64; never below 0, and 0 stays 0."""
    height, width = depth_mm.shape
    corrected, bias = np.empty((height, width), np.float32), np.empty(width)
    for row in range(height):
        depth = depth_mm[row]
        bias[:] = coefficients[-1]
        for index in range(len(coefficients) - 2, -1, -1):
            for column in range(width):
                bias[column] = coefficients[index] + bias[column] * np.float64(depth[column])
        for column in range(width):
            rest = np.float32(np.float64(depth[column]) - bias[column])
            has_rest = depth[column] > 0 and not rest < 0
            corrected[row, column] = rest if has_rest else np.float32(0.0)
    return corrected


@compiled(NEW_MASK, DEPTHS, REAL)
def hidden_from_second(depth_mm: Image, focal_baseline: float) -> Bool:
    """Pixels that fall outside a second image on the right, or behind something nearer there.

    `depth_mm` is positive everywhere, inf where nothing is known. A pixel u lands at u - disparity.
    """
    height, width = depth_mm.shape
    hidden, lands = np.empty((height, width), np.bool_), np.empty(width, np.float32)
    scale = np.float32(focal_baseline)
    for row in range(height):
        depth = depth_mm[row]
        for column in range(width):
            lands[column] = np.float32(column) - scale / depth[column]
        leftmost = np.float32(np.inf)
        for column in range(width - 1, -1, -1):
            place = lands[column]
            hidden[row, column] = place < 0 or leftmost <= place
            leftmost = min(leftmost, place)
    return hidden


@compiled(NEW_MASK, DEPTHS, DEPTHS, REAL)
def steps_of_disparity(nearest_mm: Image, farthest_mm: Image, per_mm: float) -> Bool:
    """Where 1 / nearest - 1 / farthest reaches 1 / `per_mm`, in float32; not where one is unknown.

    The nearest is 0 or infinite there, the farthest finite.
    """
    height, width = nearest_mm.shape
    steps, scale = np.empty((height, width), np.bool_), np.float32(per_mm)
    for row in range(height):
        near, far = nearest_mm[row], farthest_mm[row]
        for column in range(width):
            is_steep = (far[column] - near[column]) * scale >= near[column] * far[column]
            steps[row, column] = is_steep & (near[column] > 0)
    return steps


@compiled(NEW_MASK, DEPTHS, DEPTHS, REAL, VECTOR, REAL)
def steps_of_depth(
    nearest_mm: Image, farthest_mm: Image, slope: float, sigma: Float, n_sigma: float
) -> Bool:
    """Where the range reaches slope * z + n_sigma * sigma(z); as `steps_of_disparity` else.

    `sigma` are three coefficients, c0 + c1 z + c2 z^2, of the nearest z that is finite.
    """
    height, width = nearest_mm.shape
    steps = np.empty((height, width), np.bool_)
    c0, c1, c2 = sigma[0], sigma[1], sigma[2]
    for row in range(height):
        near, far = nearest_mm[row], farthest_mm[row]
        for column in range(width):
            z = np.float64(min(near[column], far[column]))
            allowed = slope * z + n_sigma * (c0 + (c1 + c2 * z) * z)
            is_steep = np.float64(far[column] - near[column]) >= allowed
            steps[row, column] = is_steep & (near[column] > 0)
    return steps
