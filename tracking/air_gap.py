"""Distance from the exit plane to the fitted bed along the applicator's axis.

From a point p of the exit plane the bed lies at p - g a, a the axis:
p_z - g a_z = f(p_x - g a_x, p_y - g a_y) in the bed's axes, solved by Newton. With the bed's
normal n = (-f_x, -f_y, 1) a small motion of the true cone against the registered one changes g
by n . w / n . a, w the motion of p, and a change of the coefficients by -basis / n . a.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.bed import quadratic_basis, quadratic_slopes

N_NEWTON = 4  # from a plane: exact after one; a bed of 100 mm radius: after three
N_FIELD_RINGS, N_FIELD_ANGLES = 8, 16
N_RIM_POINTS = 72


@dataclass(frozen=True, eq=False)
class AxialGaps:
    """Gaps (n,) in mm at points of the exit plane, and how they follow pose and bed.

    `by_motion` (n, 6): small motion (rotation, displacement) of the exit centre, applicator
    axes. `by_bed` (n, 6): the bed's coefficients. `feet` (n, 2): x, y on the bed, the bed's axes.
    """

    gaps_mm: Float
    by_motion: Float
    by_bed: Float
    feet_mm: Float


def axial_gaps(
    applicator: Applicator, fit_from_applicator: Float, coefficients: Float, field_mm: Float
) -> AxialGaps:
    """Gaps below field points (n, 2), x and y in applicator space."""
    x, y = field_mm.T
    points = np.stack([x, y, -x * applicator.bevel_slope], axis=1)
    local = points @ fit_from_applicator.T
    axis = fit_from_applicator[:, 2]
    gaps = np.zeros(len(points))
    for _ in range(N_NEWTON):
        foot_x, foot_y = local[:, 0] - gaps * axis[0], local[:, 1] - gaps * axis[1]
        slope_x, slope_y = quadratic_slopes(coefficients, foot_x, foot_y)
        along = axis[2] - slope_x * axis[0] - slope_y * axis[1]
        height = quadratic_basis(foot_x, foot_y) @ coefficients
        gaps = gaps + (local[:, 2] - gaps * axis[2] - height) / along
    foot_x, foot_y = local[:, 0] - gaps * axis[0], local[:, 1] - gaps * axis[1]
    slope_x, slope_y = quadratic_slopes(coefficients, foot_x, foot_y)
    normals = np.stack([-slope_x, -slope_y, np.ones_like(gaps)], axis=1)
    along = (normals @ axis)[:, None]
    normals = normals @ fit_from_applicator  # into applicator axes
    return AxialGaps(
        gaps_mm=gaps,
        by_motion=np.concatenate([np.cross(points, normals), normals], axis=1) / along,
        by_bed=-quadratic_basis(foot_x, foot_y) / along,
        feet_mm=np.stack([foot_x, foot_y], axis=1),
    )


def field_points(radius_mm: float) -> Float:
    """Points (n, 2) of equal area over a disc: their mean is the disc's."""
    radii = radius_mm * np.sqrt((np.arange(N_FIELD_RINGS) + 0.5) / N_FIELD_RINGS)
    angles = np.arange(N_FIELD_ANGLES) * (2 * np.pi / N_FIELD_ANGLES)
    radius, angle = np.meshgrid(radii, angles, indexing="ij")
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1).reshape(-1, 2)


def rim_points(radius_mm: float) -> Float:
    """Points (n, 2) around a circle."""
    angle = np.arange(N_RIM_POINTS) * (2 * np.pi / N_RIM_POINTS)
    return radius_mm * np.stack([np.cos(angle), np.sin(angle)], axis=1)
