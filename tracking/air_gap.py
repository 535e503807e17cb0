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
from tracking.bed import quadratic_basis, quadratic_height, quadratic_slopes
from tracking.likelihood import cross_rows

N_NEWTON = 4  # from a plane: exact after one; a bed of 100 mm radius: after three
SETTLED_MM = 1e-4  # after a step this small the next would be its square over a bed's radius
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

    def chosen(self, which: slice) -> AxialGaps:
        """Some of the points."""
        return AxialGaps(
            self.gaps_mm[which], self.by_motion[which], self.by_bed[which], self.feet_mm[which]
        )


def axial_gaps(
    applicator: Applicator, fit_from_applicator: Float, coefficients: Float, field_mm: Float
) -> AxialGaps:
    """Gaps below field points (n, 2), x and y in applicator space."""
    x, y = field_mm.T
    points = np.array([x, y, -x * applicator.bevel_slope])
    local_x, local_y, local_z = fit_from_applicator @ points
    axis_x, axis_y, axis_z = fit_from_applicator[:, 2].tolist()
    gaps, foot_x, foot_y = np.zeros(len(x)), local_x, local_y
    for _ in range(N_NEWTON):
        slope_x, slope_y = quadratic_slopes(coefficients, foot_x, foot_y)
        height = quadratic_height(coefficients, foot_x, foot_y)
        along = axis_z - slope_x * axis_x - slope_y * axis_y
        step = (local_z - gaps * axis_z - height) / along
        gaps = gaps + step
        foot_x, foot_y = local_x - gaps * axis_x, local_y - gaps * axis_y
        if np.abs(step).max(initial=0.0) < SETTLED_MM:  # the next would square it
            break
    slope_x, slope_y = quadratic_slopes(coefficients, foot_x, foot_y)
    along = axis_z - slope_x * axis_x - slope_y * axis_y
    normals = np.array([-slope_x, -slope_y, np.ones_like(gaps)]) / along
    normals = normals.T @ fit_from_applicator  # into applicator axes
    return AxialGaps(
        gaps_mm=gaps,
        by_motion=np.concatenate([cross_rows(points.T, normals), normals], axis=1),
        by_bed=quadratic_basis(foot_x, foot_y) / -along[:, None],
        feet_mm=np.array([foot_x, foot_y]).T,
    )


def field_points(radius_mm: float) -> Float:
    """Points (n, 2) of equal area over a disc: their mean is the disc's."""
    return radius_mm * _FIELD


def rim_points(radius_mm: float) -> Float:
    """Points (n, 2) around a circle."""
    return radius_mm * _RIM


def _circle(n_points: int) -> Float:
    """Points (n, 2) around the unit circle."""
    angle = np.arange(n_points) * (2 * np.pi / n_points)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


_RING_RADII = np.sqrt((np.arange(N_FIELD_RINGS) + 0.5) / N_FIELD_RINGS)
_FIELD = (_RING_RADII[:, None, None] * _circle(N_FIELD_ANGLES)).reshape(-1, 2)
_RIM = _circle(N_RIM_POINTS)
