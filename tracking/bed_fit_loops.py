"""Reweighted least squares of the bed's quadratic in one set of axes, as loops over its points."""

from __future__ import annotations

from math import sqrt

import numpy as np

from tracking.arrays import Float
from tracking.compiled import compiled, part
from tracking.loop_types import COUNT, FLAG, NEW_ROWS, NEW_VECTOR, REAL, ROWS, VECTOR, several

TUKEY = 4.5
NORMAL_MAD = 1.4826  # standard deviation over the median absolute deviation
MIN_ACROSS = 0.1  # of ray and surface: flatter rays would weigh nothing
MAX_CONDITION = 1e10  # of the scaled normal equations: beyond, points lie on a line
POWERS_X, POWERS_Y = (0, 1, 0, 2, 1, 0), (0, 0, 1, 0, 1, 2)  # of each coefficient
N_POWERS = 5  # of x and y in a product of two terms, 0 among them


@part
def spread_in_sigma(residuals: Float) -> float:
    """Robust scatter of residuals, NaN and infinity left out; at least 1."""
    sizes, n_sizes = np.empty(len(residuals)), 0
    for residual in residuals:
        if np.isfinite(residual):
            sizes[n_sizes] = abs(residual)
            n_sizes += 1
    if n_sizes == 0:
        return 1.0
    middle = n_sizes // 2
    middle_size: float = np.partition(sizes[:n_sizes], middle)[middle]
    return max(1.0, NORMAL_MAD * middle_size)


@part
def inverse_information(information: Float) -> tuple[bool, Float]:
    """Inverse of an information matrix (n, n) whose rows differ by powers of mm.

    False where it is not finite, or singular: the matrix then means nothing.
    """
    n = len(information)
    scaled, scale = np.empty((n, n)), np.empty(n)
    for row in range(n):
        scale[row] = sqrt(information[row, row]) if information[row, row] > 0.0 else np.nan
    for row in range(n):
        for column in range(n):
            scaled[row, column] = information[row, column] / (scale[row] * scale[column])
    if not (np.isfinite(scaled).all() and np.linalg.eigvalsh(scaled)[0] > 0.0):
        return False, scaled
    inverse, square, inverse_square = np.empty((n, n)), 0.0, 0.0
    inverse[:] = np.linalg.inv(scaled)
    for row in range(n):
        for column in range(n):
            square += scaled[row, column] ** 2
            inverse_square += inverse[row, column] ** 2
            inverse[row, column] /= scale[row] * scale[column]
    return sqrt(square * inverse_square) < MAX_CONDITION, inverse


@part
def height_of(coefficients: Float, x: float, y: float) -> float:
    """Height of the quadratic at (x, y)."""
    c0, c1, c2, c3, c4, c5 = coefficients
    height: float = c0 + (c1 + c3 * x + c4 * y) * x + (c2 + c5 * y) * y
    return height


@part
def quartic_mm(coefficients: Float, x: float, y: float) -> float:
    """What a round surface of this curvature rises beyond its quadratic: k^3 r^4 / 8."""
    _, _, _, c3, c4, c5 = coefficients
    slope_x, slope_y = 2 * c3 * x + c4 * y, c4 * x + 2 * c5 * y
    quartic: float = (x * slope_x + y * slope_y) * (slope_x**2 + slope_y**2) / 8
    return quartic


@part
def in_sigma(
    local: Float,
    rays: Float,
    sigma_along_ray: Float,
    coefficients: Float,
    quartic_share: float,
) -> tuple[Float, Float, Float]:
    """Heights less their quartic in mm, their sigmas in mm, and residuals in sigma, (n,) each."""
    n = len(local)
    heights, sigmas, residuals = np.empty(n), np.empty(n), np.empty(n)
    _, c1, c2, c3, c4, c5 = coefficients
    for row in range(n):
        x, y = local[row, 0], local[row, 1]
        heights[row] = local[row, 2] - quartic_share * quartic_mm(coefficients, x, y)
        slope_x, slope_y = c1 + 2 * c3 * x + c4 * y, c2 + c4 * x + 2 * c5 * y
        across = rays[row, 2] - slope_x * rays[row, 0] - slope_y * rays[row, 1]
        size = abs(across)
        sigmas[row] = sigma_along_ray[row] * (MIN_ACROSS if size < MIN_ACROSS else size)
        residuals[row] = (heights[row] - height_of(coefficients, x, y)) / sigmas[row]
    return heights, sigmas, residuals


