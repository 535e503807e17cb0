"""Control charts of one figure over its runs: Shewhart for single values, EWMA for slow changes.

Formulas: NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2 (individuals, sigma from the
mean moving range over 1.128) and 6.3.2.4 (EWMA with lambda 0.2 and limits of 3 sigma).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tracking.arrays import Float

MIN_RUNS = 8  # fewer give no spread worth a limit
N_REFERENCE = 20  # the first runs, which say how the figure scatters when all is well
MOVING_RANGE = 1.128  # d2 of two neighbours
ROUNDING = 1e-9  # of the largest value
K_SHEWHART, K_EWMA, WEIGHT = 3.0, 3.0, 0.2


@dataclass(frozen=True, eq=False)
class ControlChart:
    """Values with their limits; the arrays have the shape of `values` (n,).

    `centre`, `sigma`: of the first runs. `is_out`: beyond the limits of either chart.
    """

    values: Float
    centre: float
    sigma: float
    lower: float
    upper: float
    ewma: Float
    ewma_lower: Float
    ewma_upper: Float
    is_out: tuple[bool, ...]


def control_chart(values: Sequence[float]) -> ControlChart | None:
    """Chart finite values in their order. Fails to: None, with fewer than `MIN_RUNS`."""
    given = np.array(values, np.float64)
    if len(given) < MIN_RUNS or not np.isfinite(given).all():
        return None
    first = given[:N_REFERENCE]
    centre = float(first.mean())
    sigma = float(np.abs(np.diff(first)).mean() / MOVING_RANGE)
    ewma = _smoothed(given, centre)
    steps = np.arange(1, len(given) + 1)
    reach = np.sqrt(WEIGHT / (2 - WEIGHT) * (1 - (1 - WEIGHT) ** (2 * steps)))
    lower, upper = centre - K_SHEWHART * sigma, centre + K_SHEWHART * sigma
    ewma_lower, ewma_upper = centre - K_EWMA * sigma * reach, centre + K_EWMA * sigma * reach
    slack = ROUNDING * float(np.abs(given).max())  # runs that are all alike have no spread
    is_out = (given < lower - slack) | (given > upper + slack)
    is_out |= (ewma < ewma_lower - slack) | (ewma > ewma_upper + slack)
    return ControlChart(
        given,
        centre,
        sigma,
        lower,
        upper,
        ewma,
        ewma_lower,
        ewma_upper,
        tuple(bool(x) for x in is_out),
    )


def _smoothed(values: Float, start: float) -> Float:
    found, last = np.empty_like(values), start
    for i, value in enumerate(values):
        last = WEIGHT * float(value) + (1 - WEIGHT) * last
        found[i] = last
    return found
