"""Every quantity of DESIGN section 2, as one value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from tracking.measurement import NOT_OBSERVABLE, Measurement


@dataclass(frozen=True)
class ApplicatorIdentity:
    """Which applicator the image shows; `decided` only where the evidence rules out the rest."""

    value: str | None = None
    diameter_mm: float | None = None
    bevel_deg: float | None = None
    decided: bool = False


@dataclass(frozen=True)
class Alignment:
    """Geometry of one frame against which the plan is held. Signs: see CONVENTIONS.md."""

    docking_tilt_deg: Measurement = NOT_OBSERVABLE
    tilt_x_deg: Measurement = NOT_OBSERVABLE
    tilt_y_deg: Measurement = NOT_OBSERVABLE
    docking_lateral_mm: Measurement = NOT_OBSERVABLE
    lateral_x_mm: Measurement = NOT_OBSERVABLE
    lateral_y_mm: Measurement = NOT_OBSERVABLE
    docking_gap_mm: Measurement = NOT_OBSERVABLE
    incidence_deg: Measurement = NOT_OBSERVABLE
    incidence_x_deg: Measurement = NOT_OBSERVABLE
    incidence_y_deg: Measurement = NOT_OBSERVABLE
    beam_incidence_deg: Measurement = NOT_OBSERVABLE
    air_gap_mm: Measurement = NOT_OBSERVABLE
    air_gap_max_mm: Measurement = NOT_OBSERVABLE
    air_gap_min_mm: Measurement = NOT_OBSERVABLE
    ssd_error_mm: Measurement = NOT_OBSERVABLE
    coverage_fraction: Measurement = NOT_OBSERVABLE
    intrusion_mm: Measurement = NOT_OBSERVABLE
    applicator_id: ApplicatorIdentity = ApplicatorIdentity()

    def measurements(self) -> Iterator[tuple[str, Measurement]]:
        """(name, measurement) of every quantity, in the order of the record."""
        for entry in fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, Measurement):
                yield entry.name, value
