"""Every limited quantity beside its limits, as people read it. Decides nothing: the gate does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from tracking.alignment import Alignment
from tracking.limit_checks import K_SIGMA, incidence_difference
from tracking.measurement import NOT_OBSERVABLE, Measurement, measured
from tracking.plan import Limits, Tolerance


@dataclass(frozen=True)
class LimitedQuantity:
    """One quantity, its measurement and the range the plan allows.

    `lower` or `upper` is None where the plan sets no such limit. `name` is the limit's name in
    the plan; `measurement` is what that limit bounds (for incidence: the difference to the
    planned vector, by the gate's own function).
    """

    name: str
    label: str
    unit: str
    measurement: Measurement
    lower: float | None
    upper: float | None
    planned: float | None = None

    @property
    def is_inside(self) -> bool | None:
        """Whether the value alone (no sigma) is inside; None where it is not observable."""
        value = self.measurement.value
        if value is None:
            return None
        above = self.lower is None or value >= self.lower
        below = self.upper is None or value <= self.upper
        return above and below

    @property
    def allowed_text(self) -> str:
        """The allowed range in words, e.g. "37 to 43", "≤ 2", "≥ 0.98"."""
        if self.lower is None:
            return f"≤ {self.upper:g}"
        if self.upper is None:
            return f"≥ {self.lower:g}"
        return f"{self.lower:g} to {self.upper:g}"

    def is_within_share(self, share: float) -> bool | None:
        """Whether the deviation is inside a share of its tolerance; as `is_inside` without one."""
        value = self.measurement.value
        if value is None or self.planned is None or self.upper is None:
            return self.is_inside
        return abs(value - self.planned) <= share * (self.upper - self.planned)


def limited_quantities(alignment: Alignment, limits: Limits) -> tuple[LimitedQuantity, ...]:
    """Every quantity that the plan limits, in the order of the plan."""
    return tuple(_mandatory(alignment, limits)) + tuple(_optional(alignment, limits))


def _mandatory(alignment: Alignment, limits: Limits) -> Iterator[LimitedQuantity]:
    yield _length("docking_tilt_deg", "Tilt", "°", alignment, limits.docking_tilt_deg)
    yield _length("docking_lateral_mm", "Lateral", "mm", alignment, limits.docking_lateral_mm)
    yield _signed("docking_gap_mm", "Docking gap", alignment, limits.docking_gap_mm)
    yield LimitedQuantity(
        "incidence_deg",
        "Incidence",
        "°",
        incidence_difference(alignment, limits.incidence_deg),
        None,
        limits.incidence_deg.tolerance,
        0.0,
    )
    yield _signed("air_gap_mm", "Air gap", alignment, limits.air_gap_mm)
    yield _signed("ssd_error_mm", "SSD error", alignment, limits.ssd_error_mm)


def _optional(alignment: Alignment, limits: Limits) -> Iterator[LimitedQuantity]:
    if limits.coverage_minimum_fraction is not None:
        minimum = limits.coverage_minimum_fraction
        yield LimitedQuantity(
            "coverage_fraction", "Coverage", "", alignment.coverage_fraction, minimum, None
        )
    if limits.intrusion_maximum_mm is not None:
        maximum = limits.intrusion_maximum_mm
        yield LimitedQuantity(
            "intrusion_mm", "Intrusion", "mm", alignment.intrusion_mm, None, maximum
        )
    if limits.air_gap_rim_maximum_mm is not None:
        maximum = limits.air_gap_rim_maximum_mm
        yield LimitedQuantity(
            "air_gap_rim_mm", "Rim gap", "mm", _largest_rim_gap(alignment), None, maximum
        )


def _length(
    name: str, label: str, unit: str, alignment: Alignment, limit: Tolerance
) -> LimitedQuantity:
    """A quantity that cannot be negative: a planned 0 leaves only its upper limit."""
    lower = limit.planned - limit.tolerance
    measurement: Measurement = getattr(alignment, name)
    upper = limit.planned + limit.tolerance
    return LimitedQuantity(
        name, label, unit, measurement, lower if lower > 0 else None, upper, limit.planned
    )


def _signed(name: str, label: str, alignment: Alignment, limit: Tolerance) -> LimitedQuantity:
    measurement: Measurement = getattr(alignment, name)
    lower, upper = limit.planned - limit.tolerance, limit.planned + limit.tolerance
    return LimitedQuantity(name, label, "mm", measurement, lower, upper, limit.planned)


def _largest_rim_gap(alignment: Alignment) -> Measurement:
    """The extreme whose bound the gate finds farther from 0, as a size."""
    highest, lowest = alignment.air_gap_max_mm, alignment.air_gap_min_mm
    return max(_size(highest), _size(lowest), key=_bound)


def _size(signed: Measurement) -> Measurement:
    if signed.value is None or signed.sigma is None:
        return NOT_OBSERVABLE
    return measured(abs(signed.value), signed.sigma)


def _bound(size: Measurement) -> float:
    """Three sigma out; what is not observable is farther out than anything."""
    if size.value is None or size.sigma is None:
        return inf
    return size.value + K_SIGMA * size.sigma
