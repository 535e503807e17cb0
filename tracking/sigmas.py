"""Standard deviations out of variances. What is not a number stays so: unknown is never exact."""

from __future__ import annotations

from math import nan, sqrt

import numpy as np

from tracking.arrays import Float
from tracking.compiled import compiled
from tracking.loop_types import REAL, ROWS

ROUNDING, LEAST_VARIANCE = 1e-9, 1e-3  # of the largest element, or of what is nothing anywhere


def sigma_of(variance: float) -> float:
    """Root of a variance that rounding may have left below 0; NaN and infinity stay themselves."""
    return 0.0 if variance < 0 else sqrt(variance)


@compiled(REAL, ROWS)
def largest_sigma(covariance: Float) -> float:
    """1-sigma of the least sure direction of a covariance (n, n); NaN unless all is finite.

    A variance that rounding left below 0 is 0; what is negative beyond that is no covariance: NaN.
    """
    size = 0.0
    for value in covariance.flat:
        if not np.isfinite(value):
            return nan
        size = max(size, abs(value))
    if covariance.size == 0:
        return nan
    largest: float = np.linalg.eigvalsh(covariance)[-1]
    if largest < -ROUNDING * max(size, LEAST_VARIANCE):
        return nan
    return sqrt(largest) if largest > 0 else 0.0


def at_least(floor: float, value: float) -> float:
    """The larger of two numbers, NaN where one is: `max` may answer with the other."""
    return float(np.maximum(floor, value))
