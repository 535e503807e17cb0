"""Robust fit of the bed's quadratic in the bed's own axes.

Their z is the bed's normal where the applicator's axis meets it: a bed that is round about that
normal then has no odd terms beyond the quadratic, however steep the bevel. Half of the quartic
that a sphere has beyond its quadratic can be counted in: a sphere has all of it, a paraboloid
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, inf, sqrt

import numpy as np

from tracking.applicator import Applicator
from tracking.arrays import Bool, Float
from tracking.bed import N_COEFFICIENTS, exit_axes, quadratic_basis, quadratic_slopes
from tracking.robust import median, spread_of, tukey
from tracking.transforms import rotation_between

N_TURNS = 2  # of the axes onto the bed's normal, at most
LEVEL_SLOPE = 0.003  # 0.2 deg: a bed this level in its axes needs no further turn
MAX_SLOPE = 5.0  # against the axes before: steeper is no bed under a cone
N_NEWTON = 4  # from a plane: exact after one; a bed of 100 mm radius: after three
N_REWEIGHTINGS = 3  # in each set of axes
TUKEY = 4.5
MIN_ACROSS = 0.1  # of ray and surface: flatter rays would weigh nothing
QUARTIC_SHARE = 0.5
MAX_CONDITION = 1e10  # of the scaled normal equations: beyond, points lie on a line


@dataclass(frozen=True, eq=False)
class BedPoints:
    """Measured points of the bed, applicator axes about the exit centre.

    `rays` (n, 3) are the points' rays over their z in camera space, `sigma_along_ray` (n,) the
    1-sigma of that z; `inflation`: by how much correlation makes each count less.
    """

    points_mm: Float
    rays: Float
    sigma_along_ray: Float
    inflation: float

    def chosen(self, which: Bool) -> BedPoints:
        """Some of the points."""
        return BedPoints(
            self.points_mm[which], self.rays[which], self.sigma_along_ray[which], self.inflation
        )


@dataclass(frozen=True, eq=False)
class QuadraticFit:
    """The fitted quadratic and what its covariance is made of.

    Attributes
    ----------
    axes : (3, 3)
        Rows are the quadratic's axes in applicator space.
    coefficients : (6,)
    covariance : (6, 6)
        Of noise and prior alone.
    by_heights : (6, n)
        How the coefficients follow the points' heights.
    points_mm : (n, 3)
        What was fitted, applicator axes.
    x_mm, y_mm, residuals_mm, weights : (n,)
        The points in the fit's axes, what they lie above the surface, robust weights in 1/mm^2.
    spread : float
        Robust scatter over the noise, at least 1.
    inlier_share : float
        Mean robust weight, 0 to 1.
    """

    axes: Float
    coefficients: Float
    covariance: Float
    by_heights: Float
    points_mm: Float
    x_mm: Float
    y_mm: Float
    residuals_mm: Float
    weights: Float
    spread: float
    inlier_share: float

    @property
    def normals(self) -> Float:
        """(-dz/dx, -dz/dy, 1) at the points, (n, 3), the fit's axes."""
        slope_x, slope_y = quadratic_slopes(self.coefficients, self.x_mm, self.y_mm)
        return np.stack([-slope_x, -slope_y, np.ones_like(slope_x)], axis=1)

    @property
    def residual_rms_mm(self) -> float:
        """Weighted root mean square of the residuals."""
        total = float(self.weights.sum())
        return float(np.sqrt((self.weights * self.residuals_mm**2).sum() / total))


def fit_quadratic(
    applicator: Applicator, bed: BedPoints, prior: Float, *, quartic_share: float
) -> QuadraticFit | None:
    """Fit by iteratively reweighted least squares (Tukey); None where it comes to nothing.

    A point that errs by s along its ray moves by s * (dz - grad . dxy) off the surface, so its
    height's sigma follows from the surface's slope, updated each round.

    Parameters
    ----------
    prior : (6, 6)
        Information on the coefficients beforehand, about 0.
    quartic_share
        Of a sphere's quartic, counted in from the curvature of the round before.
    """
    if not np.isfinite(bed.points_mm).all():
        return None
    axes = exit_axes(applicator)
    coefficients = np.zeros(N_COEFFICIENTS)
    coefficients[0] = median(bed.points_mm @ axes[2])
    fit = _reweighted(bed, axes, coefficients, prior, quartic_share)
    for _ in range(N_TURNS):
        if fit is None:
            return None
        slope_x, slope_y = _slopes_at_axis(fit)
        slope = hypot(slope_x, slope_y)
        if slope <= LEVEL_SLOPE:
            return fit
        if not slope < MAX_SLOPE:
            return None
        normal = np.array([-slope_x, -slope_y, 1.0])
        normal /= np.linalg.norm(normal)
        axes = rotation_between(np.array([0.0, 0.0, 1.0]), normal).T @ fit.axes
        coefficients = fit.coefficients.copy()
        coefficients[1:3] = 0.0  # level in the new axes; the rest is nearly the same
        fit = _reweighted(bed, axes, coefficients, prior, quartic_share)
    return fit


