"""The bed around the rim, and what it tells of the bed inside.

One radius outside the rim is seen; curvature that this ring cannot tell is bounded by a prior,
and what no quadratic follows by what beds of such curvature have, so that the covariance holds
what lies under the cone.
"""

from __future__ import annotations

from math import hypot

import numpy as np

from tracking.applicator import Applicator
from tracking.arrays import Bool, Float, frozen
from tracking.bed_fit import QUARTIC_SHARE, BedPoints, QuadraticFit, fit_quadratic

RIM_MARGIN_MM = 3.0  # next to the wall stereo mixes wall and bed
MAX_HEIGHT_MM = 60.0  # from the exit plane: farther is another surface
MIN_SEEN_DEG = 180.0  # DESIGN section 2
MIN_INLIERS = 0.5  # mean robust weight
MAX_SPREAD = 4.0  # residual scatter over the noise model's: beyond, no smooth surface
CURVATURE_SIGMA_PER_MM = 1 / 150.0  # principal curvature of tissue beds: radius 150 mm is 1 sigma
# of z = kappa r^2 / 2
CURVATURE_PRIOR = frozen(np.diag([0.0, 0.0, 0.0, 4.0, 1.0, 4.0]) / CURVATURE_SIGMA_PER_MM**2)
HIGHER_ORDER_SIGMA_MM = 0.15  # bumps that no quadratic follows, as seen over the field's mean
UNABSORBED_BEND = 0.25  # r^4 over a ring from R to 2 R is 5 R^2 r^2 - 4 R^4: at 0 a quarter is left
UNEVEN_BEND = 0.2  # of the bend, that one side may have and the other not: it tilts
UNEVEN_BEVEL = 0.5  # of the bevel: a bed may be even about a direction nearer to the axis


def is_near_exit(applicator: Applicator, points_mm: Float) -> Bool:
    """Points (n, 3), applicator space, near enough to the exit plane to be the bed."""
    height = points_mm[:, 2] + points_mm[:, 0] * applicator.bevel_slope
    near: Bool = np.abs(height) < MAX_HEIGHT_MM
    return near


def is_in_ring(applicator: Applicator, points_mm: Float) -> Bool:
    """Points (n, 3), applicator space, within one radius outside the rim."""
    radius, outer = np.hypot(points_mm[:, 0], points_mm[:, 1]), applicator.outer_radius_mm
    within: Bool = (radius > outer + RIM_MARGIN_MM) & (radius < 2 * outer)
    return within & is_near_exit(applicator, points_mm)


def fit_ring(applicator: Applicator, bed: BedPoints) -> QuadraticFit | None:
    """Fit the ring with a curvature prior; None where it is no smooth surface."""
    fit = fit_quadratic(applicator, bed, CURVATURE_PRIOR, quartic_share=QUARTIC_SHARE)
    if fit is None or not (fit.spread <= MAX_SPREAD and fit.inlier_share > MIN_INLIERS):
        return None
    return fit


def inside_covariance(applicator: Applicator, fit: QuadraticFit) -> Float:
    """Covariance (6, 6) that a fit to the ring has for the bed inside it.

    A round bed of curvature k has a quartic k^3 r^4 / 8 besides its quadratic, of which the model
    counts in a share; and where it is even about a direction with slope s against its normal,
    a cubic k^2 r^3 s / 2, which tilts it.
    """
    radius_mm, reach_mm = applicator.outer_radius_mm, 2 * applicator.outer_radius_mm
    _, _, _, c3, c4, c5 = fit.coefficients.tolist()
    curvature = abs(c3 + c5) + hypot(c3 - c5, c4)  # the larger principal one
    slope = UNEVEN_BEVEL * applicator.bevel_slope
    even_mm = UNABSORBED_BEND * (1 - QUARTIC_SHARE) * curvature**3 * reach_mm**4 / 8
    odd_mm = UNABSORBED_BEND * curvature**2 * reach_mm**3 * slope / 2
    height_mm = hypot(HIGHER_ORDER_SIGMA_MM, even_mm, odd_mm)
    tilt_mm = hypot(HIGHER_ORDER_SIGMA_MM, UNEVEN_BEND * even_mm, odd_mm)
    covariance = fit.covariance.copy()
    covariance[0, 0] += height_mm**2
    covariance[[1, 2], [1, 2]] += (tilt_mm / radius_mm) ** 2
    return covariance
