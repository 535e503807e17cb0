"""Connected groups of cells on a grid of pixels: the largest, and those that touch nothing."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool

NEIGHBOURS = np.ones((3, 3), np.uint8)
SQUARE = np.ones((2, 2), np.uint8)
MIN_CONTACT = 0.02  # of a group's cells; what grew onto a cone touches it along a seam


def grown(mask: Bool) -> Bool:
    """One cell more on every side: outlines are off by pixels."""
    wide: Bool = cv2.dilate(mask.view(np.uint8), NEIGHBOURS) > 0
    return wide


def largest_group(mask: Bool) -> float:
    """Cells of the largest connected group that is more than a line."""
    if not mask.any():
        return 0.0
    _, sizes = _groups(mask)
    return float(sizes.max(initial=0))


def loose_groups(
    mask: Bool, others: Bool, depth_mm: NDArray[np.float32], contact_mm: float
) -> Bool:
    """The groups of `mask` that touch no cell of `others` at a depth within `contact_mm`.

    Depth is 0 where there is none; cells without depth touch nothing.
    """
    if not mask.any():
        return mask
    numbers, sizes = _groups(mask)
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
    cells = mask.astype(np.uint8)  # an opening by 2x2; mirrored anchors keep it in its place
    squares = cv2.erode(cells, SQUARE, anchor=(1, 1), borderValue=0)
    solid = cv2.dilate(squares, SQUARE, anchor=(0, 0))
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    sizes = stats[1:, cv2.CC_STAT_AREA]
    return numbers.astype(np.int32, copy=False), sizes.astype(np.int32, copy=False)
