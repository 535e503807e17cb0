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

from functools import lru_cache

import numpy as np

from tracking.applicator_pixels import ApplicatorPixels
from tracking.arrays import Float, frozen
from tracking.likelihood import TUKEY, DepthTerms
from tracking.robust_information import robust_information

NEGLIGIBLE_CORRELATION = 1e-3


def depth_information(
    depth: DepthTerms, pixels: ApplicatorPixels, correlation_px: float, inflation: float
) -> tuple[Float, Float]:
    """B and M, both (6, 6), for small motions in applicator axes."""
    if len(depth.residuals) == 0:
        return np.zeros((6, 6)), np.zeros((6, 6))
    return robust_information(
        depth.jacobian,
        depth.residuals,
        pixels.cells,
        autocorrelation(pixels.stride_px, correlation_px),
        TUKEY * depth.spread,
        inflation,
    )


@lru_cache(maxsize=8)
def autocorrelation(stride_px: int, correlation_px: float) -> Float:
    """exp(-r^2 / (4 c^2)) at multiples of the stride, as far as it counts (DESIGN section 5).

    Of white noise 1: every pixel errs for itself.
    """
    if correlation_px <= 0:
        return frozen(np.ones(1))
    reach = int(2 * correlation_px * np.sqrt(-np.log(NEGLIGIBLE_CORRELATION)) / stride_px)
    steps = np.arange(-reach, reach + 1) * stride_px
    values: Float = np.exp(-(steps**2) / (4 * correlation_px**2))
    return frozen(values)
