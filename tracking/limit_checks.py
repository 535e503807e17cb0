"""Measured quantities against the plan's limits, each by its bound |deviation| + k sigma.

Every check fails until proven: a comparison that NaN reaches is False, and False fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import hypot

from tracking.alignment import Alignment
from tracking.measurement import NOT_OBSERVABLE, Measurement, measured
from tracking.plan import Limits, VectorTolerance
from tracking.reasons import TEXTS, Reason, Severity

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
# More than all of the area cannot be covered: such a figure is none
_COVERAGE = _Words(Reason.COVERAGE_UNCERTAIN, Reason.COVERAGE_LOW, Reason.COVERAGE_UNCERTAIN)


@dataclass(frozen=True)
class LimitResult:
    """Reasons of the limits that are not proven to hold, and whether all bounds may arm.

    Where a quantity is out of its tolerance, those that are merely too near their limit to be
    proven stay unsaid: they would hide what to move.
    `may_arm` needs every bound inside `ARMING_FRACTION` of its tolerance.
    """

    reasons: frozenset[Reason]
    may_arm: bool


@dataclass(frozen=True)
class _Outcome:
    """`is_near`: well measured and inside its limit, but not proven to be."""

    reason: Reason | None
    may_arm: bool
    is_near: bool = False


def check_limits(alignment: Alignment, limits: Limits) -> LimitResult:
    """Hold every quantity that the plan limits against its limit."""
    outcomes = [_check(*bound) for bound in _bounds(alignment, limits)]
    failed = [(o.reason, o.is_near) for o in outcomes if o.reason is not None]
    if any(TEXTS[reason].severity is Severity.HOLD for reason, _ in failed):
        failed = [(reason, near) for reason, near in failed if not near]  # first what is surely out
    reasons = frozenset(reason for reason, _ in failed)
    return LimitResult(reasons, may_arm=all(o.may_arm for o in outcomes))


def _bounds(
    alignment: Alignment, limits: Limits
) -> Iterator[tuple[Measurement, float, float, _Words]]:
    """(measurement, planned, tolerance, words) of everything that the plan limits."""
    for measurement, limit, words in (
        (alignment.docking_tilt_deg, limits.docking_tilt_deg, _TILT),
        (alignment.docking_lateral_mm, limits.docking_lateral_mm, _LATERAL),
        (alignment.docking_gap_mm, limits.docking_gap_mm, _GAP),
        (alignment.air_gap_mm, limits.air_gap_mm, _AIR_GAP),
        (alignment.ssd_error_mm, limits.ssd_error_mm, _SSD),
    ):
        yield measurement, limit.planned, limit.tolerance, words
    difference = incidence_difference(alignment, limits.incidence_deg)
    yield difference, 0.0, limits.incidence_deg.tolerance, _INCIDENCE
    if limits.air_gap_rim_maximum_mm is not None:
        yield alignment.air_gap_max_mm, 0.0, limits.air_gap_rim_maximum_mm, _RIM
        yield alignment.air_gap_min_mm, 0.0, limits.air_gap_rim_maximum_mm, _RIM
    if limits.intrusion_maximum_mm is not None:
        yield alignment.intrusion_mm, 0.0, limits.intrusion_maximum_mm, _INTRUSION
    if limits.coverage_minimum_fraction is not None:  # planned is all of it
        lacking = 1.0 - limits.coverage_minimum_fraction
        yield alignment.coverage_fraction, 1.0, lacking, _COVERAGE


def incidence_difference(alignment: Alignment, limit: VectorTolerance) -> Measurement:
    """Length of the difference to the planned vector; planned (0, 0): the whole turn's size.

    The size also counts the turn about the axis that a bevel's incidence has, and it is known
    where the roll of a straight cone, and with it the vector's direction, is not.
    """
    x, y, total = alignment.incidence_x_deg, alignment.incidence_y_deg, alignment.incidence_deg
    if limit.planned == (0.0, 0.0) or total.sigma is None:
        return total
    if x.value is None or y.value is None:
        return NOT_OBSERVABLE
    length = hypot(x.value - limit.planned[0], y.value - limit.planned[1])
    return measured(length, total.sigma)


def _check(measurement: Measurement, planned: float, tolerance: float, words: _Words) -> _Outcome:
    """Pass where the bound is proven inside the tolerance; out of it says move; else look."""
    if measurement.value is None or measurement.sigma is None:
        return _Outcome(words.uncertain, may_arm=False)
    deviation = measurement.value - planned
    margin = K_SIGMA * measurement.sigma
    bound = abs(deviation) + margin
    if bound <= tolerance:
        return _Outcome(None, may_arm=bound <= ARMING_FRACTION * tolerance)
    is_measured = margin <= tolerance or abs(deviation) - margin > tolerance
    if is_measured and abs(deviation) > tolerance:
        return _Outcome(words.high if deviation > 0 else words.low, may_arm=False)
    return _Outcome(words.uncertain, may_arm=False, is_near=margin <= tolerance)
