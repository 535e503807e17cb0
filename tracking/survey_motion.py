"""The small motion that residuals ask for, and what they do not tell.

The map's normals are noisy: a flat bed looks as if its every cell told a little of the motion
in its own plane. What that noise pretends is known, and is taken off the information; a
direction that then tells nothing is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracking.arrays import Bool, Float
from tracking.likelihood import normal_equations, spread_of, tukey
from tracking.survey_terms import SurveyTerms

TUKEY = 4.5
RELATIVE_MM, RELATIVE_RAD = 1.0, 0.005  # of surroundings against the bed: breath, pull of a cloth
LEVER_MM = 50.0  # that turns rotations into mm: a cone's radius
MAX_SIGMA_MM = 4.0  # of a direction; beyond, it is not told
UNKNOWN_MM = 30.0  # 1-sigma of a direction that is not told: a head's approach


@dataclass(frozen=True, eq=False)
class Equations:
    """Normal equations of some samples, and the information that is noise of the normals."""

    information: Float
    gradient: Float
    pretended: Float


@dataclass(frozen=True, eq=False)
class Motion:
    """Step (6,) in rad and mm, its information with all noise, and the pose's covariance."""

    step: Float
    information: Float
    covariance: Float


def equations_of(terms: SurveyTerms, chosen: Bool, pivot_camera_mm: Float) -> Equations:
    """Robust normal equations of the chosen samples."""
    residuals = terms.residuals[chosen]
    spread = spread_of(residuals)
    weights = tukey(residuals, TUKEY * spread) * terms.weights[chosen] / spread**2
    jacobian = terms.jacobian[chosen]
    information, gradient = normal_equations(jacobian, weights, residuals)
    pretended = weights * terms.tilt_information[chosen]
    levers = terms.points_mm[chosen] - pivot_camera_mm
    along = np.einsum("ni,ni->n", jacobian[:, 3:], jacobian[:, 3:])
    share = np.divide(pretended, along, out=np.zeros_like(along), where=along > 0)
    in_normals, _ = normal_equations(jacobian, share, residuals)
    return Equations(information, gradient, _isotropic(levers, pretended) - in_normals)


def _isotropic(levers: Float, weights: Float) -> Float:
    """Sum of w A A' with A = ([lever]x, I): what points with no preferred direction tell."""
    total = float(weights.sum())
    second, (x, y, z) = normal_equations(levers, weights, np.ones_like(weights))
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    turning = np.trace(second) * np.eye(3) - second
    return np.block([[turning, cross], [cross.T, total * np.eye(3)]])


def solve_motion(near: Equations, far: Equations) -> Motion:
    """Join the bed near the cone with what is farther, whose motion against it has a prior."""
    relative = np.diag([RELATIVE_RAD**-2] * 3 + [RELATIVE_MM**-2] * 3)
    told = _not_negative(far.information - far.pretended)
    share = relative @ np.linalg.inv(told + relative)  # Schur complement of the relative motion
    gradient = near.gradient + share @ far.gradient
    information = near.information + share @ far.information @ share.T
    information = information + share @ told @ np.linalg.solve(relative, told) @ share.T
    told = _not_negative(near.information - near.pretended) + share @ told
    scale = np.array([LEVER_MM] * 3 + [1.0] * 3)  # motion in mm is scale times the step
    values, directions = np.linalg.eigh(_scaled(told, scale))
    spread = np.einsum("ij,ik,kj->j", directions, _scaled(information, scale), directions)
    is_told = (values > 0) & (spread < (MAX_SIGMA_MM * values) ** 2)
    known = directions[:, is_told]
    moved = known @ ((known.T @ (gradient / scale)) / spread[is_told])
    inverse = known @ np.diag(1.0 / values[is_told]) @ known.T
    unknown = directions[:, ~is_told]
    covariance = inverse @ _scaled(information, scale) @ inverse
    covariance = covariance + UNKNOWN_MM**2 * unknown @ unknown.T
    return Motion(-moved / scale, information, covariance / np.outer(scale, scale))


def _scaled(information: Float, scale: Float) -> Float:
    symmetric = (information + information.T) / 2
    scaled: Float = symmetric / np.outer(scale, scale)
    return scaled


def _not_negative(information: Float) -> Float:
    """The nearest matrix that takes nothing away in any direction."""
    values, directions = np.linalg.eigh((information + information.T) / 2)
    clipped: Float = directions @ np.diag(np.maximum(values, 0.0)) @ directions.T
    return clipped