@part
def moments_of(local: Float, heights: Float, weights: Float) -> tuple[Float, Float]:
    """Weighted sums of x^i y^j, i + j < `N_POWERS`, and of heights times them, i + j < 3."""
    sums, with_height = np.zeros((N_POWERS, N_POWERS)), np.zeros((3, 3))
    for row in range(len(local)):
        x, y = local[row, 0], local[row, 1]
        of_x = weights[row]
        for i in range(N_POWERS):
            of_both = of_x
            for j in range(N_POWERS - i):
                sums[i, j] += of_both
                of_both *= y
            of_x *= x
        of_x = weights[row] * heights[row]
        for i in range(3):
            of_both = of_x
            for j in range(3 - i):
                with_height[i, j] += of_both
                of_both *= y
            of_x *= x
    return sums, with_height


@part
def turned_by(axes: Float, vectors: Float) -> Float:
    """Vectors (n, 3) in axes (3, 3) whose rows are given."""
    turned = np.zeros((len(vectors), 3))
    for row in range(len(vectors)):
        for i in range(3):
            for j in range(3):
                turned[row, i] += axes[i, j] * vectors[row, j]
    return turned


@part
def robust_weights(
    residuals: Float, sigmas: Float, spread: float, inflation: float
) -> tuple[Float, float]:
    """Weights (n,) in 1/mm^2 by Tukey's biweight, and the mean of the latter."""
    n = len(residuals)
    weights, mean = np.empty(n), 0.0
    for row in range(n):
        left = 1.0 - (residuals[row] / (TUKEY * spread)) ** 2
        robust = 0.0 if left < 0.0 else left**2
        mean += robust / n
        weights[row] = robust / (sigmas[row] * spread) ** 2 / inflation
    return weights, mean


@compiled(
    several(FLAG, NEW_VECTOR, NEW_ROWS, NEW_ROWS, NEW_VECTOR, NEW_VECTOR, REAL, REAL),
    *(ROWS, ROWS, VECTOR, REAL, ROWS, VECTOR, ROWS, REAL, COUNT),
)
def reweighted(
    points_mm: Float,
    rays: Float,
    sigma_along_ray: Float,
    inflation: float,
    axes: Float,
    coefficients: Float,
    prior: Float,
    quartic_share: float,
    n_reweightings: int,
) -> tuple[bool, Float, Float, Float, Float, Float, float, float]:
    """A few reweightings in one set of axes; of `BedPoints` and `fit_quadratic`.

    Returns
    -------
    is_fit : whether there is one; without, the rest means nothing
    coefficients : (6,)
    covariance : (6, 6)
    local_mm : (n, 3), the points in these axes
    residuals_mm, weights : (n,)
    spread, inlier_share
    """
    n, n_unknowns = len(points_mm), len(coefficients)
    local, turned = turned_by(axes, points_mm), turned_by(axes, rays)
    information, fitted = np.empty((n_unknowns, n_unknowns)), coefficients.copy()
    covariance, weights, heights = np.empty((n_unknowns, n_unknowns)), np.empty(n), np.empty(n)
    spread, inlier_share = 1.0, 0.0
    for _ in range(n_reweightings):
        heights, sigmas, residuals = in_sigma(local, turned, sigma_along_ray, fitted, quartic_share)
        spread = spread_in_sigma(residuals)
        weights, inlier_share = robust_weights(residuals, sigmas, spread, inflation)
        sums, with_height = moments_of(local, heights, weights)
        for i in range(n_unknowns):
            for j in range(n_unknowns):
                power_x, power_y = POWERS_X[i] + POWERS_X[j], POWERS_Y[i] + POWERS_Y[j]
                information[i, j] = sums[power_x, power_y] + prior[i, j]
        is_told, covariance = inverse_information(information)
        if not is_told:
            return False, fitted, covariance, local, heights, weights, spread, inlier_share
        for i in range(n_unknowns):
            fitted[i] = 0.0
            for j in range(n_unknowns):
                fitted[i] += covariance[i, j] * with_height[POWERS_X[j], POWERS_Y[j]]
    for row in range(n):
        heights[row] -= height_of(fitted, local[row, 0], local[row, 1])
    return True, fitted, covariance, local, heights, weights, spread, inlier_share
