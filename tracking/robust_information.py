"""Curvature of a robust likelihood, and the covariance of its gradient under correlated noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float
from tracking.compiled import compiled, part
from tracking.loop_types import NEW_ROWS, REAL, ROWS, VECTOR, several

IntImage = NDArray[np.int64]

GAUSSIAN_VARIANCE = 1.04  # of Tukey's estimator with a cutoff of 5, over that of least squares


@part
def numbered(counts: Bool, cells: Float) -> IntImage:
    """Row that lies at each cell of the grid, -1: none, (height, width)."""
    index = np.full((int(cells[:, 1].max()) + 1, int(cells[:, 0].max()) + 1), -1)
    for row in range(len(cells)):
        if counts[row]:
            index[int(cells[row, 1]), int(cells[row, 0])] = row
    return index


@part
def summed_across(rows: Float, index: IntImage, kernel: Float) -> Float:
    """Sum of the rows left and right of each cell by the kernel, (height, width, k)."""
    (height, width), n_columns, reach = index.shape, rows.shape[1], len(kernel) // 2
    across = np.zeros((height, width, n_columns))
    for v in range(height):
        for u in range(width):
            for step in range(max(-reach, -u), min(reach, width - 1 - u) + 1):
                row = index[v, u + step]
                if row >= 0:
                    for column in range(n_columns):
                        across[v, u, column] += kernel[step + reach] * rows[row, column]
    return across


@part
def correlated_rows(rows: Float, counts: Bool, cells: Float, kernel: Float) -> Float:
    """R @ rows, (n, k): every pixel's row with its neighbours' by the noise's autocorrelation."""
    across = summed_across(rows, numbered(counts, cells), kernel)
    height, reach, n_columns = across.shape[0], len(kernel) // 2, rows.shape[1]
    result = np.zeros(rows.shape)
    for row in range(len(rows)):
        if counts[row]:
            u, v = int(cells[row, 0]), int(cells[row, 1])
            for step in range(max(-reach, -v), min(reach, height - 1 - v) + 1):
                for column in range(n_columns):
                    result[row, column] += kernel[step + reach] * across[v + step, u, column]
    return result


@compiled(several(NEW_ROWS, NEW_ROWS), ROWS, VECTOR, ROWS, VECTOR, REAL, REAL)
def robust_information(
    jacobian: Float, residuals: Float, cells: Float, kernel: Float, cutoff: float, inflation: float
) -> tuple[Float, Float]:
    """B and M of `tracking.depth_information`, both (k, k); 0 where no pixel counts.

    Parameters
    ----------
    jacobian : (n, k) and residuals : (n,), in sigma
        Those that are NaN or beyond the cutoff count for nothing.
    cells : (n, 2) column and row of every pixel on its grid, from 0, each pixel its own
    kernel : (2 r + 1,) the noise's autocorrelation, of cells -r to r away
    inflation : what the estimator divides its weights by
    """
    n_rows, n_columns = jacobian.shape
    information, score = np.zeros((n_columns, n_columns)), np.zeros((n_columns, n_columns))
    counts = np.zeros(n_rows, np.bool_)
    n_counted, curvature, variance = 0, 0.0, 0.0
    for row in range(n_rows):
        share = (residuals[row] / cutoff) ** 2
        if share < 1.0:
            counts[row] = True
            n_counted += 1
            curvature += (1 - share) * (1 - 5 * share)
            variance += (residuals[row] * (1 - share) ** 2) ** 2
    if n_counted == 0:
        return information, score
    curvature, variance = curvature / n_counted, variance / n_counted
    variance = max(variance, GAUSSIAN_VARIANCE * curvature**2)
    filtered = correlated_rows(jacobian, counts, cells, kernel)
    counted, right = np.empty((n_counted, n_columns)), np.empty((n_counted, 2 * n_columns))
    n_counted = 0
    for row in range(n_rows):
        if counts[row]:
            for column in range(n_columns):
                counted[n_counted, column] = right[n_counted, column] = jacobian[row, column]
                right[n_counted, n_columns + column] = filtered[row, column]
            n_counted += 1
    both = np.dot(counted.T, right)
    curved, scattered = curvature / inflation, variance / inflation**2 / 2
    for first in range(n_columns):
        for second in range(n_columns):
            information[first, second] = both[first, second] * curved
            together = both[first, n_columns + second] + both[second, n_columns + first]
            score[first, second] = together * scattered
    return information, score
