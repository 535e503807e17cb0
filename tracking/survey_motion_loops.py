"""Normal equations of the survey map's motion, summed and solved, as machine code.

All are of the small motion (rotation, displacement) about a pivot, camera axes.
"""

from __future__ import annotations

import numpy as np

from tracking.arrays import Bool, Float
from tracking.compiled import compiled, part
from tracking.loop_types import (
    COUNT,
    FLAGS,
    NEW_ROWS,
    NEW_VECTOR,
    REAL,
    ROWS,
    STACK,
    VECTOR,
    several,
)

TUKEY = 4.5
NORMAL_MAD = 1.4826  # standard deviation over the median absolute deviation
MAX_SIGMA_MM = 4.0  # of a direction; beyond, it is not told
SINGULAR = 1e-9  # share of the largest eigenvalue below which a direction has no information
UNKNOWN_MM = 30.0  # 1-sigma of a direction that is not told: a head's approach


@part
def spread_in_sigma(residuals: Float, is_chosen: Bool) -> float:
    """Robust scatter of the chosen residuals, NaN and infinity left out; at least 1."""
    sizes, n_sizes = np.empty(len(residuals)), 0
    for row in range(len(residuals)):
        if is_chosen[row] and np.isfinite(residuals[row]):
            sizes[n_sizes] = abs(residuals[row])
            n_sizes += 1
    if n_sizes == 0:
        return 1.0
    middle = n_sizes // 2
    middle_size: float = np.partition(sizes[:n_sizes], middle)[middle]
    return max(1.0, NORMAL_MAD * middle_size)


@part
def skewed(x: float, y: float, z: float) -> Float:
    """The matrix [v]x with [v]x w = v x w."""
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])


@part
def across_rays(
    total: float, first: Float, second: Float, along_rays: Float, pivot: Float
) -> Float:
    """Sum of w A (I - r r') A' with A = ([lever]x, I) and r the point's ray, (6, 6).

    A cell's 1 / z is as measured; the noise of its slopes moves its plane's n (n . p = 1)
    across the ray alone. As (p - c) x p = -c x p, A p is the same linear map of every point.

    Parameters
    ----------
    total, first, second
        Sums of w, (3,) of w times the lever, (3, 3) of w times the lever's square.
    along_rays : (3, 3)
        Sum of w r r'.
    """
    across, along = np.zeros((6, 6)), np.zeros((6, 3))
    lever = skewed(first[0], first[1], first[2])
    trace = second[0, 0] + second[1, 1] + second[2, 2]
    along[:3] = -skewed(pivot[0], pivot[1], pivot[2])
    for i in range(3):
        for j in range(3):
            across[i, j] = -second[i, j]
            across[i, 3 + j] = lever[i, j]
            across[3 + i, j] = lever[j, i]
        across[i, i] += trace
        across[3 + i, 3 + i] = total
        along[3 + i, i] = 1.0
    return across - along @ along_rays @ along.T


@compiled(
    several(NEW_ROWS, NEW_VECTOR, NEW_ROWS),
    *(VECTOR, ROWS, VECTOR, VECTOR, ROWS, FLAGS, VECTOR),
)
def robust_sums(
    residuals: Float,
    jacobian: Float,
    weights: Float,
    tilt_information: Float,
    points_mm: Float,
    is_chosen: Bool,
    pivot_mm: Float,
) -> tuple[Float, Float, Float]:
    """Robust normal equations of the chosen ones of `SurveyTerms`; of none, all 0.

    Returns
    -------
    information : (6, 6), gradient : (6,)
    pretended : (6, 6), what of the information is noise of the normals
    """
    information, gradient = np.zeros((6, 6)), np.zeros(6)
    first, second, along_rays, total = np.zeros(3), np.zeros((3, 3)), np.zeros((3, 3)), 0.0
    spread = spread_in_sigma(residuals, is_chosen)
    for row in range(len(residuals)):
        share = residuals[row] / (TUKEY * spread)
        if not is_chosen[row] or abs(share) >= 1.0:
            continue
        weight = (1.0 - share * share) ** 2 * weights[row] / spread**2
        for i in range(6):
            weighted = jacobian[row, i] * weight
            gradient[i] += weighted * residuals[row]
            for j in range(i + 1):
                information[i, j] += weighted * jacobian[row, j]
        weight *= tilt_information[row]
        total += weight
        length = points_mm[row, 0] ** 2 + points_mm[row, 1] ** 2 + points_mm[row, 2] ** 2
        for i in range(3):
            lever = weight * (points_mm[row, i] - pivot_mm[i])
            first[i] += lever
            for j in range(3):
                second[i, j] += lever * (points_mm[row, j] - pivot_mm[j])
                along_rays[i, j] += weight / length * points_mm[row, i] * points_mm[row, j]
    for i in range(6):
        for j in range(i):
            information[j, i] = information[i, j]
    return information, gradient, across_rays(total, first, second, along_rays, pivot_mm)


