"""The bed's pattern in a frame against the map's, sample by sample, as loops."""

from __future__ import annotations

from math import sqrt

import numpy as np

from tracking.arrays import Float
from tracking.compiled import compiled, part
from tracking.loop_types import FLAG, NEW_ROWS, NEW_VECTOR, REAL, ROWS, VECTOR, several

TUKEY = 4.5
NORMAL_MAD = 1.4826  # standard deviation over the median absolute deviation
MIN_SAMPLES = 40
MIN_DEPTH_MM = 1.0  # what lies behind the camera is not seen
MIN_SPREAD = 0.002  # of an 8-bit level's rounding, at half of full brightness
MIN_CORRELATION = 0.5  # of frame and map: less is another pattern, or none


@compiled(
    several(NEW_ROWS, NEW_VECTOR),
    *(ROWS, VECTOR, ROWS, VECTOR, VECTOR, REAL),
)
def near_samples(
    points_mm: Float,
    texture: Float,
    camera_from_survey: Float,
    centre_mm: Float,
    axis: Float,
    reach_mm: float,
) -> tuple[Float, Float]:
    """Points (k, 3), camera space, and texture (k,) of samples with one, within reach of an axis.

    Centre and axis in camera space; `points_mm` (n, 3) in the survey's.
    """
    chosen, known, n_chosen = np.empty(points_mm.shape), np.empty(len(points_mm)), 0
    place = np.empty(3)
    for sample in range(len(points_mm)):
        along = square = 0.0
        for i in range(3):
            place[i] = camera_from_survey[i, 3]
            for j in range(3):
                place[i] += camera_from_survey[i, j] * points_mm[sample, j]
            lever = place[i] - centre_mm[i]
            along += lever * axis[i]
            square += lever * lever
        is_near = square - along * along < reach_mm * reach_mm and place[2] > MIN_DEPTH_MM
        if is_near and np.isfinite(texture[sample]):
            chosen[n_chosen], known[n_chosen] = place, texture[sample]
            n_chosen += 1
    return chosen[:n_chosen], known[:n_chosen]


@part
def upper_median(values: Float) -> float:
    """Upper median of one or more values."""
    middle = len(values) // 2
    middle_value: float = np.partition(values, middle)[middle]
    return middle_value


@part
def correlation(first: Float, second: Float) -> float:
    """Pearson's; 0 where either does not vary."""
    mean_first, mean_second = first.mean(), second.mean()
    both = square_first = square_second = 0.0
    for row in range(len(first)):
        off_first, off_second = first[row] - mean_first, second[row] - mean_second
        both += off_first * off_second
        square_first += off_first**2
        square_second += off_second**2
    size = sqrt(square_first * square_second)
    return both / size if size > 0 else 0.0


@part
def move(moved: Float, point: Float, pivot: Float, fx: float, fy: float) -> None:
    """How a point moves in the picture, px to the right and downwards, by the map's motion.

    Filled in place, (2, 6).
    """
    x, y, z = point
    right, below = fx / z, fy / z
    right_by_z, below_by_z = -right * x / z, -below * y / z
    x, y, z = x - pivot[0], y - pivot[1], z - pivot[2]
    moved[0, 0], moved[0, 1], moved[0, 2] = y * right_by_z, z * right - x * right_by_z, -y * right
    moved[0, 3], moved[0, 4], moved[0, 5] = right, 0.0, right_by_z
    moved[1, 0], moved[1, 1], moved[1, 2] = y * below_by_z - z * below, -x * below_by_z, x * below
    moved[1, 3], moved[1, 4], moved[1, 5] = 0.0, below, below_by_z


@compiled(
    several(FLAG, NEW_ROWS, NEW_VECTOR, NEW_ROWS),
    *(ROWS, VECTOR, VECTOR, VECTOR, VECTOR, VECTOR, REAL, REAL, REAL, REAL),
)
def pattern_sums(
    points_mm: Float,
    known: Float,
    seen: Float,
    across: Float,
    down: Float,
    pivot_mm: Float,
    fx: float,
    fy: float,
    inflation: float,
    slope_noise: float,
) -> tuple[bool, Float, Float, Float]:
    """Robust normal equations of the pattern; whether it tells anything.

    Parameters
    ----------
    points_mm, known
        Of `near_samples`.
    seen, across, down : (n,)
        The frame's pattern there and its slopes per pixel, NaN where there is none.
    inflation, slope_noise
        By how much correlation makes each count less, and variance of a slope over a value's.

    Returns
    -------
    is_told : without, the rest means nothing
    information : (6, 6), gradient : (6,)
    pretended : (6, 6), what of the information is noise of the slopes
    """
    information, gradient, pretended = np.zeros((6, 6)), np.zeros(6), np.zeros((6, 6))
    usable = np.flatnonzero(np.isfinite(seen + across + down))
    if len(usable) < MIN_SAMPLES:
        return False, information, gradient, pretended
    residuals = seen[usable] - known[usable]
    residuals -= upper_median(residuals)  # what light adds everywhere alike
    if not correlation(seen[usable], known[usable]) >= MIN_CORRELATION:
        return False, information, gradient, pretended
    spread = max(MIN_SPREAD, NORMAL_MAD * upper_median(np.abs(residuals)))
    moved, slopes = np.empty((2, 6)), np.empty(6)
    for index, row in enumerate(usable):
        share = residuals[index] / (TUKEY * spread)
        if abs(share) >= 1.0:
            continue
        weight = (1.0 - share * share) ** 2 / (inflation * spread**2)
        noise = weight * slope_noise * spread**2
        move(moved, points_mm[row], pivot_mm, fx, fy)
        for i in range(6):
            slopes[i] = across[row] * moved[0, i] + down[row] * moved[1, i]
        for i in range(6):
            gradient[i] += weight * slopes[i] * residuals[index]
            for j in range(i + 1):
                information[i, j] += weight * slopes[i] * slopes[j]
                pretended[i, j] += noise * (moved[0, i] * moved[0, j] + moved[1, i] * moved[1, j])
    for i in range(6):
        for j in range(i):
            information[j, i], pretended[j, i] = information[i, j], pretended[i, j]
    return True, information, gradient, pretended
