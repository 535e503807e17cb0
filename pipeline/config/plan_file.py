"""`plan.toml`: what it asks for is either understood and enforced, or the plan is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from calibration.text_file import content_id, read_text_file
from pipeline.config.limits_table import LimitsTable, limits_of
from pipeline.config.origin_tables import DicomTable, RegionTable, origin_of, region_of
from tracking.errors import ConfigurationError
from tracking.outline import Outline
from tracking.patient_region import PatientRegion
from tracking.plan import Plan
from tracking.strict_toml import Pair, StrictFile, StrictTable, Text, parse_toml

# DICOM (0018,5100)
PatientOrientation = Literal["HFS", "HFP", "HFDR", "HFDL", "FFS", "FFP", "FFDR", "FFDL"]


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


class OutlineTable(StrictTable):
    """`[area_at_risk]` and `[keep_out.NAME]`: drawn on one frame, in pixels of its depth grid."""

    frame_index: int
    outline_px: list[Pair]
    margin_mm: float = 0.0


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
    area_at_risk: OutlineTable | None = None
    keep_out: dict[Text, OutlineTable] | None = None
    area_at_risk_patient: RegionTable | None = None
    dicom: DicomTable | None = None


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
        limits = limits_of(file.limits)
    except ValueError as error:
        raise ConfigurationError(
            f"{what}: a limit makes no sense.",
            actual=str(error),
            remedy="Correct the limit in the plan.",
        ) from error
    area_at_risk, keep_out = _outlines(file, what)
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
        area_at_risk=area_at_risk,
        keep_out=keep_out,
        area_at_risk_patient=_region(file, what),
        origin=None if file.dicom is None else origin_of(file.dicom, what),
    )


def _region(file: PlanFile, what: str) -> PatientRegion | None:
    """The region of the patient's images, which must be limited to be held to."""
    if file.area_at_risk_patient is None:
        return None
    if file.limits.coverage_fraction is None:
        raise ConfigurationError(
            f"{what}: [area_at_risk_patient] cannot be held to as it is, and is never ignored.",
            expected="limits.coverage_fraction, for which it is marked",
            actual="no limit on coverage_fraction",
            remedy="Add the limit, or take the region out of the plan for this software.",
        )
    return region_of(file.area_at_risk_patient, what)


def _refuse_unsupported(file: PlanFile, what: str) -> None:
    if file.patient.bolus_mm is not None:
        raise ConfigurationError(
            f"{what}: a bolus is not supported yet.",
            expected="no key patient.bolus_mm",
            actual=f"patient.bolus_mm = {file.patient.bolus_mm}",
            remedy="A bolus changes the surface and the source distance: "
            "treat this plan without this software.",
        )


def _outlines(file: PlanFile, what: str) -> tuple[Outline | None, tuple[tuple[str, Outline], ...]]:
    """The area at risk and what to keep out, which must be limited to be held to."""
    area = None if file.area_at_risk is None else _outline("area_at_risk", file.area_at_risk, what)
    if area is not None and file.limits.coverage_fraction is None:
        raise ConfigurationError(
            f"{what}: [area_at_risk] cannot be held to as it is, and is never ignored.",
            expected="limits.coverage_fraction, for which it is marked",
            actual="no limit on coverage_fraction",
            remedy="Add the limit, or take the area out of the plan for this software.",
        )
    if file.keep_out is None:
        return area, ()
    if not file.keep_out or file.limits.intrusion_mm is None:
        raise ConfigurationError(
            f"{what}: [keep_out] cannot be held to as it is, and is never ignored.",
            expected="tables [keep_out.NAME], and limits.intrusion_mm, which they count in",
            actual="no table" if not file.keep_out else "no limit on intrusion_mm",
            remedy="Add what is missing, or check the structures by eye and take them out of the "
            "plan for this software.",
        )
    keep_out = tuple(
        (name, _outline(f"keep_out.{name}", table, what)) for name, table in file.keep_out.items()
    )
    return area, keep_out


def _outline(name: str, table: OutlineTable, what: str) -> Outline:
    try:
        corners = tuple((u, v) for u, v in table.outline_px)
        return Outline(table.frame_index, corners, table.margin_mm)
    except ValueError as error:
        raise ConfigurationError(
            f"{what}: the outline [{name}] makes no sense.",
            expected="a simple polygon in pixels of the depth picture of frame frame_index",
            actual=str(error),
            remedy="Draw the outline again.",
        ) from error
