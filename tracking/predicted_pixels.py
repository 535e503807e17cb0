"""Pixels of a crop against the model: which are worth a ray, and what their depth says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float, UInt8
from tracking.compiled import compiled
from tracking.loop_types import (
    BYTE,
    COUNT,
    DEPTHS,
    INDICES,
    LABELS,
    NEW_INDICES,
    NEW_LABELS,
    NEW_ROWS,
    REAL,
    ROWS,
    VECTOR,
    array_in,
    array_out,
    several,
)

Depth = NDArray[np.float32]
Places = NDArray[np.int64]

MISSED, AGREES, NEARER, UNKNOWN = 0, 1, 2, 3  # of a ray, and the depth measured where it hits
AGREES_SIGMA, AGREES_MM = 4.0, 0.5  # of the depth noise; of pose and form
GRID_PX = 8  # looks for something before the cone: a finger at 0.8 m


@compiled(COUNT, NEW_LABELS, ROWS, COUNT, COUNT)
def fill_convex(inside: UInt8, corners: Float, left: int, top: int) -> int:
    """Set the pixels of a crop to 1 whose centres lie in a convex polygon, in place: how many rows.

    OpenCV's fill takes in the pixels that the outline touches too: half a pixel all round.

    Parameters
    ----------
    corners : (n, 2) u, v in order around the polygon
    left, top : of the crop in the image
    """
    n_rows, n_corners = 0, len(corners)
    for row in range(inside.shape[0]):
        v, first, last = np.float64(row + top), np.inf, -np.inf
        for corner in range(n_corners):
            u0, v0 = corners[corner - 1, 0], corners[corner - 1, 1]
            u1, v1 = corners[corner, 0], corners[corner, 1]
            if min(v0, v1) <= v <= max(v0, v1):
                if v0 != v1:
                    u0 = u1 = u0 + (v - v0) / (v1 - v0) * (u1 - u0)
                first, last = min(first, u0, u1), max(last, u0, u1)
        start, stop = np.ceil(max(first, left)), np.floor(min(last, left + inside.shape[1] - 1.0))
        if start <= stop:
            n_rows += 1
            inside[row, int(start) - left : int(stop) - left + 1] = 1
    return n_rows


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


@compiled(NEW_ROWS, INDICES, INDICES, COUNT, COUNT, VECTOR)
def rays_through(v: Places, u: Places, top: int, left: int, pinhole: Float) -> Float:
    """Directions (n, 3) with z = 1 through pixels of a crop; `pinhole` is fx, fy, cx, cy."""
    rays = np.ones((len(v), 3))
    for index in range(len(v)):
        rays[index, 0] = (u[index] + left - pinhole[2]) / pinhole[0]
        rays[index, 1] = (v[index] + top - pinhole[3]) / pinhole[1]
    return rays


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


@compiled(NEW_LABELS, INDICES, INDICES, array_in(BYTE, 1), COUNT, COUNT)
def off_cells(v: Places, u: Places, codes: UInt8, height: int, width: int) -> UInt8:
    """1 in the cells of a crop's grid, and their neighbours, whose middle tells the label wrong.

    Its ray misses the model, or something stands before it. What is farther corrects nothing.
    """
    n_rows = (height - GRID_PX // 2 - 1) // GRID_PX + 1
    n_columns = (width - GRID_PX // 2 - 1) // GRID_PX + 1
    cells = np.zeros((n_rows, n_columns), np.uint8)
    for index in range(len(v)):
        if codes[index] in (MISSED, NEARER):
            row, column = v[index] // GRID_PX, u[index] // GRID_PX
            cells[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2] = 1
    return cells


@compiled(several(NEW_INDICES, NEW_INDICES), LABELS, LABELS, LABELS, COUNT)
def worth_deciding(
    labels: UInt8, inside: UInt8, off: UInt8, applicator: int
) -> tuple[Places, Places]:
    """Rows and columns where label and prediction differ, or both are applicator in an off cell.

    Past the last middles lies no cell.
    """
    height, width = labels.shape
    is_worth = np.zeros((height, width), np.bool_)
    n = 0
    for row in range(height):
        codes, is_in, chosen = labels[row], inside[row], is_worth[row]
        has_cells = row // GRID_PX < off.shape[0]
        for column in range(width):
            chosen[column] = (codes[column] == applicator) != (is_in[column] > 0)
        for cell in range(off.shape[1] if has_cells else 0):
            if off[row // GRID_PX, cell] > 0:
                for column in range(cell * GRID_PX, min(width, (cell + 1) * GRID_PX)):
                    chosen[column] |= codes[column] == applicator
        for column in range(width):
            n += chosen[column]
    v, u, n = np.empty(n, np.int64), np.empty(n, np.int64), 0
    for row in range(height):
        for column in range(width):
            if is_worth[row, column]:
                v[n], u[n] = row, column
                n += 1
    return v, u
