"""The plan: what the geometry shall be, and by how much it may differ."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from tracking.outline import Outline
from tracking.patient_region import PatientRegion
from tracking.plan_origin import PlanOrigin


@dataclass(frozen=True)
class Tolerance:
    """|value - planned| + k sigma <= tolerance."""

    planned: float
    tolerance: float

    def __post_init__(self) -> None:
        if not isfinite(self.planned):
            raise ValueError(f"planned must be finite, got {self.planned}")
        if not (isfinite(self.tolerance) and self.tolerance > 0):
            raise ValueError(f"tolerance must be positive, got {self.tolerance}")


@dataclass(frozen=True)
class VectorTolerance:
    """Length of (x, y) - planned, plus k sigma, at most tolerance."""

    planned: tuple[float, float]
    tolerance: float

    def __post_init__(self) -> None:
        if not all(isfinite(component) for component in self.planned):
            raise ValueError(f"planned must be finite, got {self.planned}")
        if not (isfinite(self.tolerance) and self.tolerance > 0):
            raise ValueError(f"tolerance must be positive, got {self.tolerance}")


@dataclass(frozen=True)
class Limits:
    """The limits of one plan; the first six are mandatory, None means not asked for."""

    docking_tilt_deg: Tolerance
    docking_lateral_mm: Tolerance
    docking_gap_mm: Tolerance
    incidence_deg: VectorTolerance
    air_gap_mm: Tolerance
    ssd_error_mm: Tolerance
    coverage_minimum_fraction: float | None = None
    intrusion_maximum_mm: float | None = None
    air_gap_rim_maximum_mm: float | None = None

    def __post_init__(self) -> None:
        if self.docking_tilt_deg.planned < 0 or self.docking_lateral_mm.planned < 0:
            raise ValueError("docking tilt and lateral are lengths: planned must not be negative")
        coverage = self.coverage_minimum_fraction
        if coverage is not None and not (0 < coverage <= 1):
            raise ValueError(f"coverage_fraction minimum must be in (0, 1], got {coverage}")
        for name in ("intrusion_maximum_mm", "air_gap_rim_maximum_mm"):
            value = getattr(self, name)
            if value is not None and not (isfinite(value) and value > 0):
                raise ValueError(f"{name} must be positive, got {value}")


@dataclass(frozen=True)
class Plan:
    """One treatment geometry; `id` is the content's identity, `plan_id` the site's name."""

    id: str
    plan_id: str
    patient_id: str
    approved: bool
    machine: str
    applicator_id: str
    limits: Limits
    energy_mev: float | None = None
    ssd_mm: float | None = None
    head_roll_deg: float | None = None  # shown; gated only where an inclinometer exists
    head_pitch_deg: float | None = None
    patient_orientation: str | None = None
    area_at_risk: Outline | None = None
    keep_out: tuple[tuple[str, Outline], ...] = ()  # structures by name
    # Says what was meant. No patient is registered to the bed: coverage comes from `area_at_risk`.
    area_at_risk_patient: PatientRegion | None = None
    origin: PlanOrigin | None = None  # of a plan that was read from a DICOM file

    def __post_init__(self) -> None:
        if self.keep_out and self.limits.intrusion_maximum_mm is None:
            raise ValueError("structures to keep out need a limit on intrusion_mm")
        is_marked = self.area_at_risk is not None or self.area_at_risk_patient is not None
        if is_marked and self.limits.coverage_minimum_fraction is None:
            raise ValueError("an area at risk needs a limit on coverage_fraction")
