"""Robust scatter and weights, shared by every fit that must not follow strays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float

NORMAL_MAD = 1.4826  # standard deviation over the median absolute deviation


def spread_of(residuals: Float) -> float:
    """Robust scatter of residuals given in sigma (NaN left out), at least 1: the model's own."""
    sizes = np.abs(residuals[np.isfinite(residuals)])
    return max(1.0, NORMAL_MAD * median(sizes)) if sizes.size else 1.0


def median(values: NDArray[np.floating[Any]]) -> float:
    """Upper median of values without NaN: `np.median` costs five times as much on a thousand."""
    values, middle = values.copy(), len(values) // 2
    values.partition(middle)
    return float(values[middle])


def tukey(residuals: Float, cutoff: float) -> Float:
    """Tukey's biweight, 0 beyond the cutoff."""
    return np.maximum(0.0, 1.0 - (residuals / cutoff) ** 2) ** 2
