"""The small motion that residuals ask for, and what they do not tell.

The map's normals are noisy: a flat bed looks as if its every cell told a little of the motion
in its own plane. What that noise pretends is known, and is taken off the information; a
direction that then tells nothing is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracking.arrays import Bool, Float, frozen
from tracking.docking import skew
from tracking.likelihood import normal_equations
from tracking.robust import spread_of, tukey
from tracking.survey_terms import SurveyTerms

TUKEY = 4.5
RELATIVE_MM, RELATIVE_RAD = 1.0, 0.005  # of surroundings against the bed: breath, pull of a cloth
LEVER_MM = 50.0  # that turns rotations into mm: a cone's radius
SCALE_MM = frozen(np.array([LEVER_MM] * 3 + [1.0] * 3))  # of a step in rad and mm
MAX_SIGMA_MM = 4.0  # of a direction; beyond, it is not told
SINGULAR = 1e-9  # share of the largest eigenvalue below which a direction has no information
UNKNOWN_MM = 30.0  # 1-sigma of a direction that is not told: a head's approach


@dataclass(frozen=True, eq=False)
class Equations:
    """Normal equations of some samples, and the information that is noise of the normals."""

    information: Float
    gradient: Float
    pretended: Float


@dataclass(frozen=True, eq=False)
class Motion:
    """Step (6,) in rad and mm, and how sure the pose is.

    `moved_sigma` is the size in sigma of what is told of the step, `covariance` (6, 6) the pose's,
    `n_untold` the number of directions in which nothing tells where the map lies.
    """

    step: Float
    moved_sigma: float
    covariance: Float
    n_untold: int


def equations_of(terms: SurveyTerms, chosen: Bool, pivot_camera_mm: Float) -> Equations:
    """Robust normal equations of the chosen samples."""
    residuals = terms.residuals[chosen]
    spread = spread_of(residuals)
    weights = tukey(residuals, TUKEY * spread) * terms.weights[chosen] / spread**2
    jacobian = terms.jacobian[chosen]
    information, gradient = normal_equations(jacobian, weights, residuals)
    pretended = weights * terms.tilt_information[chosen]
    points = terms.points_mm[chosen]
    return Equations(information, gradient, _across_rays(points, pivot_camera_mm, pretended))


def _across_rays(points: Float, pivot: Float, weights: Float) -> Float:
    """Sum of w A (I - r r') A' with A = ([lever]x, I) and r the point's ray.

    A cell's 1 / z is as measured; the noise of its slopes moves its plane's n (n . p = 1)
    across the ray alone. As (p - c) x p = -c x p, A p is the same linear map of every point.
    """
    total = float(weights.sum())
    rows = np.ascontiguousarray(points.T)
    levers = rows - pivot[:, None]
    weighted = levers * weights
    second, cross = np.einsum("in,jn->ij", weighted, levers), skew(weighted.sum(axis=1))
    every_way = np.empty((6, 6))
    every_way[:3, :3] = np.trace(second) * np.eye(3) - second
    every_way[:3, 3:], every_way[3:, :3] = cross, cross.T
    every_way[3:, 3:] = total * np.eye(3)
    share = weights / np.einsum("in,in->n", rows, rows)
    along = np.concatenate([-skew(pivot), np.eye(3)])
    across: Float = every_way - along @ np.einsum("in,jn->ij", rows * share, rows) @ along.T
    return across


def solve_motion(near: Equations, far: Equations, away: Float | None = None) -> Motion:
    """Join the bed near the cone with what is farther, whose motion against it has a prior.

    In mm: rotations act at a lever of `LEVER_MM`. `away` (6,) in rad and mm is the motion since the
    map lay where it rests; the step takes it back along directions that are not told.
    """
    scale = SCALE_MM
    bed, room = _honest(_scaled(near, scale)), _honest(_scaled(far, scale))
    relative = np.diag([(RELATIVE_RAD * LEVER_MM) ** -2] * 3 + [RELATIVE_MM**-2] * 3)
    share = relative @ np.linalg.inv(room.information + relative)  # Schur complement
    gradient = bed.gradient + share @ room.gradient
    information = bed.information + share @ room.information
    local = bed.local + share @ room.local
    values, directions = np.linalg.eigh((information + information.T) / 2)
    is_told = values > MAX_SIGMA_MM**-2
    known, unknown = directions[:, is_told], directions[:, ~is_told]
    moved = known @ np.linalg.solve(known.T @ local @ known, known.T @ gradient)
    taken_back = np.zeros(6) if away is None else unknown @ (unknown.T @ (away * scale))
    covariance = known @ np.diag(1 / values[is_told]) @ known.T
    covariance = covariance + UNKNOWN_MM**2 * unknown @ unknown.T
    return Motion(
        step=-(moved + taken_back) / scale,
        moved_sigma=float(np.sqrt(max(0.0, float(moved @ information @ moved)))),
        covariance=covariance / np.outer(scale, scale),
        n_untold=int(np.count_nonzero(~is_told)),
    )


def reverses(step: Float, previous: Float) -> bool:
    """Whether a step (6,) takes the one before back.

    Where the noise of the normals hides how fast the gradient falls, whole steps jump to and
    fro across the minimum.
    """
    return bool((step * SCALE_MM) @ (previous * SCALE_MM) < 0)


@dataclass(frozen=True, eq=False)
class _Honest:
    """Normal equations weighted by what they tell.

    `local` is how fast the gradient falls within a pixel, where the noisy normals count in full.
    """

    information: Float
    gradient: Float
    local: Float


def _honest(equations: Equations) -> _Honest:
    """Weigh normal equations by what they tell over their noise.

    The gradient's mean follows the motion by T, what is told; its variance is N, all
    information. The best weight of such an estimate is T inv(N); its information T inv(N) T.
    """
    told = _not_negative(equations.information - equations.pretended)
    weight = told @ np.linalg.pinv(equations.information, rcond=SINGULAR, hermitian=True)
    information = weight @ told
    return _Honest((information + information.T) / 2, weight @ equations.gradient, told)


def _scaled(equations: Equations, scale: Float) -> Equations:
    both = np.outer(scale, scale)
    return Equations(
        equations.information / both, equations.gradient / scale, equations.pretended / both
    )


def _not_negative(information: Float) -> Float:
    """The nearest matrix that takes nothing away in any direction."""
    values, directions = np.linalg.eigh((information + information.T) / 2)
    clipped: Float = directions @ np.diag(np.maximum(values, 0.0)) @ directions.T
    return clipped
