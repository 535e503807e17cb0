"""The small motion that residuals ask for, and what they do not tell.

The map's normals are noisy: a flat bed looks as if its every cell told a little of the motion
in its own plane. What that noise pretends is known, and is taken off the information; a
direction that then tells nothing is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tracking.arrays import Bool, Float, frozen
from tracking.sigmas import at_least, sigma_of
from tracking.survey_motion_loops import joint_motion, robust_sums
from tracking.survey_terms import SurveyTerms

LEVER_MM = 50.0  # that turns rotations into mm: a cone's radius
SCALE_MM = frozen(np.array([LEVER_MM] * 3 + [1.0] * 3))  # of a step in rad and mm


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
    return Equations(
        *robust_sums(
            terms.residuals,
            terms.jacobian,
            terms.weights,
            terms.tilt_information,
            terms.points_mm,
            chosen,
            pivot_camera_mm,
        )
    )


def solve_motion(
    bed: Equations, companions: Sequence[Companion], away: Float | None = None
) -> Motion:
    """Join the bed with what moves with it, each companion's own motion eliminated.

    In mm: rotations act at a lever of `LEVER_MM`. `away` (6,) in rad and mm is the motion since the
    map lay where it rests; the step takes it back along directions that are not told.
    """
    scale, every = SCALE_MM, [bed, *(companion.equations for companion in companions)]
    n = len(companions)
    relative, apart = np.empty((n, 6)), np.empty((n, 6))
    for index, companion in enumerate(companions):
        relative[index, :3] = (companion.sigma_rad * LEVER_MM) ** -2
        relative[index, 3:] = companion.sigma_mm**-2
        apart[index] = companion.apart * scale
    step, own, moved_squared, covariance, n_untold = joint_motion(
        np.array([one.information for one in every]),
        np.array([one.gradient for one in every]),
        np.array([one.pretended for one in every]),
        relative,
        apart,
        np.zeros(6) if away is None else away * scale,
        scale,
    )
    return Motion(
        step=step / scale,
        apart=tuple((one - step) / scale for one in own),
        moved_sigma=sigma_of(moved_squared),
        covariance=covariance / np.outer(scale, scale),
        n_untold=n_untold,
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
