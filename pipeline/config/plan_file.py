"""`plan.toml`: what it asks for is either understood and enforced, or the plan is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from calibration.text_file import content_id, read_text_file
from tracking.errors import ConfigurationError
from tracking.plan import Limits, Plan, Tolerance, VectorTolerance
from tracking.strict_toml import Pair, StrictFile, StrictTable, Text, parse_toml

# DICOM (0018,5100)
PatientOrientation = Literal["HFS", "HFP", "HFDR", "HFDL", "FFS", "FFP", "FFDR", "FFDL"]


class ToleranceTable(StrictTable):
    """`{planned, tolerance}` of one number."""

    planned: float
    tolerance: float


class VectorToleranceTable(StrictTable):
    """`{planned = [x, y], tolerance}`."""

    planned: Pair
    tolerance: float


class MinimumTable(StrictTable):
    """`{minimum}`."""

    minimum: float


class MaximumTable(StrictTable):
    """`{maximum}`."""

    maximum: float


class LimitsTable(StrictTable):
    """`[limits]`: the first six are mandatory."""

    docking_tilt_deg: ToleranceTable
    docking_lateral_mm: ToleranceTable
    docking_gap_mm: ToleranceTable
    incidence_deg: VectorToleranceTable
    air_gap_mm: ToleranceTable
    ssd_error_mm: ToleranceTable
    coverage_fraction: MinimumTable | None = None
    intrusion_mm: MaximumTable | None = None
    air_gap_rim_mm: MaximumTable | None = None


class BeamTable(StrictTable):
    """`[beam]`."""

    energy_mev: float | None = Field(default=None, gt=0)
    ssd_mm: float | None = Field(default=None, gt=0)
    head_roll_deg: float | None = None
    head_pitch_deg: float | None = None


class PatientTable(StrictTable):
    """`[patient]`."""

    orientation: PatientOrientation | None = None
    bolus_mm: float | None = None


class PlanFile(StrictFile):
    """`plan.toml` as written."""

    plan_id: Text
    patient_id: Text
    approved: bool
    machine: Text
    applicator: Text
    limits: LimitsTable
    beam: BeamTable = BeamTable()
    patient: PatientTable = PatientTable()
    area_at_risk: object = None
    keep_out: object = None


def read_plan(path: Path) -> Plan:
    """Read `plan.toml`.

    Raises
    ------
    ConfigurationError
        The file is missing, unreadable or malformed, a limit makes no sense, or the plan asks
        for what this software cannot hold it to.
    """
    return parse_plan(read_text_file(path, "plan"), str(path))


def parse_plan(text: str, what: str) -> Plan:
    """Parse the text of a plan file; `what` names it in messages. Raises as `read_plan`."""
    file = parse_toml(text, PlanFile, what)
    _refuse_unsupported(file, what)
    try:
        limits = _limits(file.limits)
    except ValueError as error:
        raise ConfigurationError(
            f"{what}: a limit makes no sense.",
            actual=str(error),
            remedy="Correct the limit in the plan.",
        ) from error
    return Plan(
        id=content_id(file.plan_id, text),
        plan_id=file.plan_id,
        patient_id=file.patient_id,
        approved=file.approved,
        machine=file.machine,
        applicator_id=file.applicator,
        limits=limits,
        energy_mev=file.beam.energy_mev,
        ssd_mm=file.beam.ssd_mm,
        head_roll_deg=file.beam.head_roll_deg,
        head_pitch_deg=file.beam.head_pitch_deg,
        patient_orientation=file.patient.orientation,
    )


def _limits(table: LimitsTable) -> Limits:
    coverage, intrusion, rim = table.coverage_fraction, table.intrusion_mm, table.air_gap_rim_mm
    return Limits(
        docking_tilt_deg=_tolerance("docking_tilt_deg", table.docking_tilt_deg),
        docking_lateral_mm=_tolerance("docking_lateral_mm", table.docking_lateral_mm),
        docking_gap_mm=_tolerance("docking_gap_mm", table.docking_gap_mm),
        incidence_deg=_vector_tolerance("incidence_deg", table.incidence_deg),
        air_gap_mm=_tolerance("air_gap_mm", table.air_gap_mm),
        ssd_error_mm=_tolerance("ssd_error_mm", table.ssd_error_mm),
        coverage_minimum_fraction=None if coverage is None else coverage.minimum,
        intrusion_maximum_mm=None if intrusion is None else intrusion.maximum,
        air_gap_rim_maximum_mm=None if rim is None else rim.maximum,
    )


def _tolerance(name: str, table: ToleranceTable) -> Tolerance:
    try:
        return Tolerance(table.planned, table.tolerance)
    except ValueError as error:
        raise ValueError(f"limits.{name}: {error}") from error


def _vector_tolerance(name: str, table: VectorToleranceTable) -> VectorTolerance:
    x, y = table.planned
    try:
        return VectorTolerance((x, y), table.tolerance)
    except ValueError as error:
        raise ValueError(f"limits.{name}: {error}") from error


def _refuse_unsupported(file: PlanFile, what: str) -> None:
    if file.patient.bolus_mm is not None:
        raise ConfigurationError(
            f"{what}: a bolus is not supported yet.",
            expected="no key patient.bolus_mm",
            actual=f"patient.bolus_mm = {file.patient.bolus_mm}",
            remedy="A bolus changes the surface and the source distance: "
            "treat this plan without this software.",
        )
    for name, value in (("area_at_risk", file.area_at_risk), ("keep_out", file.keep_out)):
        if value is not None:  # an empty table, too, asks for something
            raise ConfigurationError(
                f"{what}: [{name}] is not supported yet and is never ignored.",
                expected=f"no table {name}",
                actual=f"{name} is in the plan",
                remedy="Check it by eye and take it out of the plan for this software, "
                "or do not use this software for the plan.",
            )
