"""The rows and columns that a mask occupies."""

from __future__ import annotations

import numpy as np

from tracking.arrays import Bool, UInt8
from tracking.compiled import compiled, part
from tracking.loop_types import COUNT, LABELS, several

Box = tuple[slice, slice]


def bounding_box(mask: Bool, margin_px: int = 0) -> Box | None:
    """Rows and columns of the mask's bounding box grown by a margin, None where it is empty."""
    first, stop, left, right = extent(mask.view(np.uint8))
    if stop == 0:
        return None
    return with_margin((slice(first, stop), slice(left, right)), margin_px)


def with_margin(box: Box, margin_px: int) -> Box:
    """The box grown to every side; what lies past an image's far edges slices nothing."""
    rows, columns = (slice(max(0, side.start - margin_px), side.stop + margin_px) for side in box)
    return rows, columns


@part
def _is_any(row: UInt8) -> bool:
    together = np.uint8(0)
    for code in row:
        together |= code
    return bool(together > 0)


@compiled(several(COUNT, COUNT, COUNT, COUNT), LABELS)
def extent(mask: UInt8) -> tuple[int, int, int, int]:
    """First row and the one after the last, and the same of columns; zeros where all is 0."""
    n_rows, n_columns = mask.shape
    first, stop = 0, n_rows
    while first < n_rows and not _is_any(mask[first]):
        first += 1
    if first == n_rows or n_columns == 0:
        return 0, 0, 0, 0
    while not _is_any(mask[stop - 1]):
        stop -= 1
    columns = np.zeros(n_columns, np.uint8)
    for row in range(first, stop):
        for column in range(n_columns):
            columns[column] |= mask[row, column]
    left, right = 0, n_columns
    while columns[left] == 0:
        left += 1
    while columns[right - 1] == 0:
        right -= 1
    return first, stop, left, right
