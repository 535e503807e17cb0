"""Pixels of a crop against the model: which are worth a ray, and what their depth says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float, UInt8
from tracking.compiled import (
    BYTE,
    COUNT,
    DEPTHS,
    INDICES,
    LABELS,
    NEW_INDICES,
    NEW_LABELS,
    REAL,
    VECTOR,
    array_in,
    array_out,
    compiled,
    several,
)

Depth = NDArray[np.float32]
Places = NDArray[np.int64]

MISSED, AGREES, NEARER, UNKNOWN = 0, 1, 2, 3  # of a ray, and the depth measured where it hits
AGREES_SIGMA, AGREES_MM = 4.0, 0.5  # of the depth noise; of pose and form
GRID_PX = 8  # looks for something before the cone: a finger at 0.8 m


@compiled(several(NEW_INDICES, NEW_INDICES), LABELS, LABELS, COUNT)
def grid_middles(labels: UInt8, inside: UInt8, applicator: int) -> tuple[Places, Places]:
    """Rows and columns of the grid cells' middles that are labelled and predicted applicator."""
    height, width = labels.shape
    n_most = (height // GRID_PX + 1) * (width // GRID_PX + 1)
    v, u, n = np.empty(n_most, np.int64), np.empty(n_most, np.int64), 0
    for row in range(GRID_PX // 2, height, GRID_PX):
        for column in range(GRID_PX // 2, width, GRID_PX):
            if labels[row, column] == applicator and inside[row, column] > 0:
                v[n], u[n] = row, column
                n += 1
    return v[:n], u[:n]


@compiled(array_out(BYTE, 1), INDICES, INDICES, VECTOR, DEPTHS, VECTOR, REAL)
def compared(
    v: Places,
    u: Places,
    predicted_mm: Float,
    depth_mm: Depth,
    sigma_coefficients: Float,
    spread: float,
) -> UInt8:
    """What the depth measured in pixels (n,) of a crop says of the predicted one.

    Parameters
    ----------
    predicted_mm : (n,) inf: the ray misses the model
    sigma_coefficients : (3,) of `DepthNoise`
    spread : by which the noise is larger than that

    Returns
    -------
    (n,) `MISSED`, `AGREES`, `NEARER` than the model, or `UNKNOWN`: farther, or no depth.
    """
    codes = np.empty(len(v), np.uint8)
    c0, c1, c2 = sigma_coefficients
    for index in range(len(v)):
        z, measured = predicted_mm[index], np.float64(depth_mm[v[index], u[index]])
        if not np.isfinite(z):
            codes[index] = MISSED
            continue
        tolerance_mm = AGREES_MM + AGREES_SIGMA * spread * (c0 + z * (c1 + z * c2))
        if measured > 0 and abs(measured - z) <= tolerance_mm:
            codes[index] = AGREES
        elif measured > 0 and measured < z - tolerance_mm:
            codes[index] = NEARER
        else:
            codes[index] = UNKNOWN
    return codes


@compiled(NEW_LABELS, INDICES, INDICES, array_in(BYTE, 1), DEPTHS)
def off_cells(v: Places, u: Places, codes: UInt8, depth_mm: Depth) -> UInt8:
    """1 in the cells of the grid, and their neighbours, whose middle's depth is not the model's."""
    height, width = depth_mm.shape
    n_rows = (height - GRID_PX // 2 - 1) // GRID_PX + 1
    n_columns = (width - GRID_PX // 2 - 1) // GRID_PX + 1
    cells = np.zeros((n_rows, n_columns), np.uint8)
    for index in range(len(v)):
        has_no_depth = depth_mm[v[index], u[index]] <= 0
        if codes[index] == AGREES or (codes[index] != MISSED and has_no_depth):
            continue
        row, column = v[index] // GRID_PX, u[index] // GRID_PX
        cells[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2] = 1
    return cells


@compiled(several(NEW_INDICES, NEW_INDICES), LABELS, LABELS, LABELS, COUNT)
def worth_a_ray(labels: UInt8, inside: UInt8, off: UInt8, applicator: int) -> tuple[Places, Places]:
    """Rows and columns where label and prediction differ, or both are applicator in an off cell.

    Past the last middles lies no cell.
    """
    height, width = labels.shape
    v, u, n = np.empty(labels.size, np.int64), np.empty(labels.size, np.int64), 0
    for row in range(height):
        has_cells = row // GRID_PX < off.shape[0]
        for column in range(width):
            is_applicator, is_inside = labels[row, column] == applicator, inside[row, column] > 0
            is_worth = is_applicator != is_inside
            if is_applicator and is_inside and has_cells and column // GRID_PX < off.shape[1]:
                is_worth = off[row // GRID_PX, column // GRID_PX] > 0
            if is_worth:
                v[n], u[n] = row, column
                n += 1
    return v[:n].copy(), u[:n].copy()
