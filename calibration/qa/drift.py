"""How far the depth of a plate wanders after the camera is switched on.

The figure is the largest difference between the means of any two minutes, because what matters
is how wrong a calibration of one moment can be at another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.qa_metric import Metric
from tracking.errors import CalibrationError

BLOCK_NS = 60 * 10**9
NS_PER_MINUTE = 60 * 10**9
MIN_SIGHTS = 5  # of a minute: fewer give no mean worth a name
MIN_BLOCKS = 3
MIN_SEEN = 0.9  # of the minutes: a plate that was covered for longer may have wandered meanwhile
NAME = "warm_up_drift"


@dataclass(frozen=True)
class DriftPoint:
    """Mean deviation of one minute from the first one's plane, positive away from the camera."""

    minute: float
    bias_mm: float
    sigma_mm: float
    n_sights: int


@dataclass(frozen=True)
class Drift:
    """A whole run."""

    points: tuple[DriftPoint, ...]
    span_min: float

    @property
    def metric(self) -> Metric:
        """Largest difference between two minutes; positive where the depth grew."""
        low = min(self.points, key=lambda p: p.bias_mm)
        high = max(self.points, key=lambda p: p.bias_mm)
        size = high.bias_mm - low.bias_mm
        sign = 1.0 if high.minute >= low.minute else -1.0
        return Metric(NAME, sign * size, "mm", float(np.hypot(low.sigma_mm, high.sigma_mm)))


def drift(stamps_ns: Sequence[int], biases_mm: Sequence[float], wanted_minutes: float) -> Drift:
    """Block means of a plate's deviations; nan: not seen in that frame.

    Raises
    ------
    CalibrationError
        The run is shorter than wanted, or the plate was covered for too long.
    """
    stamps, biases = np.asarray(stamps_ns, np.int64), np.asarray(biases_mm, np.float64)
    span_min = float(stamps[-1] - stamps[0]) / NS_PER_MINUTE if len(stamps) else 0.0
    if span_min < wanted_minutes - 1.0:
        raise CalibrationError(
            "The run is too short to tell the drift.",
            expected=f"{wanted_minutes:g} minutes from switching on",
            actual=f"{span_min:.1f} minutes",
            remedy="Leave the camera running and the plate in view for as long.",
        )
    block = (stamps - stamps[0]) // BLOCK_NS
    points = []
    for k in range(int(block[-1]) + 1):
        seen = biases[(block == k) & np.isfinite(biases)]
        if len(seen) >= MIN_SIGHTS:
            sigma = float(seen.std(ddof=1) / np.sqrt(len(seen)))
            points.append(DriftPoint(k + 0.5, float(seen.mean()), sigma, len(seen)))
    n_blocks = int(span_min)  # whole ones
    if len(points) < max(MIN_BLOCKS, MIN_SEEN * n_blocks):
        raise CalibrationError(
            "The plate was not seen for long enough.",
            expected=f"in {100 * MIN_SEEN:g} % of {n_blocks} minutes, at least {MIN_BLOCKS}",
            actual=f"{len(points)} minutes",
            remedy="Leave the plate alone and free of hands while the camera warms up.",
        )
    return Drift(tuple(points), span_min)
