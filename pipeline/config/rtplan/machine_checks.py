"""A beam held against site and catalogue: for which machine, with which cone."""

from __future__ import annotations

from pipeline.config.catalogue_file import Catalogue
from pipeline.config.machine_values import unit_hint
from pipeline.config.rtplan.beam import ElectronBeam
from pipeline.config.site import Machine, Site
from tracking.applicator import Applicator
from tracking.errors import ConfigurationError

OPENING_AGREEMENT_MM = 0.5  # of a plan's opening and the catalogue's inner diameter
DIAMETER_AGREEMENT_MM = 1e-6
UNIT_MM = {"mm": 1.0, "cm": 10.0}


def find_machine(beam: ElectronBeam, site: Site) -> Machine:
    """Return the machine that the beam is planned for.

    Raises
    ------
    ConfigurationError
        The site does not declare it, and with it how it counts its angles.
    """
    for machine in site.machines.values():
        if beam.machine_name == machine.name or beam.machine_name in machine.dicom_names:
            return machine
    known = [n for m in site.machines.values() for n in (m.name, *m.dicom_names)]
    raise ConfigurationError(
        f"The site {site.site_id} does not declare the plan's machine, nor how it counts angles.",
        expected=f"Treatment Machine Name (300A,00B2) one of {', '.join(known) or 'none'}",
        actual=beam.machine_name,
        remedy="Declare [machine.NAME] with angle_convention and dicom_names in the site file.",
    )


def find_applicator(
    beam: ElectronBeam, machine: Machine, site: Site, catalogue: Catalogue
) -> Applicator:
    """Return the catalogue's one entry that the beam's applicator id means.

    Raises
    ------
    ConfigurationError
        The id cannot be read, no entry or more than one fits, or the opening is another one.
    """
    pattern = machine.applicator_pattern or site.applicator_pattern
    unit_mm = UNIT_MM[machine.applicator_unit] if machine.applicator_pattern else 1.0
    if pattern is None:
        raise ConfigurationError(
            f"The site {site.site_id} does not say how to read applicator ids.",
            expected="applicator_pattern, or one of the machine",
            remedy="Add the pattern to the site file.",
        )
    found = pattern.fullmatch(beam.applicator_id)
    try:
        diameter_mm = None if found is None else float(found["diameter"]) * unit_mm
        bevel_deg = None if found is None else float(found["bevel"])
    except (TypeError, ValueError):
        diameter_mm = bevel_deg = None
    if diameter_mm is None or bevel_deg is None:
        raise ConfigurationError(
            f"The site {site.site_id} cannot read the plan's applicator id.",
            expected=f"an Applicator ID (300A,0108) that matches {pattern.pattern}",
            actual=beam.applicator_id,
            remedy="Correct the id in the planning system, or the pattern in the site file.",
        )
    applicator = _entry(beam, machine, catalogue, diameter_mm, bevel_deg)
    opening_mm = beam.opening_mm
    if opening_mm is not None and not (
        abs(opening_mm - applicator.inner_diameter_mm) <= OPENING_AGREEMENT_MM
    ):
        raise ConfigurationError(
            "The opening of the plan's applicator is not that of its id.",
            expected=f"{applicator.inner_diameter_mm:g} mm, as {applicator.id}",
            actual=f"Applicator Opening (300A,0433) {opening_mm:g} mm"
            + unit_hint(opening_mm, applicator.inner_diameter_mm),
            remedy="Find out which cone is meant before anything else.",
        )
    return applicator


def _entry(
    beam: ElectronBeam,
    machine: Machine,
    catalogue: Catalogue,
    diameter_mm: float,
    bevel_deg: float,
) -> Applicator:
    fitting = [
        entry
        for entry in catalogue.applicators.values()
        if entry.machine == machine.name
        and abs(entry.inner_diameter_mm - diameter_mm) <= DIAMETER_AGREEMENT_MM
        and entry.bevel_deg == bevel_deg
    ]
    named = [entry for entry in fitting if entry.id == beam.applicator_id]
    if len(named or fitting) == 1:
        return (named or fitting)[0]
    raise ConfigurationError(
        f"The applicator {beam.applicator_id} is not one entry of the catalogue {catalogue.id}.",
        expected=f"one of the machine {machine.name}, diameter {diameter_mm:g} mm, "
        f"bevel {bevel_deg:g} deg",
        actual=", ".join(entry.id for entry in fitting) or "none",
        remedy="Correct the plan, or name your site's catalogue with --catalogue.",
    )
