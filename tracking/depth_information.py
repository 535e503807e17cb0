"""Information of the depth residuals about the pose, and the covariance of their score.

A robust fit to correlated residuals has the covariance B^-1 M B^-1 (Huber's sandwich): B, the
expected curvature, and M, the covariance of the gradient. With J the Jacobian of the pixels that
count, in sigma of the noise model, and Tukey's psi:

    B = mean(psi') J^T J / k,    M = v J^T R J / k^2,    v = max(mean(psi^2), V0 mean(psi')^2)

R holds the noise's autocorrelation between the pixels themselves, so that narrow and broken
surfaces count as what they are; k is what the estimator divides its weights by. V0 is v / B^2 of
Gaussian noise: the scatter may enlarge the covariance, it never shrinks it below the model.
"""

from __future__ import annotations

import cv2
import numpy as np

from tracking.applicator_pixels import ApplicatorPixels
from tracking.arrays import Float
from tracking.likelihood import TUKEY, DepthTerms

GAUSSIAN_VARIANCE = 1.04  # of Tukey's estimator with TUKEY = 5, over that of least squares
NEGLIGIBLE_CORRELATION = 1e-3


def depth_information(
    depth: DepthTerms, pixels: ApplicatorPixels, correlation_px: float, inflation: float
) -> tuple[Float, Float]:
    """B and M, both (6, 6), for small motions in applicator axes."""
    residuals = depth.known_residuals
    cutoff = TUKEY * depth.spread
    counts = np.isfinite(depth.residuals) & (np.abs(residuals) < cutoff)
    jacobian = depth.jacobian[counts]
    if len(jacobian) == 0:
        return np.zeros((6, 6)), np.zeros((6, 6))
    share = (residuals[counts] / cutoff) ** 2
    curvature = float(np.mean((1 - share) * (1 - 5 * share)))
    score_variance = float(np.mean((residuals[counts] * (1 - share) ** 2) ** 2))
    variance = max(score_variance, GAUSSIAN_VARIANCE * curvature**2)
    filtered = _correlated(jacobian, pixels.uv_px[counts], pixels.stride_px, correlation_px)
    information, score = jacobian.T @ jacobian, jacobian.T @ filtered
    return (
        information * (curvature / inflation),
        (score + score.T) * (variance / inflation**2 / 2),
    )


def _correlated(rows: Float, uv_px: Float, stride_px: int, correlation_px: float) -> Float:
    """R @ rows, (n, k): every pixel's row with its neighbours' by the noise's autocorrelation."""
    if correlation_px <= 0:
        return rows
    u, v = np.rint((uv_px.T - uv_px.min(axis=0)[:, None]) / stride_px).astype(np.intp)
    height, width, n_columns = int(v.max()) + 1, int(u.max()) + 1, rows.shape[1]
    cells = v * width + u
    grid = np.zeros((height * width, n_columns))
    grid[cells] = rows
    kernel = autocorrelation(stride_px, correlation_px)
    smooth = cv2.sepFilter2D(
        grid.reshape(height, width, n_columns),
        cv2.CV_64F,
        kernel,
        kernel,
        borderType=cv2.BORDER_CONSTANT,
    )
    filtered: Float = smooth.reshape(-1, n_columns).take(cells, axis=0)
    return filtered


def autocorrelation(stride_px: int, correlation_px: float) -> Float:
    """exp(-r^2 / (4 c^2)) at multiples of the stride, as far as it counts (DESIGN section 5)."""
    reach = int(2 * correlation_px * np.sqrt(-np.log(NEGLIGIBLE_CORRELATION)) / stride_px)
    steps = np.arange(-reach, reach + 1) * stride_px
    values: Float = np.exp(-(steps**2) / (4 * correlation_px**2))
    return values
