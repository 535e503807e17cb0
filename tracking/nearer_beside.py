"""Background beside the applicator that may stand before it, by loops over a crop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, UInt8
from tracking.compiled import compiled
from tracking.loop_types import (
    COUNT,
    DEPTHS,
    LABELS,
    MASK,
    NEW_DEPTHS,
    NEW_LABELS,
    NEW_MASK,
    several,
)

Depth = NDArray[np.float32]

APPLICATOR, OCCLUDER = 2, 3  # as in `Label`
BEYOND_MM = 1e5  # no depth: OpenCV's border is finite
HIDES_MM = 5.0  # beyond what its own slope brings the background nearer
HIDES = np.float32(HIDES_MM)


@compiled(several(NEW_DEPTHS, NEW_LABELS, COUNT, COUNT), LABELS, DEPTHS)
def applicator_depth(labels: UInt8, depth_mm: Depth) -> tuple[Depth, UInt8, int, int]:
    """Depth of the applicator's pixels, inf elsewhere; 1 where they have none; how many of both."""
    height, width = labels.shape
    measured = np.full((height, width), np.float32(np.inf))
    holes, n_applicator, n_holes = np.zeros((height, width), np.uint8), 0, 0
    for row in range(height):
        codes, depth, chosen = labels[row], depth_mm[row], measured[row]
        for column in range(width):
            if codes[column] == APPLICATOR:
                n_applicator += 1
                if depth[column] > 0:
                    chosen[column] = depth[column]
                else:
                    holes[row, column] = 1
                    n_holes += 1
    return measured, holes, n_applicator, n_holes


@compiled(several(NEW_MASK, NEW_MASK), LABELS, DEPTHS, DEPTHS)
def candidates_before(labels: UInt8, depth_mm: Depth, cone_mm: Depth) -> tuple[Bool, Bool]:
    """Background with depth, and what of it lies before the cone's depth around.

    Parameters
    ----------
    cone_mm : (height, width) nearest depth of the applicator around each pixel, inf: none
    """
    height, width = labels.shape
    background = np.zeros((height, width), np.bool_)
    candidates = np.zeros((height, width), np.bool_)
    for row in range(height):
        codes, depth, cone = labels[row], depth_mm[row], cone_mm[row]
        for column in range(width):
            code = codes[column]
            if code in (APPLICATOR, OCCLUDER) or not depth[column] > 0:
                continue
            background[row, column] = True
            if cone[column] < BEYOND_MM and depth[column] + HIDES < cone[column]:
                candidates[row, column] = True
    return background, candidates


@compiled(
    several(NEW_MASK, NEW_DEPTHS),
    *(MASK, MASK, DEPTHS),
    *(DEPTHS, DEPTHS, LABELS),
)
def candidates_at_holes(
    candidates: Bool,
    background: Bool,
    depth_mm: Depth,
    cone_mm: Depth,
    farther_mm: Depth,
    at_holes: UInt8,
) -> tuple[Bool, Depth]:
    """The candidates and the cone's depth, with a look farther around where holes are near.

    Parameters
    ----------
    farther_mm : (height, width) as `cone_mm`, of a wider surrounding; where that has none, too,
        the nearest depth of all counts
    at_holes : (height, width) not 0: near to a hole
    """
    height, width = depth_mm.shape
    least = np.float32(np.inf)
    for row in range(height):
        for column in range(width):
            least = min(least, cone_mm[row, column])
    least = least if least < BEYOND_MM else np.float32(np.inf)
    more, cone = candidates.copy(), cone_mm.copy()
    for row in range(height):
        for column in range(width):
            if at_holes[row, column] > 0:
                farther = farther_mm[row, column]
                nearest = farther if farther < BEYOND_MM else least
                cone[row, column] = nearest
                if background[row, column] and depth_mm[row, column] + HIDES < nearest:
                    more[row, column] = True
    return more, cone
