"""Measured quantities against the plan's limits, each by its bound |deviation| + k sigma.

Every check fails until proven: a comparison that NaN reaches is False, and False fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

from tracking.alignment import Alignment
from tracking.measurement import Measurement
from tracking.plan import Limits, Tolerance
from tracking.reasons import Reason

K_SIGMA = 3.0  # DESIGN section 6
ARMING_FRACTION = 0.8  # of each tolerance, to arm; 1.0 to stay


@dataclass(frozen=True)
class _Words:
    """Reasons of one quantity: above the plan, below it, and too uncertain to tell."""

    high: Reason
    low: Reason
    uncertain: Reason


_TILT = _Words(Reason.TILT_HIGH, Reason.TILT_HIGH, Reason.TILT_UNCERTAIN)
_LATERAL = _Words(Reason.LATERAL_HIGH, Reason.LATERAL_HIGH, Reason.LATERAL_UNCERTAIN)
_GAP = _Words(Reason.DOCKING_GAP_HIGH, Reason.DOCKING_GAP_LOW, Reason.DOCKING_GAP_UNCERTAIN)
_INCIDENCE = _Words(Reason.INCIDENCE_HIGH, Reason.INCIDENCE_HIGH, Reason.INCIDENCE_UNCERTAIN)
_AIR_GAP = _Words(Reason.AIR_GAP_HIGH, Reason.AIR_GAP_LOW, Reason.AIR_GAP_UNCERTAIN)
_SSD = _Words(Reason.SSD_HIGH, Reason.SSD_LOW, Reason.SSD_UNCERTAIN)
_RIM = _Words(Reason.AIR_GAP_RIM_HIGH, Reason.AIR_GAP_RIM_HIGH, Reason.AIR_GAP_UNCERTAIN)
_INTRUSION = _Words(Reason.INTRUSION_HIGH, Reason.INTRUSION_HIGH, Reason.INTRUSION_UNCERTAIN)
_COVERAGE = _Words(Reason.COVERAGE_LOW, Reason.COVERAGE_LOW, Reason.COVERAGE_UNCERTAIN)


def check_limits(alignment: Alignment, limits: Limits, *, armed: bool) -> set[Reason]:
    """Reasons of every limit that is not proven to hold; empty only if all hold."""
    fraction = 1.0 if armed else ARMING_FRACTION
    reasons = set()
    for measurement, tolerance, words in (
        (alignment.docking_tilt_deg, limits.docking_tilt_deg, _TILT),
        (alignment.docking_lateral_mm, limits.docking_lateral_mm, _LATERAL),
        (alignment.docking_gap_mm, limits.docking_gap_mm, _GAP),
        (alignment.air_gap_mm, limits.air_gap_mm, _AIR_GAP),
        (alignment.ssd_error_mm, limits.ssd_error_mm, _SSD),
    ):
        reasons.add(_check(measurement, tolerance, words, fraction))
    reasons.add(_check_incidence(alignment, limits, fraction))
    if limits.air_gap_rim_maximum_mm is not None:
        rim = Tolerance(0.0, limits.air_gap_rim_maximum_mm)
        reasons.add(_check(alignment.air_gap_max_mm, rim, _RIM, fraction))
        reasons.add(_check(alignment.air_gap_min_mm, rim, _RIM, fraction))
    if limits.intrusion_maximum_mm is not None:
        intrusion = Tolerance(0.0, limits.intrusion_maximum_mm)
        reasons.add(_check(alignment.intrusion_mm, intrusion, _INTRUSION, fraction))
    if limits.coverage_minimum_fraction is not None:
        reasons.add(_check_coverage(alignment.coverage_fraction, limits.coverage_minimum_fraction))
    return {reason for reason in reasons if reason is not None}


def _check(
    measurement: Measurement, limit: Tolerance, words: _Words, fraction: float
) -> Reason | None:
    if not measurement.observable or measurement.value is None or measurement.sigma is None:
        return words.uncertain
    deviation = measurement.value - limit.planned
    direction = words.high if deviation > 0 else words.low
    return _judge(
        abs(deviation), measurement.sigma, limit.tolerance, fraction, direction, words.uncertain
    )


def _check_incidence(alignment: Alignment, limits: Limits, fraction: float) -> Reason | None:
    """The length of the difference to the planned vector; planned (0, 0): the whole turn's size.

    The size also counts the turn about the axis that a bevel's incidence has, and it is known
    where the roll of a straight cone, and with it the vector's direction, is not.
    """
    x, y, total = alignment.incidence_x_deg, alignment.incidence_y_deg, alignment.incidence_deg
    planned_x, planned_y = limits.incidence_deg.planned
    tolerance = limits.incidence_deg.tolerance
    if total.value is None or total.sigma is None:
        return _INCIDENCE.uncertain
    if (planned_x, planned_y) == (0.0, 0.0):
        deviation = total.value
    elif x.value is None or y.value is None:
        return _INCIDENCE.uncertain
    else:
        deviation = hypot(x.value - planned_x, y.value - planned_y)
    return _judge(
        deviation, total.sigma, tolerance, fraction, _INCIDENCE.high, _INCIDENCE.uncertain
    )


def _check_coverage(coverage: Measurement, minimum: float) -> Reason | None:
    if coverage.value is None or coverage.sigma is None:
        return _COVERAGE.uncertain
    if coverage.value - K_SIGMA * coverage.sigma >= minimum:
        return None
    return _COVERAGE.low if coverage.value < minimum else _COVERAGE.uncertain


def _judge(
    deviation: float,
    sigma: float,
    tolerance: float,
    fraction: float,
    outside: Reason,
    uncertain: Reason,
) -> Reason | None:
    """None where the bound is proven; else whether to move or to look better.

    Surely outside: move. Else, where even a perfect position would not be proven with this
    sigma: look better. Else: move.
    """
    margin = K_SIGMA * sigma
    if deviation + margin <= fraction * tolerance:
        return None
    if deviation - margin > tolerance:
        return outside
    if margin <= fraction * tolerance:
        return outside
    return uncertain
