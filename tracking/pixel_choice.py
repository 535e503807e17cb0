"""The applicator's pixels by what speaks against their depth; a grid of those nothing does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float, UInt8
from tracking.compiled import compiled, part
from tracking.loop_types import (
    COUNT,
    DEPTHS,
    LABELS,
    MASK,
    NEW_DEPTHS,
    NEW_FLAGS,
    NEW_MASK,
    NEW_ROWS,
    NEW_VECTOR,
    ROWS,
    VECTOR,
    several,
)

Image = NDArray[np.float32]


@part
def _least(first: np.float32, second: np.float32, third: np.float32) -> np.float32:
    """Of three that are numbers; written so that eight pixels are one instruction."""
    least = second if second < first else first
    return third if third < least else least


@part
def _largest(first: np.float32, second: np.float32, third: np.float32) -> np.float32:
    largest = second if second > first else first
    return third if third > largest else largest


@part
def _known(depth: np.float32, otherwise: np.float32) -> np.float32:
    return depth if depth > 0 else otherwise


@compiled(several(NEW_DEPTHS, NEW_DEPTHS), DEPTHS)
def depth_range(depth_mm: Image) -> tuple[Image, Image]:
    """Nearest and farthest depth among each pixel and its neighbours; inf and 0: there is none."""
    height, width = depth_mm.shape
    nearest, farthest = np.empty((height, width), np.float32), np.empty((height, width), np.float32)
    far, none = np.float32(np.inf), np.float32(0)
    low, high = np.full(width + 2, far), np.full(width + 2, none)  # of three rows, with a border
    for row in range(height):
        first, second = depth_mm[max(row - 1, 0)], depth_mm[row]
        third = depth_mm[min(row + 1, height - 1)]
        for column in range(width):
            above, here, below = first[column], second[column], third[column]
            low[column + 1] = _least(_known(above, far), _known(here, far), _known(below, far))
            high[column + 1] = _largest(
                _known(above, none), _known(here, none), _known(below, none)
            )
        near_row, far_row = nearest[row], farthest[row]
        for column in range(width):
            near_row[column] = _least(low[column], low[column + 1], low[column + 2])
        for column in range(width):
            far_row[column] = _largest(high[column], high[column + 1], high[column + 2])
    return nearest, farthest


@compiled(several(NEW_MASK, COUNT, COUNT, COUNT, COUNT), LABELS, LABELS, DEPTHS, MASK)
def good_pixels(
    mask: UInt8, inside: UInt8, depth_mm: Image, is_step: Bool
) -> tuple[Bool, int, int, int, int]:
    """Pixels inside the mask that have depth, and no step around them.

    Returns
    -------
    good : (height, width)
    n_mask, n_valid, n_inside, n_good : pixels of the mask, of these with depth, of these inside,
        and of these without a step
    """
    height, width = mask.shape
    good = np.zeros((height, width), np.bool_)
    n_mask = n_valid = n_inside = n_good = 0
    for row in range(height):
        in_mask, is_inside, depth = mask[row], inside[row], depth_mm[row]
        for column in range(width):
            if in_mask[column] == 0:
                continue
            n_mask += 1
            if depth[column] > 0:
                n_valid += 1
                if is_inside[column] > 0:
                    n_inside += 1
                    is_good = not is_step[row, column]
                    n_good += is_good
                    good[row, column] = is_good
    return good, n_mask, n_valid, n_inside, n_good


@compiled(NEW_ROWS, ROWS, COUNT)
def grid_cells(uv: Float, stride: int) -> Float:
    """Column and row, from 0, of pixels (n, 2) that lie on a grid."""
    cells = np.empty(uv.shape)
    for axis in range(2):
        least = np.inf
        for row in range(len(uv)):
            least = min(least, uv[row, axis])
        for row in range(len(uv)):
            cells[row, axis] = np.rint((uv[row, axis] - least) / stride)
    return cells


@compiled(
    several(NEW_ROWS, NEW_ROWS, NEW_VECTOR, NEW_FLAGS),
    *(MASK, LABELS, DEPTHS),
    *(COUNT, COUNT, COUNT, VECTOR),
)
def on_grid(
    good: Bool,
    well_inside: UInt8,
    depth_mm: Image,
    stride: int,
    top: int,
    left: int,
    pinhole: Float,
) -> tuple[Float, Float, Float, Bool]:
    """Every `stride`-th row's and column's good pixels, as in `ApplicatorPixels`.

    Parameters
    ----------
    top, left : of the crop in the image
    pinhole : fx, fy, cx, cy

    Returns
    -------
    Pixel coordinates (n, 2), rays (n, 3), depth (n,), and whether they are not well inside, (n,).
    """
    height, width = good.shape
    n = 0
    for row in range(0, height, stride):
        for column in range(0, width, stride):
            n += good[row, column]
    uv, rays = np.empty((n, 2)), np.empty((n, 3))
    depth, is_border = np.empty(n), np.empty(n, np.bool_)
    n = 0
    for row in range(0, height, stride):
        v = np.float64(top + row)
        for column in range(0, width, stride):
            if good[row, column]:
                u = np.float64(left + column)
                uv[n, 0], uv[n, 1] = u, v
                rays[n, 0] = (u - pinhole[2]) / pinhole[0]
                rays[n, 1] = (v - pinhole[3]) / pinhole[1]
                rays[n, 2] = 1.0
                depth[n] = depth_mm[row, column]
                is_border[n] = well_inside[row, column] == 0
                n += 1
    return uv, rays, depth, is_border
