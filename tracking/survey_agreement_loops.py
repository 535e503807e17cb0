"""Mean heights over stretches of bed around an axis, as loops over its samples."""

from __future__ import annotations

from math import atan2, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float
from tracking.compiled import compiled, part
from tracking.loop_types import NEW_VECTOR, ROWS, VECTOR, several

NORMAL_MAD = 1.4826  # standard deviation over the median absolute deviation
MAX_STRETCHES, MIN_STRETCHES = 12, 4  # around the rim: as many as noise lets each be told
WANTED_SIGMA_MM = 0.5  # of a stretch
MIN_STRETCH_SAMPLES = 6
TUKEY = 4.5


@part
def cross_of(first: Float, second: Float) -> Float:
    """Cross product of two vectors (3,)."""
    a, b, c = first
    x, y, z = second
    return np.array([b * z - c * y, c * x - a * z, a * y - b * x])


@part
def stretches_of(points: Float, axis: Float, centre: Float, n_stretches: int) -> NDArray[np.int64]:
    """Which stretch (0 .. n_stretches - 1) around the axis each point lies in, (n,)."""
    helper, stretches = np.zeros(3), np.empty(len(points), np.int64)
    helper[np.argmin(np.abs(axis))] = 1.0
    first = cross_of(axis, helper)
    second = cross_of(axis, first)
    for row in range(len(points)):
        x = y = 0.0
        for i in range(3):
            lever = points[row, i] - centre[i]
            x += lever * first[i]
            y += lever * second[i]
        stretches[row] = min(int((atan2(y, x) / (2 * pi) + 0.5) * n_stretches), n_stretches - 1)
    return stretches


@part
def upper_medians(values: Float, stretches: NDArray[np.int64], n_stretches: int) -> Float:
    """Upper median of each stretch's values; of none 0."""
    medians, chosen = np.zeros(n_stretches), np.empty(len(values))
    for stretch in range(n_stretches):
        n = 0
        for row in range(len(values)):
            if stretches[row] == stretch:
                chosen[n] = values[row]
                n += 1
        if n > 0:
            medians[stretch] = np.partition(chosen[:n], n // 2)[n // 2]
    return medians


@compiled(several(NEW_VECTOR, NEW_VECTOR), VECTOR, VECTOR, VECTOR, ROWS, VECTOR, VECTOR)
def stretch_means(
    heights: Float, sigmas: Float, weights: Float, points: Float, axis: Float, centre: Float
) -> tuple[Float, Float]:
    """Mean height of every stretch around the axis and its sigma (inf: too few samples), mm.

    One reweighting from the stretch's median, whose outliers fall away. All are of the same n
    samples; points, axis and centre share a space.

    Raises
    ------
    ValueError
        A place or the axis is not finite: it lies in no stretch.
    """
    whole = 0.0  # information on the mean of all, 1/mm^2
    for row in range(len(heights)):
        whole += weights[row] / sigmas[row] ** 2
    is_placed = np.isfinite(axis).all() and np.isfinite(centre).all() and np.isfinite(points).all()
    if not (is_placed and np.isfinite(whole)):
        raise ValueError("what is not finite lies in no stretch")
    wanted = min(max(whole * WANTED_SIGMA_MM**2, MIN_STRETCHES), MAX_STRETCHES)
    n_stretches = int(wanted)
    stretches = stretches_of(points, axis, centre, n_stretches)
    medians = upper_medians(heights, stretches, n_stretches)
    off = (heights - medians[stretches]) / sigmas
    spread = max(1.0, NORMAL_MAD * np.median(np.abs(off)))
    counts, totals, sums = np.zeros(n_stretches), np.zeros(n_stretches), np.zeros(n_stretches)
    for row in range(len(heights)):
        left = 1.0 - (off[row] / (TUKEY * spread)) ** 2
        robust = 0.0 if left < 0.0 else left**2
        weight = weights[row] * robust / (spread * sigmas[row]) ** 2
        counts[stretches[row]] += 1
        totals[stretches[row]] += weight
        sums[stretches[row]] += weight * heights[row]
    means, errors = sums, np.full(n_stretches, np.inf)
    for stretch in range(n_stretches):
        if counts[stretch] >= MIN_STRETCH_SAMPLES and totals[stretch] > 0:
            means[stretch] /= totals[stretch]
            errors[stretch] = 1 / sqrt(totals[stretch])
    return means, errors
