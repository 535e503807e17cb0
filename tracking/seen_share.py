"""How much of a disc lies near to points: the share of a field that was seen."""

from __future__ import annotations

import numpy as np

from tracking.arrays import Float
from tracking.compiled import compiled, part
from tracking.loop_types import REAL, ROWS


@part
def _cell(x: float, y: float, half_mm: float, cell_mm: float, n_cells: int) -> int:
    """Number of the square cell of a grid about the origin, -1 outside."""
    if not (abs(x) < half_mm and abs(y) < half_mm):
        return -1
    column, row = int((x + half_mm) / cell_mm), int((y + half_mm) / cell_mm)
    return min(row, n_cells - 1) * n_cells + min(column, n_cells - 1)


@compiled(REAL, ROWS, ROWS, REAL)
def share_near(places_mm: Float, points_mm: Float, reach_mm: float) -> float:
    """Share of places (n, 2) about the origin with a point (m, 2) nearer than `reach_mm`.

    Points are sorted into the cells of a grid, as wide as the reach.
    """
    half_mm = reach_mm
    for place in places_mm:
        half_mm = max(half_mm, abs(place[0]) + 2 * reach_mm, abs(place[1]) + 2 * reach_mm)
    n_cells = int(np.ceil(2 * half_mm / reach_mm))
    starts = np.zeros(n_cells * n_cells + 1, np.int64)
    for point in points_mm:
        cell = _cell(point[0], point[1], half_mm, reach_mm, n_cells)
        if cell >= 0:
            starts[cell + 1] += 1
    for cell in range(n_cells * n_cells):
        starts[cell + 1] += starts[cell]
    ends, by_cell = starts[:-1].copy(), np.empty((starts[-1], 2))
    for point in points_mm:
        cell = _cell(point[0], point[1], half_mm, reach_mm, n_cells)
        if cell >= 0:
            by_cell[ends[cell]] = point
            ends[cell] += 1
    n_near = 0
    for place in places_mm:
        cell, is_near = _cell(place[0], place[1], half_mm, reach_mm, n_cells), False
        for row in range(-1, 2):
            first = cell + row * n_cells - 1
            for index in range(starts[first], starts[first + 3]):
                x, y = by_cell[index, 0] - place[0], by_cell[index, 1] - place[1]
                is_near = is_near or x * x + y * y < reach_mm * reach_mm
        n_near += is_near
    return n_near / len(places_mm)