@part
def symmetric(matrix: Float) -> Float:
    """A matrix (n, n) without what rounding left of asymmetry."""
    return (matrix + matrix.T) / 2


@part
def not_negative(information: Float) -> Float:
    """The nearest matrix that takes nothing away in any direction."""
    values, directions = np.linalg.eigh(symmetric(information))
    return np.ascontiguousarray((directions * np.maximum(values, 0.0)) @ directions.T)


@part
def pseudo_inverse(information: Float) -> Float:
    """Inverse of a symmetric matrix in the directions that have information."""
    values, directions = np.linalg.eigh(information)
    sizes, shares = np.abs(values), np.zeros(len(values))
    least = SINGULAR * sizes.max()
    for index in range(len(values)):
        if sizes[index] > least:
            shares[index] = 1.0 / values[index]
    return np.ascontiguousarray((directions * shares) @ directions.T)


@part
def honest(
    information: Float, gradient: Float, pretended: Float, scale: Float
) -> tuple[Float, Float, Float]:
    """Normal equations in mm, weighed by what they tell over their noise: (6, 6), (6,), (6, 6).

    The gradient's mean follows the motion by T, what is told; its variance is N, all
    information. The best weight of such an estimate is T inv(N); its information T inv(N) T.
    The last is T: how fast the gradient falls within a pixel, where the noisy normals count
    in full.
    """
    whole, left = np.empty((6, 6)), np.empty((6, 6))
    for i in range(6):
        for j in range(6):
            whole[i, j] = information[i, j] / (scale[i] * scale[j])
            left[i, j] = whole[i, j] - pretended[i, j] / (scale[i] * scale[j])
    told = not_negative(left)
    weight = told @ pseudo_inverse(whole)
    return symmetric(weight @ told), weight @ (gradient / scale), told


@compiled(
    several(NEW_VECTOR, NEW_ROWS, REAL, NEW_ROWS, COUNT),
    *(STACK, ROWS, STACK, ROWS, ROWS, VECTOR, VECTOR),
)
def joint_motion(
    information: Float,
    gradient: Float,
    pretended: Float,
    relative: Float,
    apart: Float,
    away: Float,
    scale: Float,
) -> tuple[Float, Float, float, Float, int]:
    """Join the bed with its companions, each companion's own motion eliminated.

    Parameters
    ----------
    information, pretended : (1 + n, 6, 6), gradient : (1 + n, 6)
        In rad and mm; the bed's first.
    relative, apart : (n, 6)
        The companions' information on their motion against the bed, 1/mm^2, and how far from the
        bed's place they were put, mm.
    away : (6,)
        In mm: taken back along what is not told.
    scale : (6,)
        Of a motion in rad and mm, into mm.

    Returns
    -------
    step : (6,) and own : (n, 6), of the bed and of each companion, mm
    moved_sigma_squared, covariance : (6, 6) in mm, n_untold
    """
    n = len(relative)
    whole, pulled, local = honest(information[0], gradient[0], pretended[0], scale)
    kept, pulls = np.empty((n, 6, 6)), np.empty((n, 6))
    for one in range(n):
        of_one, at_place, local_of_one = honest(
            information[1 + one], gradient[1 + one], pretended[1 + one], scale
        )
        kept[one] = of_one + np.diag(relative[one])
        pulls[one] = at_place - of_one @ apart[one]
        share = np.diag(relative[one]) @ np.linalg.inv(kept[one])
        whole = whole + share @ of_one
        pulled = pulled + share @ pulls[one]
        local = local + share @ local_of_one
    values, directions = np.linalg.eigh(symmetric(whole))
    n_untold = 0
    while n_untold < 6 and not values[n_untold] > MAX_SIGMA_MM**-2:
        n_untold += 1
    unknown = np.ascontiguousarray(directions[:, :n_untold])
    known = np.ascontiguousarray(directions[:, n_untold:])
    moved, covariance = np.zeros(6), np.zeros((6, 6))
    covariance += UNKNOWN_MM**2 * (unknown @ unknown.T)
    if n_untold < 6:
        moved += known @ np.linalg.solve(known.T @ local @ known, known.T @ pulled)
        covariance += (known / values[n_untold:]) @ known.T
    step = -(moved + unknown @ (unknown.T @ away))
    own = np.empty((n, 6))
    for one in range(n):
        own[one] = np.linalg.solve(kept[one], relative[one] * step - pulls[one])
    return step, own, float(moved @ whole @ moved), covariance, n_untold
