"""The small motion that residuals ask for, and what they do not tell.

The map's normals are noisy: a flat bed looks as if its every cell told a little of the motion
in its own plane. What that noise pretends is known, and is taken off the information; a
direction that then tells nothing is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tracking.arrays import Bool, Float, frozen
from tracking.docking import skew
from tracking.likelihood import normal_equations
from tracking.robust import spread_of, tukey
from tracking.sigmas import at_least, sigma_of
from tracking.survey_terms import SurveyTerms

TUKEY = 4.5
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
class Companion:
    """What moves with the bed, but for a motion of its own of `sigma_rad` and `sigma_mm`.

    `apart` (6,) in rad and mm: how far from the bed's place the map was put for the equations.
    """

    equations: Equations
    sigma_rad: float
    sigma_mm: float
    apart: Float = field(default_factory=lambda: np.zeros(6))


@dataclass(frozen=True, eq=False)
class Motion:
    """Step (6,) in rad and mm, and how sure the pose is.

    `apart`, each (6,), is how far the companions then lie from where they lay against the bed,
    `moved_sigma` is the size in sigma of what is told of the step, `covariance` (6, 6) the pose's,
    `n_untold` the number of directions in which nothing tells where the map lies.
    """

    step: Float
    apart: tuple[Float, ...]
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


def solve_motion(
    bed: Equations, companions: Sequence[Companion], away: Float | None = None
) -> Motion:
    """Join the bed with what moves with it, each companion's own motion eliminated.

    In mm: rotations act at a lever of `LEVER_MM`. `away` (6,) in rad and mm is the motion since the
    map lay where it rests; the step takes it back along directions that are not told.
    """
    scale = SCALE_MM
    whole = _honest(_scaled(bed, scale))
    information, gradient, local = whole.information, whole.gradient, whole.local
    joined = [_joined(companion, scale) for companion in companions]
    for one in joined:
        information = information + one.share @ one.information
        gradient = gradient + one.share @ one.gradient
        local = local + one.share @ one.local
    values, directions = np.linalg.eigh((information + information.T) / 2)
    is_told = values > MAX_SIGMA_MM**-2
    known, unknown = directions[:, is_told], directions[:, ~is_told]
    moved = known @ np.linalg.solve(known.T @ local @ known, known.T @ gradient)
    taken_back = np.zeros(6) if away is None else unknown @ (unknown.T @ (away * scale))
    covariance = known @ np.diag(1 / values[is_told]) @ known.T
    covariance = covariance + UNKNOWN_MM**2 * unknown @ unknown.T
    step = -(moved + taken_back)
    return Motion(
        step=step / scale,
        apart=tuple((one.own_step(step) - step) / scale for one in joined),
        moved_sigma=sigma_of(float(moved @ information @ moved)),
        covariance=covariance / np.outer(scale, scale),
        n_untold=int(np.count_nonzero(~is_told)),
    )


def reverses(step: Float, previous: Float) -> bool:
    """Whether a step (6,) takes the one before back.

    Where the noise of the normals hides how fast the gradient falls, whole steps jump to and
    fro across the minimum.
    """
    return bool((step * SCALE_MM) @ (previous * SCALE_MM) < 0)


def torn(first: Motion, second: Motion) -> Motion:
    """One place that two readings beside it pull to and fro: evidence comes or goes just there.

    Neither is the better: the covariance is that of both, each as likely, about where they meet.
    """
    squares = [one.covariance + np.outer(one.step, one.step) for one in (first, second)]
    return Motion(
        step=np.zeros(6),
        apart=second.apart,
        moved_sigma=at_least(first.moved_sigma, second.moved_sigma),
        covariance=(squares[0] + squares[1]) / 2,
        n_untold=max(first.n_untold, second.n_untold),
    )


@dataclass(frozen=True, eq=False)
class _Honest:
    """Normal equations weighted by what they tell.

    `local` is how fast the gradient falls within a pixel, where the noisy normals count in full.
    """

    information: Float
    gradient: Float
    local: Float


@dataclass(frozen=True, eq=False)
class _Joined:
    """A companion's equations where the bed lies, and the prior of its motion against the bed."""

    information: Float
    gradient: Float
    local: Float
    relative: Float

    @cached_property
    def share(self) -> Float:
        """What its equations tell of the bed (Schur complement)."""
        return np.asarray(self.relative @ np.linalg.inv(self.information + self.relative))

    def own_step(self, bed_step: Float) -> Float:
        """How the companion moves as the bed makes its step."""
        pulled = self.relative @ bed_step - self.gradient
        return np.asarray(np.linalg.solve(self.information + self.relative, pulled))


def _joined(companion: Companion, scale: Float) -> _Joined:
    found = _honest(_scaled(companion.equations, scale))
    relative = np.diag([(companion.sigma_rad * LEVER_MM) ** -2] * 3 + [companion.sigma_mm**-2] * 3)
    at_bed = found.gradient - found.information @ (companion.apart * scale)
    return _Joined(found.information, at_bed, found.local, relative)


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
