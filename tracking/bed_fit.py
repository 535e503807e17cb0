"""Robust fit of the bed's quadratic in the bed's own axes.

Their z is the bed's normal where the applicator's axis meets it: a bed that is round about that
normal then has no odd terms beyond the quadratic, however steep the bevel. Half of the quartic
that a sphere has beyond its quadratic can be counted in: a sphere has all of it, a paraboloid
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, inf

import numpy as np

from tracking.applicator import Applicator
from tracking.arrays import Bool, Float
from tracking.bed import N_COEFFICIENTS, exit_axes, quadratic_basis, quadratic_slopes
from tracking.bed_fit_loops import reweighted
from tracking.robust import median
from tracking.transforms import rotation_between

N_TURNS = 2  # of the axes onto the bed's normal, at most
LEVEL_SLOPE = 0.003  # 0.2 deg: a bed this level in its axes needs no further turn
MAX_SLOPE = 5.0  # against the axes before: steeper is no bed under a cone
N_NEWTON = 4  # from a plane: exact after one; a bed of 100 mm radius: after three
N_REWEIGHTINGS = 3  # in each set of axes
QUARTIC_SHARE = 0.5


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
    points_mm: Float
    x_mm: Float
    y_mm: Float
    residuals_mm: Float
    weights: Float
    spread: float
    inlier_share: float

    @property
    def by_heights(self) -> Float:
        """How the coefficients follow the points' heights, (6, n)."""
        basis = quadratic_basis(self.x_mm, self.y_mm).T
        return self.covariance @ (basis * self.weights)

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


def _reweighted(
    bed: BedPoints, axes: Float, coefficients: Float, prior: Float, quartic_share: float
) -> QuadraticFit | None:
    """A few reweightings in one set of axes."""
    is_fit, fitted, covariance, local, residuals, weights, spread, inlier_share = reweighted(
        bed.points_mm,
        bed.rays,
        bed.sigma_along_ray,
        bed.inflation,
        axes,
        coefficients,
        prior,
        quartic_share,
        N_REWEIGHTINGS,
    )
    if not is_fit:
        return None
    return QuadraticFit(
        axes=axes,
        coefficients=fitted,
        covariance=covariance,
        points_mm=bed.points_mm,
        x_mm=local[:, 0],
        y_mm=local[:, 1],
        residuals_mm=residuals,
        weights=weights,
        spread=spread,
        inlier_share=inlier_share,
    )
