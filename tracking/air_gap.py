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
from tracking.compiled import compiled, part
from tracking.loop_types import NEW_ROWS, NEW_VECTOR, REAL, ROWS, VECTOR, several

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
    return AxialGaps(
        *_axial_gaps(field_mm, applicator.bevel_slope, fit_from_applicator, coefficients)
    )


@part
def _slopes(coefficients: Float, x: float, y: float) -> tuple[float, float]:
    """Slopes of the quadratic at (x, y)."""
    _, c1, c2, c3, c4, c5 = coefficients
    return c1 + 2 * c3 * x + c4 * y, c2 + c4 * x + 2 * c5 * y


@part
def _newton_step(gaps: Float, feet: Float, local: Float, axis: Float, coefficients: Float) -> float:
    """One step of gaps (n,) and feet (n, 2), in place; its largest size, NaN where one is."""
    largest = 0.0
    c0, c1, c2, c3, c4, c5 = coefficients
    for row in range(len(gaps)):
        x, y = feet[row]
        slope_x, slope_y = _slopes(coefficients, x, y)
        height = c0 + (c1 + c3 * x + c4 * y) * x + (c2 + c5 * y) * y
        along = axis[2] - slope_x * axis[0] - slope_y * axis[1]
        step = (local[row, 2] - gaps[row] * axis[2] - height) / along
        gaps[row] += step
        feet[row, 0] = local[row, 0] - gaps[row] * axis[0]
        feet[row, 1] = local[row, 1] - gaps[row] * axis[1]
        if abs(step) > largest or np.isnan(step):
            largest = abs(step)
    return largest


@compiled(several(NEW_VECTOR, NEW_ROWS, NEW_ROWS, NEW_ROWS), ROWS, REAL, ROWS, VECTOR)
def _axial_gaps(
    field_mm: Float, bevel_slope: float, fit_from_applicator: Float, coefficients: Float
) -> tuple[Float, Float, Float, Float]:
    """`AxialGaps` in the order of its fields."""
    n, axis = len(field_mm), fit_from_applicator[:, 2]
    gaps, local = np.zeros(n), np.zeros((n, 3))
    for row in range(n):
        x, y = field_mm[row]
        for i in range(3):
            turn_x, turn_y, turn_z = fit_from_applicator[i]
            local[row, i] = turn_x * x + turn_y * y - turn_z * x * bevel_slope
    feet = local[:, :2].copy()
    for _ in range(N_NEWTON):
        largest = _newton_step(gaps, feet, local, axis, coefficients)
        if largest < SETTLED_MM:  # the next would square it
            break
    by_motion, by_bed = np.empty((n, 6)), np.empty((n, 6))
    for row in range(n):
        x, y = feet[row]
        slope_x, slope_y = _slopes(coefficients, x, y)
        along = axis[2] - slope_x * axis[0] - slope_y * axis[1]
        for i in range(3):  # the normal, in applicator axes
            by_motion[row, 3 + i] = (
                fit_from_applicator[2, i]
                - slope_x * fit_from_applicator[0, i]
                - slope_y * fit_from_applicator[1, i]
            ) / along
        by_bed[row] = -1.0 / along
        by_bed[row, 1] *= x
        by_bed[row, 2] *= y
        by_bed[row, 3] *= x * x
        by_bed[row, 4] *= x * y
        by_bed[row, 5] *= y * y
        normal_x, normal_y, normal_z = by_motion[row, 3:]
        x, y = field_mm[row]
        z = -x * bevel_slope
        by_motion[row, 0] = y * normal_z - z * normal_y
        by_motion[row, 1] = z * normal_x - x * normal_z
        by_motion[row, 2] = x * normal_y - y * normal_x
    return gaps, by_motion, by_bed, feet


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
