"""Background beside the applicator that may stand before it, by loops over a crop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, UInt8
from tracking.compiled import (
    COUNT,
    DEPTHS,
    LABELS,
    NEW_DEPTHS,
    NEW_MASK,
    compiled,
    several,
)

Depth = NDArray[np.float32]

APPLICATOR, OCCLUDER = 2, 3  # as in `Label`
BEYOND_MM = 1e5  # no depth: OpenCV's border is finite
HIDES_MM = 5.0  # beyond what its own slope brings the background nearer


@compiled(several(NEW_DEPTHS, COUNT, COUNT), LABELS, DEPTHS)
def applicator_depth(labels: UInt8, depth_mm: Depth) -> tuple[Depth, int, int]:
    """Depth of the applicator's pixels, inf elsewhere; how many there are, and without depth."""
    height, width = labels.shape
    measured = np.full((height, width), np.float32(np.inf))
    n_applicator = n_holes = 0
    for row in range(height):
        codes, depth, chosen = labels[row], depth_mm[row], measured[row]
        for column in range(width):
            if codes[column] == APPLICATOR:
                n_applicator += 1
                if depth[column] > 0:
                    chosen[column] = depth[column]
                else:
                    n_holes += 1
    return measured, n_applicator, n_holes


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
            if cone[column] < BEYOND_MM and depth[column] + np.float32(HIDES_MM) < cone[column]:
                candidates[row, column] = True
    return background, candidates
