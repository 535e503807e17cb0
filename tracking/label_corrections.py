"""Places of a label image sorted, kept in groups, and labelled as what lies around them.

A place is a pixel, counted row by row.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import UInt8
from tracking.compiled import compiled, part
from tracking.loop_types import (
    BYTE,
    COUNT,
    INDICES,
    LABELS,
    NEW_INDICES,
    NEW_LABELS,
    array_in,
    several,
)

Places = NDArray[np.int64]

OTHER, APPLICATOR = 0, 2  # as in `Label`
MISSED, AGREES, NEARER = 0, 1, 2  # as in `predicted_pixels`
CODES = array_in(BYTE, 1)


@part
def _mirrored(index: int, size: int) -> int:
    """Past an image's edge lies the image mirrored about its outermost pixel, as in OpenCV."""
    while size > 1 and not 0 <= index < size:
        index = -index if index < 0 else 2 * (size - 1) - index
    return index if size > 1 else 0


@compiled(NEW_INDICES, INDICES, LABELS, COUNT, COUNT)
def in_groups(places: Places, labels: UInt8, code: int, n_least: int) -> Places:
    """Those of the places with so many in the 3x3 pixels around, places and what is `code`."""
    height, width = labels.shape
    together = np.zeros(labels.size, np.bool_)
    for place in places:
        together[place] = True
    kept, n_kept = np.empty(len(places), np.int64), 0
    for place in places:
        row, column, n_around = place // width, place % width, 0
        for v in range(row - 1, row + 2):
            for u in range(column - 1, column + 2):
                other_row, other_column = _mirrored(v, height), _mirrored(u, width)
                n_around += (
                    labels[other_row, other_column] == code
                    or together[other_row * width + other_column]
                )
        if n_around >= n_least:
            kept[n_kept] = place
            n_kept += 1
    return kept[:n_kept]


@part
def _count_row(sums: NDArray[np.int32], labels: UInt8, row: int, codes: UInt8, sign: int) -> None:
    """Add or remove a row of the image in the sums (n, width) of each code's pixels by column."""
    source = _mirrored(row, len(labels))
    for code in range(len(codes)):
        for column in range(labels.shape[1]):
            sums[code, column] += sign * (labels[source, column] == codes[code])


@compiled(NEW_LABELS, LABELS, INDICES, CODES, COUNT, COUNT)
def with_labels_beside(
    labels: UInt8, places: Places, codes: UInt8, reach_px: int, n_least: int
) -> UInt8:
    """The labels, each place with the commonest of some codes in the square that reaches so far.

    The first of equally common ones; a place with fewer than `n_least` of it keeps its own.
    Places are in ascending order.
    """
    width, corrected = labels.shape[1], labels.copy()
    sums, summed_row = np.zeros((len(codes), width), np.int32), 0
    for row in range(-reach_px, reach_px + 1):
        _count_row(sums, labels, row, codes, 1)
    for place in places:
        row, column = place // width, place % width
        while summed_row < row:
            _count_row(sums, labels, summed_row - reach_px, codes, -1)
            summed_row += 1
            _count_row(sums, labels, summed_row + reach_px, codes, 1)
        most = n_least - 1
        for code in range(len(codes)):
            n_around = 0
            for u in range(column - reach_px, column + reach_px + 1):
                n_around += sums[code, _mirrored(u, width)]
            if n_around > most:
                corrected[row, column], most = codes[code], n_around
    return corrected


@compiled(
    several(NEW_INDICES, NEW_INDICES, NEW_INDICES, NEW_INDICES, COUNT),
    *(INDICES, CODES, CODES, LABELS),
)
def sorted_out(
    places: Places, labels: UInt8, codes: UInt8, is_near_inside: UInt8
) -> tuple[Places, Places, Places, Places, int]:
    """What the model says of places (n,) with these labels and codes of `predicted_pixels`.

    Returns
    -------
    near, far : labelled applicator that the model misses, near to the predicted outline or not
    gained : on the model and not labelled applicator
    hiding : nearer than the model, labelled applicator or other
    n_nearer : nearer than the model and labelled applicator
    """
    n_places = len(places)
    near, far = np.empty(n_places, np.int64), np.empty(n_places, np.int64)
    gained, hiding = np.empty(n_places, np.int64), np.empty(n_places, np.int64)
    n_near = n_far = n_gained = n_hiding = n_nearer = 0
    width = is_near_inside.shape[1]
    for index, place in enumerate(places):
        is_applicator, code = labels[index] == APPLICATOR, codes[index]
        if code == MISSED and is_applicator:
            if is_near_inside[place // width, place % width] > 0:
                near[n_near] = place
                n_near += 1
            else:
                far[n_far] = place
                n_far += 1
        elif code == AGREES and not is_applicator:
            gained[n_gained] = place
            n_gained += 1
        elif code == NEARER and (is_applicator or labels[index] == OTHER):
            hiding[n_hiding] = place
            n_hiding += 1
            n_nearer += is_applicator
    return near[:n_near], far[:n_far], gained[:n_gained], hiding[:n_hiding], n_nearer
