"""A sphere through points: orthogonal distances, robust, with the covariance of centre and radius.

Gauss-Newton on the radial residuals |p - c| - r (Gander, Golub, Strebel 1994, "Least-squares
fitting of circles and ellipses", section 4, in 3D), Tukey's biweight, scale from the median
absolute deviation. Neighbouring points of a depth camera err alike, so the covariance is that of
leaving out one patch of the surface at a time (delete-a-group jackknife, Kott 2001) and not that of
independent points.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np

from calibration.jackknife import jackknife_covariance
from tracking.arrays import Bool, Float, frozen
from tracking.errors import CalibrationError
from tracking.robust import NORMAL_MAD

MIN_POINTS = 50
TUKEY = 4.685  # times the scale: 95 % efficiency for Gaussian errors
INLIER_SIGMA = 5.0
MAX_ITERATIONS = 100
CONVERGED_MM = 1e-7
PATCHES_ACROSS = 4  # what is seen, cut into pieces far wider than errors are alike
MIN_PATCHES = 8
MIN_CAP_DEG = 25.0  # half-angle of the cap seen: less, and radius and distance are one unknown
CAP_QUANTILE = 0.99


@dataclass(frozen=True, eq=False)
class SphereFit:
    """A sphere with its 1-sigmas.

    Attributes
    ----------
    centre_mm : (3,)
    radius_mm
        The fitted one, or the known one.
    covariance : (4, 4)
        Of centre and radius, mm^2; the radius' row and column are 0 where it was known.
    residuals_mm : (n,)
        Radial distance of every point given, outside positive.
    is_inlier : (n,)
    rms_mm
        Of the inliers' residuals.
    cap_deg
        Half-angle of the part seen, from the middle of what is seen.
    """

    centre_mm: Float
    radius_mm: float
    covariance: Float
    residuals_mm: Float
    is_inlier: Bool
    rms_mm: float
    cap_deg: float

    @property
    def radius_sigma_mm(self) -> float:
        """1-sigma of the fitted radius."""
        return sqrt(float(self.covariance[3, 3]))

    @property
    def centre_sigma_mm(self) -> float:
        """Root of the largest eigenvalue of the centre's covariance."""
        return sqrt(float(np.linalg.eigvalsh(self.covariance[:3, :3])[-1]))


def fit_sphere(
    points_mm: Float,
    radius_mm: float | None = None,
    *,
    start_centre_mm: Float | None = None,
) -> SphereFit:
    """Fit a sphere to points (n, 3); `radius_mm` where it is known and not to be fitted.

    Raises
    ------
    CalibrationError
        Points that are not finite, too few, flat, or of too small a cap.
    """
    points = _checked(points_mm)
    centre, radius = _start(points, start_centre_mm)
    if radius_mm is not None:
        if not (isfinite(radius_mm) and radius_mm > 0):
            raise CalibrationError("The radius must be positive.", actual=f"{radius_mm} mm")
        radius = radius_mm
    is_free = radius_mm is None
    weight = np.ones(len(points))
    for _ in range(MAX_ITERATIONS):
        residual, jacobian = _linearise(points, centre, radius, is_free=is_free)
        scale = _scale(residual)
        weight = np.square(np.maximum(1 - np.square(residual / (TUKEY * scale)), 0))
        normal = jacobian.T @ (jacobian * weight[:, None])
        gradient = jacobian.T @ (residual * weight)
        step = _solved(normal, gradient)
        centre = centre - step[:3]
        radius = radius - float(step[3]) if is_free else radius
        if not (np.isfinite(step).all() and radius > 0):
            raise _no_sphere("the fit runs away")
        if np.abs(step).max() < CONVERGED_MM:
            break
    return _result(points, centre, radius, is_free=is_free)


def _result(points: Float, centre: Float, radius: float, *, is_free: bool) -> SphereFit:
    residual, jacobian = _linearise(points, centre, radius, is_free=is_free)
    inlier = np.abs(residual) <= INLIER_SIGMA * _scale(residual)
    covariance = np.zeros((4, 4))
    n = jacobian.shape[1]
    covariance[:n, :n] = _jackknife(points, residual, jacobian)
    directions = (points[inlier] - centre) / np.linalg.norm(points[inlier] - centre, axis=1)[
        :, None
    ]
    cap = _cap_deg(directions)
    if cap < MIN_CAP_DEG:
        raise _no_sphere(
            f"only a cap of {cap:.0f} deg half-angle, where {MIN_CAP_DEG:g} are needed"
        )
    return SphereFit(
        frozen(centre),
        radius,
        frozen(covariance),
        frozen(residual),
        frozen(inlier),
        float(np.sqrt(np.mean(np.square(residual[inlier])))),
        cap,
    )


