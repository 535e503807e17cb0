"""Order statistics of a list of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Spread:
    """Median and extremes of `n` numbers."""

    n: int
    median: float
    minimum: float
    maximum: float

    def to_json(self) -> dict[str, float]:
        """For `summary.json`."""
        return {"median": self.median, "min": self.minimum, "max": self.maximum}


@dataclass(frozen=True)
class ErrorSpread:
    """Median, 95th percentile and maximum of `n` absolute errors, and their signed mean."""

    n: int
    median: float
    p95: float
    maximum: float
    bias: float

    def to_json(self) -> dict[str, float]:
        """For `summary.json`."""
        return {
            "n": self.n,
            "median": self.median,
            "p95": self.p95,
            "max": self.maximum,
            "bias": self.bias,
        }


def spread(values: Sequence[float]) -> Spread | None:
    """Spread of the numbers, None where there are none."""
    if not values:
        return None
    return Spread(len(values), float(np.median(values)), float(min(values)), float(max(values)))


def error_spread(errors: Sequence[float]) -> ErrorSpread | None:
    """Spread of signed errors, None where there are none."""
    if not errors:
        return None
    sizes = np.abs(errors)
    median, p95 = np.percentile(sizes, [50, 95])
    bias = float(np.mean(errors))
    return ErrorSpread(len(errors), float(median), float(p95), float(sizes.max()), bias)


def percentiles(values: Sequence[float]) -> dict[str, float] | None:
    """p50, p95 and p99, None where there are no values."""
    if not values:
        return None
    found = np.percentile(np.asarray(values, dtype=np.float64), [50, 95, 99])
    return dict(zip(("p50", "p95", "p99"), (float(v) for v in found), strict=True))
