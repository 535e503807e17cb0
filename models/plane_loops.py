"""The arithmetic of the network's planes, a pass over the image each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.compiled import compiled, part
from tracking.loop_types import DEPTHS, NEW_DEPTHS, SINGLE, several

Float32 = NDArray[np.float32]

LEAST_MM = np.float32(1.0)  # nearer is no depth: keeps the quotient finite


@compiled(several(NEW_DEPTHS, NEW_DEPTHS), DEPTHS, SINGLE)
def halved(depth_mm: Float32, least_share: float) -> tuple[Float32, Float32]:
    """Mean of the valid depth under each pixel of half the size, 0: too little; and 1 where not.

    Parameters
    ----------
    depth_mm : (2 h, 2 w), 0 where there is no depth
    least_share : of the four pixels that must be valid
    """
    height, width = depth_mm.shape[0] // 2, depth_mm.shape[1] // 2
    depth, valid = np.empty((height, width), np.float32), np.empty((height, width), np.float32)
    quarter, one, none = np.float32(0.25), np.float32(1.0), np.float32(0.0)
    for v in range(height):
        above, below = depth_mm[2 * v], depth_mm[2 * v + 1]
        for u in range(width):
            a, b, c, d = above[2 * u], above[2 * u + 1], below[2 * u], below[2 * u + 1]
            share = np.float32((a > 0) + (b > 0) + (c > 0) + (d > 0)) * quarter
            valid[v, u] = one if share >= least_share else none
            depth[v, u] = (a + b + c + d) * quarter / max(share, least_share) * valid[v, u]
    return depth, valid


@compiled(NEW_DEPTHS, DEPTHS, DEPTHS, SINGLE, SINGLE)
def scale_of(depth_mm: Float32, valid: Float32, focal_px: float, most: float) -> Float32:
    """Pixels that a millimetre has, at most so many, 0 where there is no depth."""
    scale = np.empty(depth_mm.shape, np.float32)
    for v in range(depth_mm.shape[0]):
        for u in range(depth_mm.shape[1]):
            scale[v, u] = min(focal_px / max(depth_mm[v, u], LEAST_MM), most) * valid[v, u]
    return scale


@compiled(NEW_DEPTHS, *(DEPTHS,) * 4, SINGLE, SINGLE)
def relief_of(
    depth_mm: Float32,
    valid: Float32,
    blurred_mm: Float32,
    blurred_share: Float32,
    least_share: float,
    range_mm: float,
) -> Float32:
    """Depth against the mean of the valid depth around it over a range, -1 to 1.

    `blurred_mm` and `blurred_share` are means of depth and validity over a box.
    """
    relief = np.empty(depth_mm.shape, np.float32)
    most, per_mm = np.float32(1.0), np.float32(1.0) / range_mm
    for v in range(depth_mm.shape[0]):
        for u in range(depth_mm.shape[1]):
            mean = blurred_mm[v, u] / max(blurred_share[v, u], least_share)
            stands_out = (depth_mm[v, u] - mean) * per_mm
            relief[v, u] = min(max(stands_out, -most), most) * valid[v, u]
    return relief


@part
def slope_between(
    before: np.float32, after: np.float32, half: np.float32, nearest_mm: float, is_here: bool
) -> np.float32:
    """Half the focal length times a difference of logarithms, 0 where one of them is unknown."""
    return half * after - half * before if is_here and nearest_mm > 0 else np.float32(0.0)


@compiled(several(NEW_DEPTHS, NEW_DEPTHS), DEPTHS, DEPTHS, DEPTHS, SINGLE)
def slopes_of(
    log_depth: Float32, mean_mm: Float32, valid: Float32, focal_px: float
) -> tuple[Float32, Float32]:
    """Sine of the angle by which the surface recedes to the right, and downwards.

    0 where a pixel or its neighbour has no depth. At the image's edge it is its own neighbour.
    """
    height, width = log_depth.shape
    right, down = np.empty((height, width), np.float32), np.empty((height, width), np.float32)
    half, one = np.float32(0.5) * focal_px, np.float32(1.0)
    for v in range(height):
        above, below = max(v - 1, 0), min(v + 1, height - 1)
        log, mean, shown = log_depth[v], mean_mm[v], valid[v]
        over, mean_over = log_depth[above], mean_mm[above]
        under, mean_under = log_depth[below], mean_mm[below]
        for u in range(width):
            is_here = shown[u] > 0 and mean[u] > 0
            down[v, u] = slope_between(
                over[u], under[u], half, min(mean_over[u], mean_under[u]), is_here
            )
            right[v, u] = slope_between(
                log[max(u - 1, 0)],
                log[min(u + 1, width - 1)],
                half,
                min(mean[max(u - 1, 0)], mean[min(u + 1, width - 1)]),
                is_here,
            )
        for u in range(width):
            length = np.sqrt(right[v, u] * right[v, u] + down[v, u] * down[v, u] + one)
            right[v, u] /= length
            down[v, u] /= length
    return right, down