def _checked(points_mm: Float) -> Float:
    points = np.asarray(points_mm, np.float64)
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
        raise CalibrationError("A sphere is fitted to finite points (n, 3).")
    if len(points) < MIN_POINTS:
        raise CalibrationError(
            "Too few points for a sphere.",
            expected=f"at least {MIN_POINTS}",
            actual=f"{len(points)}",
        )
    return points


def _start(points: Float, centre: Float | None) -> tuple[Float, float]:
    """Algebraic fit |p|^2 = 2 c . p + k about the points' middle."""
    middle = points.mean(axis=0)
    local = points - middle
    extent = float(np.abs(local).max())
    if not extent > 0:
        raise _no_sphere("all points are one")
    scaled = local / extent
    design = np.column_stack([2 * scaled, np.ones(len(points))])
    if np.linalg.cond(design) > 1e6:
        raise _no_sphere("the points lie in a plane")
    solution = np.linalg.lstsq(design, np.square(scaled).sum(axis=1), rcond=None)[0]
    if centre is not None:
        return np.array(centre), float(np.median(np.linalg.norm(points - centre, axis=1)))
    squared = float(solution[3] + solution[:3] @ solution[:3])
    return middle + extent * solution[:3], extent * sqrt(max(squared, 0.0))


def _linearise(
    points: Float, centre: Float, radius: float, *, is_free: bool
) -> tuple[Float, Float]:
    """Radial residuals and their derivatives by centre (and radius)."""
    away = points - centre
    distance = np.maximum(np.linalg.norm(away, axis=1), 1e-9)
    jacobian = -away / distance[:, None]
    if is_free:
        jacobian = np.column_stack([jacobian, -np.ones(len(points))])
    return distance - radius, jacobian


def _solved(normal: Float, gradient: Float) -> Float:
    try:
        return np.asarray(np.linalg.solve(normal, gradient))
    except np.linalg.LinAlgError as error:
        raise _no_sphere("the points do not tell centre and radius apart") from error


def _scale(residual: Float) -> float:
    return float(NORMAL_MAD * np.median(np.abs(residual - np.median(residual))) + 1e-9)


def _jackknife(points: Float, residual: Float, jacobian: Float) -> Float:
    """Covariance of leaving out one patch at a time: its points may err in any common way.

    One Newton step from the whole fit: (A - A_g)^-1 s_g, with A the curvature, s the score.
    """
    scaled = residual / (TUKEY * _scale(residual))
    inside = np.abs(scaled) < 1
    psi = np.where(inside, residual * np.square(1 - np.square(scaled)), 0.0)
    slope = np.where(inside, (1 - np.square(scaled)) * (1 - 5 * np.square(scaled)), 0.0)
    across = _across(points - points.mean(axis=0), jacobian[:, :3].mean(axis=0))
    edge = float(np.ptp(across[inside], axis=0).max()) / PATCHES_ACROSS
    cells = np.floor((across - across[inside].min(axis=0)) / edge).astype(np.int64)
    patch = np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1)
    n = int(patch.max()) + 1
    if n < MIN_PATCHES:
        raise _no_sphere("the points cover too little of it")
    size = jacobian.shape[1]
    scores, curvature = np.zeros((n, size)), np.zeros((n, size, size))
    np.add.at(scores, patch, jacobian * psi[:, None])
    np.add.at(curvature, patch, jacobian[:, :, None] * jacobian[:, None, :] * slope[:, None, None])
    try:
        moved = np.linalg.solve(curvature.sum(axis=0) - curvature, scores[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError as error:
        raise _no_sphere("one patch alone tells centre and radius apart") from error
    return jackknife_covariance(moved)


def _across(local: Float, middle: Float) -> Float:
    """Place of points as seen from where most of the sphere was seen from, (n, 2), mm.

    A camera's neighbouring pixels are neighbours there, also near the sphere's edge.
    """
    axes = np.linalg.svd(np.outer(middle, middle))[0]
    return np.asarray(local @ axes[:, 1:])


def _cap_deg(directions: Float) -> float:
    middle = directions.mean(axis=0)
    length = float(np.linalg.norm(middle))
    if length < 0.1:  # seen all round
        return 180.0
    angles = np.degrees(np.arccos(np.clip(directions @ (middle / length), -1, 1)))
    return float(np.quantile(angles, CAP_QUANTILE))


def _no_sphere(why: str) -> CalibrationError:
    return CalibrationError(
        "The points are no sphere that can be measured.",
        actual=why,
        remedy="Show the camera more of the sphere, without anything before it.",
    )
