"""Standard deviations out of variances. What is not a number stays so: unknown is never exact."""

from __future__ import annotations

from math import nan, sqrt

import numpy as np

from tracking.arrays import Float
from tracking.compiled import REAL, ROWS, compiled, part

MAX_SWEEPS = 30  # of Jacobi's rotations: each squares what is left beside the diagonal
NEGLIGIBLE = 1e-17  # of the largest element: rounding is larger


def sigma_of(variance: float) -> float:
    """Root of a variance that rounding may have left below 0; NaN and infinity stay themselves."""
    return 0.0 if variance < 0 else sqrt(variance)


@part
def rotate_away(matrix: Float, row: int, column: int) -> None:
    """Turn a symmetric matrix's element at row > column to 0; the lower triangle, in place."""
    beside = matrix[row, column]
    if beside == 0.0:
        return
    ratio = (matrix[row, row] - matrix[column, column]) / (2.0 * beside)
    tangent = 1.0 / (abs(ratio) + sqrt(ratio * ratio + 1.0))
    tangent = tangent if ratio >= 0.0 else -tangent
    cosine = 1.0 / sqrt(tangent * tangent + 1.0)
    sine = tangent * cosine
    matrix[column, column] -= tangent * beside
    matrix[row, row] += tangent * beside
    matrix[row, column] = 0.0
    for other in range(len(matrix)):
        if other not in (row, column):
            first = (max(other, column), min(other, column))
            second = (max(other, row), min(other, row))
            one, two = matrix[first], matrix[second]
            matrix[first], matrix[second] = cosine * one - sine * two, sine * one + cosine * two


@compiled(REAL, ROWS)
def largest_sigma(covariance: Float) -> float:
    """1-sigma of the least sure direction of a covariance (n, n); NaN unless all is finite.

    By Jacobi's rotations, of the lower triangle. What rounding left below 0 is 0.
    """
    n, left, size = len(covariance), covariance.copy(), 0.0
    for row in range(n):
        for column in range(n):
            if not np.isfinite(covariance[row, column]):
                return nan
            size = max(size, abs(covariance[row, column]))
    for _ in range(MAX_SWEEPS):
        largest_beside = 0.0
        for row in range(1, n):
            for column in range(row):
                largest_beside = max(largest_beside, abs(left[row, column]))
                rotate_away(left, row, column)
        if largest_beside <= NEGLIGIBLE * size:
            break
    largest = left[0, 0]
    for row in range(1, n):
        largest = max(largest, left[row, row])
    return sqrt(largest) if largest > 0.0 else 0.0


def at_least(floor: float, value: float) -> float:
    """The larger of two numbers, NaN where one is: `max` may answer with the other."""
    return float(np.maximum(floor, value))
