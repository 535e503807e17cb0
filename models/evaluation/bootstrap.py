"""How much a figure owes to the frames that happened to be chosen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

N_RESAMPLES = 1000
LEVEL_PERCENT = (2.5, 97.5)
SEED = 20260101
MIN_FRAMES = 5  # of fewer, resampling tells nothing

Interval = tuple[float, float]


def interval_of_sums(
    values: NDArray[np.number], figure: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> Interval | None:
    """95 % interval of a figure of the sum over frames (Efron's percentile bootstrap).

    Parameters
    ----------
    values : (n_frames, ...)
        What is summed over frames.
    figure
        From sums (n_resamples, ...) to figures (n_resamples,); NaN where there is none.
    """
    n_frames = len(values)
    if n_frames < MIN_FRAMES:
        return None
    rng = np.random.default_rng([SEED, n_frames])
    weights = rng.multinomial(n_frames, np.full(n_frames, 1 / n_frames), N_RESAMPLES)
    sums = np.tensordot(weights.astype(np.float64), values.astype(np.float64), axes=1)
    return _percentiles(figure(sums))


def interval_of_median(values: NDArray[np.float64]) -> Interval | None:
    """95 % interval of the median of one value per frame."""
    n_frames = len(values)
    if n_frames < MIN_FRAMES:
        return None
    rng = np.random.default_rng([SEED, n_frames])
    chosen = rng.integers(0, n_frames, (N_RESAMPLES, n_frames))
    return _percentiles(np.median(values[chosen], axis=1))


def _percentiles(figures: NDArray[np.float64]) -> Interval | None:
    there = figures[np.isfinite(figures)]
    if there.size == 0:
        return None
    low, high = np.percentile(there, LEVEL_PERCENT)
    return float(low), float(high)
