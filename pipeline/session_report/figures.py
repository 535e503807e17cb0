"""Every quantity of the reported frame, limited ones first, with why it is missing where it is."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.overlay.limits import limited_quantities
from pipeline.session_report.facts import Figure
from pipeline.session_report.not_measured import why_not_measured
from tracking.measurement import Measurement
from tracking.plan import Plan
from tracking.record import FrameRecord

RIM_LABELS = {
    "air_gap_max_mm": "Standoff, largest at the rim",
    "air_gap_min_mm": "Standoff, least at the rim",
}
RIM_LIMIT = "air_gap_rim_mm"  # of the plan: bounds the size of both
LABELS = {
    "tilt_x_deg": "Tilt about x",
    "tilt_y_deg": "Tilt about y",
    "lateral_x_mm": "Lateral x",
    "lateral_y_mm": "Lateral y",
    "incidence_x_deg": "Incidence about x",
    "incidence_y_deg": "Incidence about y",
    "beam_incidence_deg": "Beam axis to surface normal",
    **RIM_LABELS,
    "coverage_fraction": "Coverage of the area at risk",
    "intrusion_mm": "Intrusion into the field",
}
LIMITED_LABELS = {
    "docking_tilt_deg": "Docking tilt",
    "docking_lateral_mm": "Docking lateral",
    "docking_gap_mm": "Docking gap",
    "incidence_deg": "Incidence (off the planned)",
    "air_gap_mm": "Standoff (air gap)",
    "ssd_error_mm": "SSD error",
    "coverage_fraction": "Coverage of the area at risk",
    "intrusion_mm": "Intrusion into the field",
}


def figures(record: FrameRecord, plan: Plan) -> tuple[Figure, ...]:
    """Return all quantities of one frame."""
    return tuple(_limited(record, plan)) + tuple(_others(record, plan))


def _limited(record: FrameRecord, plan: Plan) -> Iterator[Figure]:
    for quantity in limited_quantities(record.alignment, plan.limits):
        if quantity.name == RIM_LIMIT:
            continue
        value, sigma = _shown(quantity.measurement)
        yield Figure(
            name=quantity.name,
            label=LIMITED_LABELS[quantity.name],
            unit=_unit(quantity.name),
            value=value,
            sigma=sigma,
            lower=quantity.lower,
            upper=quantity.upper,
            planned=quantity.planned,
            why="" if value is not None else why_not_measured(quantity.name, record, plan),
        )


def _others(record: FrameRecord, plan: Plan) -> Iterator[Figure]:
    """What has no limit of its own; both extremes at the rim share theirs, as in the gate."""
    limited = {quantity.name for quantity in limited_quantities(record.alignment, plan.limits)}
    rim = plan.limits.air_gap_rim_maximum_mm
    for name, measurement in record.alignment.measurements():
        if name in limited or name not in LABELS:
            continue
        value, sigma = _shown(measurement)
        bound = rim if name in RIM_LABELS else None
        yield Figure(
            name=name,
            label=LABELS[name],
            unit=_unit(name),
            value=value,
            sigma=sigma,
            lower=None if bound is None else -bound,
            upper=bound,
            why="" if value is not None else why_not_measured(name, record, plan),
        )


def _shown(measurement: Measurement) -> tuple[float | None, float | None]:
    return measurement.value, measurement.sigma


def _unit(name: str) -> str:
    if name.endswith("_mm"):
        return "mm"
    return "deg" if name.endswith("_deg") else ""
