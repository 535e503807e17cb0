"""The depth inside the applicator's outline, pixel by pixel: measured, broken, or seen through."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, UInt8
from tracking.compiled import compiled
from tracking.loop_types import (
    BYTE,
    COUNT,
    DEPTHS,
    LABELS,
    MASK,
    NEW_DEPTHS,
    NEW_MASK,
    REAL,
    array_out,
    several,
)

Image = NDArray[np.float32]

N_FOR_DISTANCE = 500  # more pixels tell a median no better
NEAREST_MM = np.float32(1.0)  # no camera measures nearer
SOUND, BROKEN = 1, 2  # depth inside: none of its neighbours', or one, is a jump away


@compiled(several(COUNT, COUNT, REAL), LABELS, DEPTHS)
def measured_inside(inside: UInt8, depth_mm: Image) -> tuple[int, int, float]:
    """Pixels inside, those of them with depth, and their depth's upper median: 0 of none."""
    n_inside = n_measured = 0
    depths = np.empty(inside.size, np.float32)
    for row in range(inside.shape[0]):
        for column in range(inside.shape[1]):
            if inside[row, column] > 0:
                n_inside += 1
                depth = depth_mm[row, column]
                if depth > 0:
                    depths[n_measured] = depth
                    n_measured += 1
    if n_measured == 0:
        return n_inside, 0, 0.0
    some = depths[: n_measured : 1 + n_measured // N_FOR_DISTANCE].copy()
    middle = len(some) // 2
    return n_inside, n_measured, np.float64(np.partition(some, middle)[middle])


@compiled(
    several(NEW_DEPTHS, array_out(BYTE, 2), NEW_MASK, COUNT),
    *(LABELS, LABELS, DEPTHS, DEPTHS, DEPTHS, LABELS, LABELS),
    *(COUNT, COUNT, REAL, REAL),
)
def thinned(
    inside: UInt8,
    labels: UInt8,
    depth_mm: Image,
    nearest_mm: Image,
    farthest_mm: Image,
    near: UInt8,
    beside: UInt8,
    stride: int,
    occluder: int,
    distance_mm: float,
    jump_per_mm: float,
) -> tuple[Image, UInt8, Bool, int]:
    """Every `stride`-th pixel of a crop.

    Parameters
    ----------
    inside, labels, depth_mm : of the crop
    nearest_mm, farthest_mm : depth among each pixel and its neighbours
    near, beside : already thinned, 1 around the applicator and 1 too near to its outline
    occluder : its label
    jump_per_mm : range of 1 / z among a pixel and its neighbours that no surface has

    Returns
    -------
    nearness : 1 / z times the distance, 0 where there is no depth
    inner : `SOUND` or `BROKEN` inside with depth, else 0
    around : the surroundings that are measured, without occluders
    n_inside
    """
    nearness = np.empty(near.shape, np.float32)
    inner = np.zeros(near.shape, np.uint8)
    around = np.empty(near.shape, np.bool_)
    reference, least_jump = np.float32(distance_mm), np.float32(jump_per_mm)
    n_inside = 0
    for thin_row in range(near.shape[0]):
        row = thin_row * stride
        depths, codes, insides = depth_mm[row], labels[row], inside[row]
        closest, farthest, values = nearest_mm[row], farthest_mm[row], nearness[thin_row]
        is_near, is_beside, is_around = near[thin_row], beside[thin_row], around[thin_row]
        for thin_column in range(near.shape[1]):
            column = thin_column * stride
            depth, is_inside = depths[column], insides[column] > 0
            has_depth = depth > 0
            values[thin_column] = reference / depth if has_depth else np.float32(0)
            is_free = (is_near[thin_column] > 0) & (is_beside[thin_column] == 0) & has_depth
            is_around[thin_column] = is_free & (codes[column] != occluder)
            n_inside += is_inside
            if is_inside and has_depth:
                far = max(farthest[column], NEAREST_MM)
                jump = np.float32(1) / closest[column] - np.float32(1) / far
                inner[thin_row, thin_column] = BROKEN if jump >= least_jump else SOUND
    return nearness, inner, around, n_inside


@compiled(several(COUNT, COUNT), LABELS, DEPTHS, DEPTHS, LABELS, REAL)
def level_and_broken(
    inner: UInt8, nearness: Image, surface: Image, enclosed: UInt8, tolerance: float
) -> tuple[int, int]:
    """Pixels inside that lie on the surface around it or behind, and the broken ones that do not.

    Only where the surroundings enclose them: `enclosed` is 1.
    """
    n_level = n_broken = 0
    nearer = np.float32(tolerance)
    for row in range(inner.shape[0]):
        for column in range(inner.shape[1]):
            if inner[row, column] == 0:
                continue
            limit = surface[row, column] + nearer
            is_level = nearness[row, column] < limit and enclosed[row, column] > 0
            n_level += is_level
            n_broken += inner[row, column] == BROKEN and not is_level
    return n_level, n_broken


@compiled(array_out(COUNT, 2), MASK)
def row_ends(region: Bool) -> NDArray[np.int64]:
    """First and last pixel of every row of a region, (n, 2) as column, row: all its corners."""
    height, width = region.shape
    ends, n_ends = np.empty((2 * height, 2), np.int64), 0
    for row in range(height):
        first, last = -1, -1
        for column in range(width):
            if region[row, column]:
                last = column
                if first < 0:
                    first = column
        if first >= 0:
            ends[n_ends, 0], ends[n_ends, 1] = first, row
            ends[n_ends + 1, 0], ends[n_ends + 1, 1] = last, row
            n_ends += 2
    return ends[:n_ends]
