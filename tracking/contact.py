"""Where in a label image pixels of one kind lie near those of another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import UInt8
from tracking.compiled import compiled, part
from tracking.loop_types import BYTE, COUNT, LABELS, several


@part
def _count(counts: NDArray[np.int16], row: UInt8, label: int, change: int) -> None:
    """Add `change` to the counts of the columns in which a row has this label."""
    step, none = np.int16(change), np.int16(0)
    for column in range(len(row)):
        counts[column] += step if row[column] == label else none


@part
def _is_in(row: UInt8, label: int) -> bool:
    is_in = False
    for code in row:
        is_in |= code == label
    return is_in


@part
def _span_near(row: UInt8, kind: int, counts: NDArray[np.int16], reach: int) -> tuple[int, int]:
    """First column and the one after the last that are `kind` and have a count within `reach`."""
    left, right, n = len(row), 0, len(row)
    around = 0
    for column in range(min(reach, n)):
        around += counts[column]
    for column in range(n):
        if column + reach < n:
            around += counts[column + reach]
        if column > reach:
            around -= counts[column - reach - 1]
        if around > 0 and row[column] == kind:
            left, right = min(left, column), column + 1
    return left, right


@compiled(several(COUNT, COUNT, COUNT, COUNT), LABELS, BYTE, BYTE, COUNT)
def extent_near(labels: UInt8, kind: int, other: int, reach_px: int) -> tuple[int, int, int, int]:
    """First row and the one after the last, and the same of columns; zeros where there are none.

    Of the pixels labelled `kind` that have one labelled `other` in the square that reaches so
    many pixels to every side.
    """
    n_rows, n_columns = labels.shape
    first, stop, left, right = n_rows, 0, n_columns, 0
    others = np.zeros(n_columns, np.int16)  # by column, in the rows that the square reaches
    for row in range(-reach_px, n_rows):
        if row + reach_px < n_rows:
            _count(others, labels[row + reach_px], other, 1)
        if row > reach_px:
            _count(others, labels[row - reach_px - 1], other, -1)
        if row >= 0 and _is_in(labels[row], kind):
            start, end = _span_near(labels[row], kind, others, reach_px)
            if end > 0:
                first, stop = min(first, row), row + 1
                left, right = min(left, start), max(right, end)
    if stop == 0:
        return 0, 0, 0, 0
    return first, stop, left, right
