"""Covariance of what the information matrix can see; what it cannot is left out and said."""

from __future__ import annotations

import numpy as np

from tracking.arrays import Float
from tracking.compiled import compiled, part
from tracking.loop_types import COUNT, FLAG, NEW_ROWS, REAL, ROWS, VECTOR, several

ROLL, AXIAL = 2, 5  # of a small motion in applicator axes
MAX_ROLL_SIGMA_DEG = 20.0  # beyond, the linear covariance of a roll means nothing
MAX_EXIT_SIGMA_DEG = 2.5  # of the exit plane's direction by the roll: 3 sigma are any plan's limit
MAX_AXIAL_SIGMA_MM = 5.0
UNKNOWN_SLIDE_MM = 100.0  # a third of a cone: says "anywhere along the axis"
TURN_PRIOR, SHIFT_PRIOR = 1e-6, 1e-8  # per rad^2 and mm^2: keep the matrix invertible, pull nowhere


@compiled(several(COUNT, COUNT), VECTOR, REAL)
def counted(residuals: Float, limit: float) -> tuple[int, int]:
    """How many residuals there are, NaN left out, and how many of them are within the limit."""
    n_residuals = n_within = 0
    for residual in residuals:
        if np.isfinite(residual):
            n_residuals += 1
            n_within += abs(residual) <= limit
    return n_residuals, n_within


@part
def sandwich(information: Float, score: Float, is_kept: Float) -> Float:
    """information^-1 score information^-1 among the kept unknowns, 0 elsewhere."""
    kept = np.flatnonzero(is_kept)
    n_kept = len(kept)
    among, between = np.empty((n_kept, n_kept)), np.empty((n_kept, n_kept))
    for row in range(n_kept):
        for column in range(n_kept):
            among[row, column] = information[kept[row], kept[column]]
            between[row, column] = score[kept[row], kept[column]]
    inverse = np.linalg.inv(among)
    product = inverse @ between @ inverse
    result = np.zeros(information.shape)
    for row in range(n_kept):
        for column in range(n_kept):
            result[kept[row], kept[column]] = product[row, column]
    return result


@compiled(several(NEW_ROWS, FLAG, FLAG), ROWS, ROWS, REAL)
def observable_covariance(
    information: Float, score: Float, bevel_deg: float
) -> tuple[Float, bool, bool]:
    """Covariance (6, 6) of a small motion in applicator axes; whether roll and slide are told.

    `information` is the expected curvature of the likelihood, `score` the covariance of its
    gradient: information^-1 score information^-1.

    Raises
    ------
    LinAlgError
        The information has no inverse, or is not finite.
    """
    curvature, scatter = information.copy(), score.copy()
    for index in range(6):
        prior = TURN_PRIOR if index < 3 else SHIFT_PRIOR
        curvature[index, index] += prior
        scatter[index, index] += prior
    is_kept = np.ones(6)
    marginal = sandwich(curvature, scatter, is_kept)
    roll_sigma_deg = np.degrees(np.sqrt(marginal[ROLL, ROLL]))
    leans_deg = roll_sigma_deg * np.sin(np.radians(bevel_deg))
    has_roll = bevel_deg > 0  # a bevel's roll is there, known or not
    roll_observable = (
        has_roll and roll_sigma_deg <= MAX_ROLL_SIGMA_DEG and leans_deg <= MAX_EXIT_SIGMA_DEG
    )
    axial_observable = np.sqrt(marginal[AXIAL, AXIAL]) <= MAX_AXIAL_SIGMA_MM
    if not roll_observable:
        is_kept[ROLL] = 0.0
    if not axial_observable:
        is_kept[AXIAL] = 0.0
    if has_roll:
        covariance = marginal * np.outer(is_kept, is_kept)
    else:
        covariance = sandwich(curvature, scatter, is_kept)
    if not axial_observable:
        covariance[AXIAL, AXIAL] = UNKNOWN_SLIDE_MM**2
    return (covariance + covariance.T) / 2, roll_observable, axial_observable