def quartic_mm(coefficients: Float, x_mm: Float, y_mm: Float) -> Float:
    """What a round surface of this curvature rises beyond its quadratic: k^3 r^4 / 8."""
    _, _, _, c3, c4, c5 = coefficients.tolist()
    slope_x, slope_y = 2 * c3 * x_mm + c4 * y_mm, c4 * x_mm + 2 * c5 * y_mm
    quartic: Float = (x_mm * slope_x + y_mm * slope_y) * (slope_x**2 + slope_y**2) / 8
    return quartic


def _slopes_at_axis(fit: QuadraticFit) -> tuple[float, float]:
    """Slopes of the surface where the applicator's axis meets it, in the fit's axes (Newton)."""
    c0, c1, c2, c3, c4, c5 = fit.coefficients.tolist()
    x, y, z = fit.axes[:, 2].tolist()
    gap, slope_x, slope_y = 0.0, c1, c2
    for _ in range(N_NEWTON):
        u, v = -gap * x, -gap * y
        slope_x, slope_y = c1 + 2 * c3 * u + c4 * v, c2 + c4 * u + 2 * c5 * v
        height = c0 + c1 * u + c2 * v + c3 * u * u + c4 * u * v + c5 * v * v
        along = z - slope_x * x - slope_y * y
        if not abs(along) > 0.0:
            return inf, inf
        gap += (-gap * z - height) / along
    return slope_x, slope_y


@dataclass(frozen=True, eq=False)
class _Weighted:
    """One reweighting: `basis` (6, n) times the robust `weights`, and the fit by them."""

    heights_mm: Float
    weights: Float
    weighted: Float
    coefficients: Float
    covariance: Float
    spread: float
    robust: Float


def _reweighted(
    bed: BedPoints, axes: Float, coefficients: Float, prior: Float, quartic_share: float
) -> QuadraticFit | None:
    """A few reweightings in one set of axes."""
    x, y, z = axes @ bed.points_mm.T
    ray_x, ray_y, ray_z = axes @ bed.rays.T
    basis = np.ascontiguousarray(quadratic_basis(x, y).T)
    right = np.concatenate([basis, z[None]])  # of the normal equations: basis and heights

    def weighted_about(coefficients: Float) -> _Weighted | None:
        slope_x, slope_y = quadratic_slopes(coefficients, x, y)
        across = ray_z - slope_x * ray_x - slope_y * ray_y
        sigma = bed.sigma_along_ray * np.maximum(np.abs(across), MIN_ACROSS)
        heights = z
        if quartic_share > 0:
            heights = z - quartic_share * quartic_mm(coefficients, x, y)
        residuals = (heights - coefficients @ basis) / sigma
        spread = spread_of(residuals)
        robust = tukey(residuals, TUKEY * spread)
        weights = robust / (sigma * spread) ** 2 / bed.inflation
        weighted, right[N_COEFFICIENTS] = basis * weights, heights
        both = weighted @ right.T
        covariance = _inverse(both[:, :N_COEFFICIENTS] + prior)
        if covariance is None:
            return None
        fitted = covariance @ both[:, N_COEFFICIENTS]
        return _Weighted(heights, weights, weighted, fitted, covariance, spread, robust)

    last = weighted_about(coefficients)
    for _ in range(N_REWEIGHTINGS - 1):
        last = None if last is None else weighted_about(last.coefficients)
    if last is None:
        return None
    return QuadraticFit(
        axes=axes,
        coefficients=last.coefficients,
        covariance=last.covariance,
        by_heights=last.covariance @ last.weighted,
        points_mm=bed.points_mm,
        x_mm=x,
        y_mm=y,
        residuals_mm=last.heights_mm - last.coefficients @ basis,
        weights=last.weights,
        spread=last.spread,
        inlier_share=float(last.robust.mean()),
    )


def _inverse(information: Float) -> Float | None:
    """Inverse of an information matrix whose rows differ by powers of mm; None if singular."""
    diagonal = information.diagonal()
    if not (np.isfinite(information).all() and diagonal.min() > 0):
        return None
    scale = np.sqrt(diagonal)
    scaling = scale[:, None] * scale
    scaled = information / scaling
    try:
        inverse: Float = np.linalg.inv(scaled)
    except np.linalg.LinAlgError:
        return None
    if not sqrt(float((scaled**2).sum()) * float((inverse**2).sum())) < MAX_CONDITION:
        return None
    unscaled: Float = inverse / scaling
    return unscaled
