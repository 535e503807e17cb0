"""Robust scatter and weights, shared by every fit that must not follow strays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float
from tracking.compiled import compiled
from tracking.loop_types import REAL, VECTOR

NORMAL_MAD = 1.4826  # standard deviation over the median absolute deviation


@compiled(REAL, VECTOR)
def spread_of(residuals: Float) -> float:
    """Robust scatter of residuals given in sigma (NaN left out), at least 1: the model's own."""
    sizes, n_sizes = np.empty(len(residuals)), 0
    for residual in residuals:
        if np.isfinite(residual):
            sizes[n_sizes] = abs(residual)
            n_sizes += 1
    if n_sizes == 0:
        return 1.0
    middle = n_sizes // 2
    middle_size: float = np.partition(sizes[:n_sizes], middle)[middle]
    return max(1.0, NORMAL_MAD * middle_size)


@compiled(REAL, VECTOR)
def median(values: NDArray[np.floating[Any]]) -> float:
    """Upper median of values without NaN.

    Raises
    ------
    IndexError
        There are none.
    """
    if len(values) == 0:
        raise IndexError("no values have a median")
    middle = len(values) // 2
    middle_value: float = np.partition(values, middle)[middle]
    return middle_value


def tukey(residuals: Float, cutoff: float) -> Float:
    """Tukey's biweight, 0 beyond the cutoff."""
    return np.maximum(0.0, 1.0 - (residuals / cutoff) ** 2) ** 2
