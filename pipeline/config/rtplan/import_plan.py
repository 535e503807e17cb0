"""An RT Plan, held against site and catalogue, as the text of a `plan.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.config.catalogue_file import Catalogue
from pipeline.config.config_tables import plan_table
from pipeline.config.plan_file import parse_plan
from pipeline.config.rtplan.angles import beam_direction_lps
from pipeline.config.rtplan.area_in_field import check_area_in_field
from pipeline.config.rtplan.beam import choose_beam, read_beam
from pipeline.config.rtplan.dicom_file import RT_PLAN, RT_STRUCTURE_SET, read_dicom
from pipeline.config.rtplan.header import (
    PlanHeader,
    check_fractions,
    patient_position,
    read_header,
)
from pipeline.config.rtplan.machine_checks import find_applicator, find_machine
from pipeline.config.rtplan.structure_set import read_region, uid_sha256
from pipeline.config.rtplan.tolerances import tightened
from pipeline.config.site import Machine, Site
from pipeline.config.site_check import check_plan_against_site
from tracking.applicator import Applicator
from tracking.errors import ConfigurationError
from tracking.patient_region import PatientRegion
from tracking.plan import Limits, Plan
from tracking.plan_origin import PlanOrigin
from tracking.strict_toml import SCHEMA_VERSION
from tracking.toml_text import toml_text


@dataclass(frozen=True, eq=False)
class ImportedPlan:
    """A plan that agrees with its site and catalogue, and the file that says so."""

    plan: Plan
    applicator: Applicator
    text: str


def import_plan(
    path: Path,
    site: Site,
    catalogue: Catalogue,
    *,
    structure_set_path: Path | None = None,
    beam_number: int | None = None,
    plan_id: str | None = None,
    position: str | None = None,
) -> ImportedPlan:
    """Read an RT Plan and what belongs to it; nothing is written.

    Parameters
    ----------
    position : str or None
        How the patient lies, as whoever imports the plan sees it: HFS, ... No file can tell
        whether the plan has it right; None leaves that to the eye.

    Raises
    ------
    ConfigurationError
        A file cannot be read, is not approved or contradicts site, catalogue or itself, or asks
        for what this software cannot hold it to.
    """
    file = read_dicom(path, RT_PLAN)
    header = read_header(file.attributes, plan_id)
    beam = read_beam(choose_beam(file.attributes, beam_number))
    check_fractions(file.attributes, beam)
    machine = find_machine(beam, site)
    applicator = find_applicator(beam, machine, site, catalogue)
    orientation = patient_position(file.attributes, beam)
    _check_position(orientation, position)
    direction = beam_direction_lps(beam.angles, machine.angle_convention, orientation)
    limits, names = tightened(_plan_limits(machine, site), file.attributes, beam)
    region = None
    if structure_set_path is not None:
        region = _region(structure_set_path, site, header, limits)
        check_area_in_field(region, beam, direction, applicator)
    plan = Plan(
        id="",  # that of the text, below
        plan_id=header.plan_id,
        patient_id=header.patient_id,
        approved=True,
        machine=machine.name,
        applicator_id=applicator.id,
        limits=limits,
        energy_mev=beam.energy_mev,
        ssd_mm=beam.ssd_mm,
        head_roll_deg=beam.angles.gantry_deg,
        head_pitch_deg=beam.angles.pitch_deg,
        patient_orientation=orientation,
        area_at_risk_patient=region,
        origin=PlanOrigin(
            file_sha256=file.sha256,
            sop_instance_sha256=uid_sha256(header.sop_instance_uid),
            site=site.id,
            beam_number=beam.number,
            angle_convention=machine.angle_convention,
            gantry_angle_deg=beam.angles.gantry_deg,
            gantry_pitch_deg=beam.angles.pitch_deg,
            collimator_deg=beam.collimator_deg,
            couch_deg=beam.angles.couch_deg,
            beam_direction_lps=direction,
            tightened_by_table=names,
        ),
    )
    text = toml_text({"schema": SCHEMA_VERSION, **plan_table(plan)})
    written = parse_plan(text, f"the plan imported from {path}")
    check_plan_against_site(written, applicator, site)
    return ImportedPlan(written, applicator, text)


def _check_position(planned: str, seen: str | None) -> None:
    if seen is not None and seen != planned:
        raise ConfigurationError(
            "The patient lies otherwise than the plan says.",
            expected=f"Patient Position (0018,5100) {seen}",
            actual=planned,
            remedy="Find out for which position the plan was made before anything else.",
        )


def _plan_limits(machine: Machine, site: Site) -> Limits:
    if machine.plan_limits is None:
        raise ConfigurationError(
            f"The site {site.site_id} sets no limits for imported plans of {machine.name}.",
            expected=f"[machine.{machine.name}.plan_limits] with the six mandatory limits",
            actual="none; DICOM cannot carry them",
            remedy="Add the limits to the site file; they may not be looser than its caps.",
        )
    return machine.plan_limits


def _region(path: Path, site: Site, header: PlanHeader, limits: Limits) -> PatientRegion:
    """The area at risk, where the site says which region that is and how much must be covered."""
    if site.area_at_risk_pattern is None or limits.coverage_minimum_fraction is None:
        raise ConfigurationError(
            f"The site {site.site_id} does not say what to do with a structure set.",
            expected="area_at_risk_pattern, and coverage_fraction in the machine's plan_limits",
            actual="no area_at_risk_pattern"
            if site.area_at_risk_pattern is None
            else "no limit on coverage_fraction",
            remedy="Add what is missing, or import the plan without --rtstruct.",
        )
    if not header.is_in_patient_space:
        raise ConfigurationError(
            "The plan is not made in the patient's images, so no region belongs to it.",
            expected="RT Plan Geometry (300A,000C) PATIENT",
            actual="another one",
            remedy="Import the plan without --rtstruct.",
        )
    file = read_dicom(path, RT_STRUCTURE_SET)
    return read_region(file.attributes, file.sha256, site.area_at_risk_pattern, header)
