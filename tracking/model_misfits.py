"""A grid of pixels against the model: rays through it, and what each cell says of the model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float, UInt8
from tracking.compiled import compiled, part
from tracking.loop_types import (
    COUNT,
    DEPTHS,
    LABELS,
    NEW_MASK,
    NEW_ROWS,
    REAL,
    ROWS,
    VECTOR,
    several,
)

APPLICATOR, OCCLUDER = 2, 3  # as in `Label`
BURIED_MM = 40.0  # along the ray; a rim pressed 20 mm into tissue lies less behind it


@compiled(NEW_ROWS, COUNT, COUNT, COUNT, COUNT, COUNT, VECTOR)
def grid_rays(
    top: int, left: int, n_rows: int, n_columns: int, stride: int, pinhole: Float
) -> Float:
    """Directions with z = 1 through every `stride`-th pixel, row by row, (n, 3).

    `pinhole` is fx, fy, cx, cy.
    """
    rays = np.empty((n_rows * n_columns, 3))
    for row in range(n_rows):
        y = (top + row * stride - pinhole[3]) / pinhole[1]
        for column in range(n_columns):
            index = row * n_columns + column
            rays[index, 0] = (left + column * stride - pinhole[2]) / pinhole[0]
            rays[index, 1], rays[index, 2] = y, 1.0
    return rays


@part
def _is_beside(mask: Bool, row: int, column: int) -> bool:
    """Whether the cell or a neighbour is set: outlines are off by pixels."""
    for v in range(max(0, row - 1), min(len(mask), row + 2)):
        for u in range(max(0, column - 1), min(mask.shape[1], column + 2)):
            if mask[v, u]:
                return True
    return False


@compiled(
    several(NEW_MASK, NEW_MASK, NEW_MASK, NEW_MASK),
    *(LABELS, DEPTHS, VECTOR, ROWS),
    *(ROWS, REAL, REAL),
)
def misfits(
    labels: UInt8,
    depth_mm: NDArray[np.float32],
    predicted_mm: Float,
    rays: Float,
    pose: Float,
    docking_mm: float,
    tolerance_mm: float,
) -> tuple[Bool, Bool, Bool, Bool]:
    """What the cells of a grid say of the posed model.

    Parameters
    ----------
    labels, depth_mm : (height, width), 0: no depth
    predicted_mm, rays : (n,), (n, 3) of the cells row by row, not finite: the ray misses
    docking_mm : height on the axis where the half of the model begins that lies towards the source

    Returns
    -------
    explained, unexplained : cells labelled applicator, on the model or not
    looked_past : something is seen behind a part that nothing hides
    buried : something is seen far before such a part of the docking half
    """
    height, width = labels.shape
    is_hit, is_applicator = np.empty((height, width), np.bool_), labels == APPLICATOR
    behind_mm = np.zeros((height, width), np.float32)  # where both are known
    for row in range(height):
        for column in range(width):
            predicted, depth = np.float32(predicted_mm[row * width + column]), depth_mm[row, column]
            is_hit[row, column] = np.isfinite(predicted) and predicted > 0
            if is_hit[row, column] and depth > 0:
                behind_mm[row, column] = depth - predicted
    explained, unexplained = (
        np.zeros((height, width), np.bool_),
        np.zeros((height, width), np.bool_),
    )
    looked_past, buried = np.zeros((height, width), np.bool_), np.zeros((height, width), np.bool_)
    tolerance, axis_origin = np.float32(tolerance_mm), 0.0
    for axis in range(3):
        axis_origin += pose[axis, 2] * pose[axis, 3]
    for row in range(height):
        for column in range(width):
            behind = behind_mm[row, column]
            if is_applicator[row, column]:
                is_off = abs(behind) > tolerance or not _is_beside(is_hit, row, column)
                unexplained[row, column], explained[row, column] = is_off, not is_off
            elif (
                is_hit[row, column]
                and labels[row, column] != OCCLUDER
                and (behind > tolerance or behind < np.float32(-BURIED_MM))
                and not _is_beside(is_applicator, row, column)
            ):
                looked_past[row, column] = behind > tolerance
                index, along = row * width + column, 0.0
                for axis in range(3):
                    along += rays[index, axis] * pose[axis, 2]
                is_docking_half = predicted_mm[index] * along - axis_origin > docking_mm
                buried[row, column] = behind < np.float32(-BURIED_MM) and is_docking_half
    return explained, unexplained, looked_past, buried
