"""The arithmetic of the network's planes, a pass over the image each.

A plane's value from -1 to 1 is a byte: `ZERO` for 0, as many steps for 1. What is never below 0 has
all of the byte for itself.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import UInt8
from tracking.compiled import compiled, part
from tracking.loop_types import (
    BYTE,
    COUNT,
    DEPTHS,
    NEW_DEPTHS,
    NEW_LABELS,
    SINGLE,
    array_in,
    array_out,
    several,
)

Float32 = NDArray[np.float32]
Indices = NDArray[np.int64]

FOLD: Final = 2  # pixels a side whose planes lie next to each other
ZERO, FULL = 128, 255  # byte of the value 0, and of the largest one
N_COLOR: Final = 4  # planes of a picture: red, green, blue, and that there is one


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


@part
def byte_of(value: np.float32) -> np.uint8:
    """A value from -1 to 1 as a byte; 1 is one step less than it would be."""
    steps = value * np.float32(ZERO) + np.float32(ZERO + 0.5)
    return np.uint8(min(max(steps, np.float32(0.0)), np.float32(FULL)))


@compiled(NEW_LABELS, DEPTHS, DEPTHS, SINGLE, SINGLE)
def scale_of(log_depth: Float32, valid: Float32, log_farthest: float, steps: float) -> UInt8:
    """So many steps for each e-fold that a depth is nearer than exp(`log_farthest`), and one more.

    1 to 255, and 0 where there is no depth.
    """
    scale = np.empty(log_depth.shape, np.uint8)
    least, most = np.float32(1.5), np.float32(FULL)
    for v in range(log_depth.shape[0]):
        for u in range(log_depth.shape[1]):
            level = (log_farthest - log_depth[v, u]) * steps + least
            scale[v, u] = np.uint8(min(max(level, least), most) * valid[v, u])
    return scale


@compiled(NEW_LABELS, *(DEPTHS,) * 4, SINGLE, SINGLE)
def relief_of(
    depth_mm: Float32,
    valid: Float32,
    blurred_mm: Float32,
    blurred_share: Float32,
    least_share: float,
    range_mm: float,
) -> UInt8:
    """Depth against the mean of the valid depth around it over a range, -1 to 1, as bytes.

    `blurred_mm` and `blurred_share` are means of depth and validity over a box.
    """
    relief = np.empty(depth_mm.shape, np.uint8)
    most, per_mm = np.float32(1.0), np.float32(1.0) / range_mm
    for v in range(depth_mm.shape[0]):
        for u in range(depth_mm.shape[1]):
            mean = blurred_mm[v, u] / max(blurred_share[v, u], least_share)
            stands_out = (depth_mm[v, u] - mean) * per_mm
            relief[v, u] = byte_of(min(max(stands_out, -most), most) * valid[v, u])
    return relief


@part
def slope_between(
    before: np.float32, after: np.float32, half: np.float32, nearest_mm: float, is_here: bool
) -> np.float32:
    """Half the focal length times a difference of logarithms, 0 where one of them is unknown."""
    return half * after - half * before if is_here and nearest_mm > 0 else np.float32(0.0)


@compiled(several(NEW_LABELS, NEW_LABELS), DEPTHS, DEPTHS, DEPTHS, SINGLE)
def slopes_of(
    log_depth: Float32, mean_mm: Float32, valid: Float32, focal_px: float
) -> tuple[UInt8, UInt8]:
    """Sine of the angle by which the surface recedes to the right, and downwards, as bytes.

    0 where a pixel or its neighbour has no depth. At the image's edge it is its own neighbour.
    """
    height, width = log_depth.shape
    right_bytes = np.empty((height, width), np.uint8)
    down_bytes = np.empty_like(right_bytes)
    right, down = np.empty(width, np.float32), np.empty(width, np.float32)
    half, one = np.float32(0.5) * focal_px, np.float32(1.0)
    for v in range(height):
        above, below = max(v - 1, 0), min(v + 1, height - 1)
        log, mean, shown = log_depth[v], mean_mm[v], valid[v]
        over, mean_over = log_depth[above], mean_mm[above]
        under, mean_under = log_depth[below], mean_mm[below]
        for u in range(width):
            is_here = shown[u] > 0 and mean[u] > 0
            down[u] = slope_between(
                over[u], under[u], half, min(mean_over[u], mean_under[u]), is_here
            )
            right[u] = slope_between(
                log[max(u - 1, 0)],
                log[min(u + 1, width - 1)],
                half,
                min(mean[max(u - 1, 0)], mean[min(u + 1, width - 1)]),
                is_here,
            )
        for u in range(width):
            length = np.sqrt(right[u] * right[u] + down[u] * down[u] + one)
            right_bytes[v, u] = byte_of(right[u] / length)
            down_bytes[v, u] = byte_of(down[u] / length)
    return right_bytes, down_bytes


@part
def places(n_pixels: int, left: int, n_all: int) -> Indices:
    """Where in a row of folded planes a row's pixels from the column `left` on begin."""
    at = np.empty(n_pixels, np.int64)
    for u in range(n_pixels):
        at[u] = ((left + u) // FOLD * FOLD * FOLD + (left + u) % FOLD) * n_all
    return at


@part
def check_window(folded: UInt8, top: int, left: int, height: int, width: int) -> None:
    """Nothing is written beside the canvas."""
    if top < 0 or left < 0 or top + height > FOLD * folded.shape[0]:
        raise ValueError("rows that there are not")
    if left + width > FOLD * folded.shape[1]:
        raise ValueError("columns that there are not")


@compiled(COUNT, array_out(BYTE, 3), array_in(BYTE, 3), COUNT, COUNT, COUNT)
def fold_in(folded: UInt8, planes: UInt8, first: int, top: int, left: int) -> int:
    """Write planes (n, h, w) as those from number `first` on, from the pixel (top, left) on.

    `folded` (H / 2, W / 2, 4 N) holds the N planes of a pixel next to each other, and those of two
    by two pixels, row by row. How many bytes are written is returned.
    """
    n_planes, height, width = planes.shape
    n_rows, n_columns, n_bytes = folded.shape
    n_all = n_bytes // FOLD**2
    check_window(folded, top, left, height, width)
    if first < 0 or first + n_planes > n_all:
        raise ValueError("planes that there are not")
    lines, at = folded.reshape((n_rows, n_columns * n_bytes)), places(width, left, n_all)
    for v in range(height):
        line, start = lines[(top + v) // FOLD], (top + v) % FOLD * FOLD * n_all + first
        for index in range(n_planes):
            plane = planes[index, v]
            for u in range(width):
                line[at[u] + start + index] = plane[u]
    return int(n_planes * height * width)


@compiled(COUNT, array_out(BYTE, 3), array_in(BYTE, 3), COUNT, COUNT)
def paint_in(folded: UInt8, color_rgb: UInt8, top: int, left: int) -> int:
    """Write a picture (h, w, 3), and that there is one, as the first planes; see `fold_in`."""
    height, width, n_colors = color_rgb.shape
    n_rows, n_columns, n_bytes = folded.shape
    n_all = n_bytes // FOLD**2
    check_window(folded, top, left, height, width)
    if n_colors != N_COLOR - 1 or n_all < N_COLOR:
        raise ValueError("colours that there are not")
    lines, at = folded.reshape((n_rows, n_columns * n_bytes)), places(width, left, n_all)
    for v in range(height):
        line, start, picture = (
            lines[(top + v) // FOLD],
            (top + v) % FOLD * FOLD * n_all,
            color_rgb[v],
        )
        for u in range(width):
            place = at[u] + start
            line[place] = picture[u, 0]
            line[place + 1] = picture[u, 1]
            line[place + 2] = picture[u, 2]
            line[place + 3] = np.uint8(FULL)
    return int(N_COLOR * height * width)
