"""From the network's logits on the canvas to a label image in the depth grid."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float, UInt8
from tracking.compiled import compiled, part
from tracking.loop_types import (
    COUNT,
    LABELS,
    NEW_INDICES,
    NEW_LABELS,
    NEW_VECTOR,
    SINGLE,
    WORD,
    array_in,
    several,
)

Planes = NDArray[np.float32]
Indices = NDArray[np.int64]

ENOUGH_PIXELS = 4000  # a mean's standard error is below 1 %
PLANES = array_in(SINGLE, 3)


def label_image(logits: Planes, source: tuple[int, int], small: UInt8 | None = None) -> UInt8:
    """Interpolate every class to the depth grid, then let the largest win.

    Classes are compared after interpolation: the border between two of them is then the
    zero of a bilinear function, unbiased to a fraction of a pixel, where an enlarged label
    image would have steps.

    Parameters
    ----------
    logits : (n_classes, h, w)
        On the part of the canvas that shows the image.
    source : (height, width) of the depth grid
    small : (h, w)
        The winners, where they are known.
    """
    return _enlarged(logits, winners(logits) if small is None else small, *source)


@compiled(NEW_LABELS, PLANES)
def winners(planes: Planes) -> UInt8:
    """Index of the largest of the planes (n, h, w) at every pixel; ties go to the lower index."""
    n_codes, height, width = planes.shape
    labels, best = np.zeros((height, width), np.uint8), np.empty(width, np.float32)
    for row in range(height):
        named = labels[row]
        best[:] = planes[0, row]
        for code in range(1, n_codes):
            plane = planes[code, row]
            for column in range(width):
                wins = plane[column] > best[column]
                best[column] = plane[column] if wins else best[column]
                named[column] = np.uint8(code) if wins else named[column]
    return labels


@part
def _neighbours(n_from: int, n_to: int) -> tuple[Indices, Indices, Planes]:
    """Of every pixel of a line that is resized: the two it lies between, and how far along."""
    before, after = np.empty(n_to, np.int64), np.empty(n_to, np.int64)
    share = np.empty(n_to, np.float32)
    step = 1.0 / (n_to / n_from)
    for index in range(n_to):
        place = (index + 0.5) * step - 0.5
        whole = math.floor(place)
        before[index] = max(whole, 0)
        after[index] = min(whole + 1, n_from - 1)
        share[index] = place - whole
    return before, after, share


@part
def _between(before: np.float32, after: np.float32, share: np.float32) -> np.float32:
    """Rounded once, as OpenCV's is where the machine has a fused product."""
    return np.float32(np.float64(after - before) * np.float64(share) + np.float64(before))


@part
def _largest(
    canvas: Planes,
    rows: tuple[int, int],
    columns: tuple[int, int],
    down: np.float32,
    right: np.float32,
) -> int:
    """The class whose plane is the largest between four pixels; ties go to the lower one."""
    (upper, lower), (left, other) = rows, columns
    label, best = 0, np.float32(0.0)
    for code in range(len(canvas)):
        plane = canvas[code]
        above = _between(plane[upper, left], plane[upper, other], right)
        below = _between(plane[lower, left], plane[lower, other], right)
        value = _between(above, below, down)
        if code == 0 or value > best:
            label, best = code, value
    return label


@part
def _open_cells(upper: UInt8, lower: UInt8, cells: Indices) -> int:
    """Write where the labels of two rows (n,) are not those of the next column; how many."""
    n, last = 0, len(upper) - 1
    for column in range(last):
        label = upper[column]
        is_open = (
            (label != upper[column + 1]) | (label != lower[column]) | (label != lower[column + 1])
        )
        cells[n] = column
        n += is_open
    cells[n] = last  # where the two rows differ: asked, like every pixel beyond it
    return n + int(upper[last] != lower[last])


@compiled(NEW_LABELS, PLANES, LABELS, COUNT, COUNT)
def _enlarged(canvas: Planes, small: UInt8, height: int, width: int) -> UInt8:
    """Label image (height, width) of a part of the canvas (n, h, w) that is won by `small`.

    Between four pixels of the same winner it wins too: only what lies elsewhere is interpolated.
    """
    n_rows, n_columns = small.shape
    upper, lower, down = _neighbours(n_rows, height)
    before, after, right = _neighbours(n_columns, width)
    starts = np.searchsorted(before, np.arange(n_columns + 1))  # of each cell's pixels
    cells, n_open = np.empty(n_columns, np.int64), 0
    labels = np.empty((height, width), np.uint8)
    for row in range(height):
        named, line = small[upper[row]], labels[row]
        rows = upper[row], lower[row]
        if row == 0 or upper[row] != upper[row - 1] or lower[row] != lower[row - 1]:
            n_open = _open_cells(named, small[lower[row]], cells)
        done = 0
        for cell in cells[:n_open]:
            start, stop = starts[cell], starts[cell + 1]
            line[done:start] = named[cell]
            for column in range(start, stop):
                columns = before[column], after[column]
                line[column] = _largest(canvas, rows, columns, down[row], right[column])
            done = stop
        line[done:] = named[n_columns - 1]
    return labels


@part
def _probability(logits: Planes, row: int, column: int) -> np.float32:
    """Softmax probability of the winning class at a pixel."""
    top = logits[0, row, column]
    for code in range(1, len(logits)):
        top = max(top, logits[code, row, column])
    total = np.float32(0.0)
    for code in range(len(logits)):
        total += np.exp(logits[code, row, column] - top)
    return np.float32(1.0) / total


@compiled(several(NEW_VECTOR, NEW_INDICES), PLANES, COUNT, COUNT, array_in(WORD, 2), COUNT, COUNT)
def part_probabilities(
    logits: Planes, top: int, left: int, parts: NDArray[np.uint32], n_parts: int, step: int
) -> tuple[Float, Indices]:
    """Each part's mean probability of the winning class, and its pixels.

    `parts` (h, w) are numbers below `n_parts`, 0 for none, in the image from (top, left) on. Every
    `step`-th pixel of them all tells the means, which are 0 for a part that has none of those.
    """
    totals, n_chosen = np.zeros(n_parts), np.zeros(n_parts, np.int64)
    n_pixels = np.zeros(n_parts, np.int64)
    to_come = 0
    for row in range(parts.shape[0]):
        for column in range(parts.shape[1]):
            number = parts[row, column]
            if number > 0:
                n_pixels[number] += 1
                if to_come == 0:
                    totals[number] += _probability(logits, top + row, left + column)
                    n_chosen[number] += 1
                    to_come = step
                to_come -= 1
    for number in range(n_parts):
        totals[number] /= max(n_chosen[number], 1)
    return totals, n_pixels
