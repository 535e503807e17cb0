"""Connected groups of cells on a grid of pixels: the largest, and those that touch nothing."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, UInt8
from tracking.compiled import compiled
from tracking.loop_types import COUNT, MASK, NEW_LABELS, several

NEIGHBOURS = np.ones((3, 3), np.uint8)
MIN_CONTACT = 0.02  # of a group's cells; what grew onto a cone touches it along a seam


def grown(mask: Bool) -> Bool:
    """One cell more on every side: outlines are off by pixels."""
    wide: Bool = cv2.dilate(mask.view(np.uint8), NEIGHBOURS) > 0
    return wide


def largest_group(mask: Bool) -> float:
    """Cells of the largest connected group that is more than a line."""
    sizes = _groups(mask)[1]
    return float(sizes.max(initial=0))


def loose_groups(
    mask: Bool, others: Bool, depth_mm: NDArray[np.float32], contact_mm: float
) -> Bool:
    """The groups of `mask` that touch no cell of `others` at a depth within `contact_mm`.

    Depth is 0 where there is none; cells without depth touch nothing.
    """
    numbers, sizes = _groups(mask)
    if len(sizes) == 0:
        return np.zeros(mask.shape, bool)
    known = others & (depth_mm > 0)
    farthest = cv2.dilate(np.where(known, depth_mm, np.float32(0)), NEIGHBOURS)
    nearest = cv2.erode(np.where(known, depth_mm, np.float32(np.inf)), NEIGHBOURS)
    touches = (depth_mm > nearest - contact_mm) & (depth_mm < farthest + contact_mm)
    contacts = np.bincount(numbers[touches & (depth_mm > 0)], minlength=len(sizes) + 1)[1:]
    is_loose = np.concatenate([[False], contacts <= MIN_CONTACT * sizes])
    loose: Bool = is_loose[numbers]
    return loose


def _groups(mask: Bool) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Number of the group of every cell (0: none), and the groups' sizes from number 1 on."""
    solid, n_squares = _solid(mask)
    if n_squares == 0:
        return np.zeros(mask.shape, np.int32), np.zeros(0, np.int32)
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    sizes = stats[1:, cv2.CC_STAT_AREA]
    return numbers.astype(np.int32, copy=False), sizes.astype(np.int32, copy=False)


@compiled(several(NEW_LABELS, COUNT), MASK)
def _solid(mask: Bool) -> tuple[UInt8, int]:
    """1 where a cell is one of 2x2, an opening; how many such squares there are."""
    solid, n_squares = np.zeros(mask.shape, np.uint8), 0
    for row in range(mask.shape[0] - 1):
        for column in range(mask.shape[1] - 1):
            if (
                mask[row, column]
                and mask[row, column + 1]
                and mask[row + 1, column]
                and mask[row + 1, column + 1]
            ):
                solid[row : row + 2, column : column + 2] = 1
                n_squares += 1
    return solid, n_squares
