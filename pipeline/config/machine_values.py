"""What a plan asks of its machine, held against what machine and cone can have.

Most numbers in another unit, with another sign or for another machine do not pass here.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.config.planned import AGREEMENT
from pipeline.config.site import Machine
from tracking.applicator import Applicator
from tracking.errors import ConfigurationError
from tracking.plan import Plan

SSD_AGREEMENT_MM = 1.0  # planning systems round; an air gap of 1 mm is not planned this way
SSD_RANGE_MM = (300.0, 1500.0)  # of any electron machine; for cones without a catalogued SSD
ENERGY_RANGE_MEV = (2.0, 30.0)
ANGLE_RANGE_DEG = (-180.0, 180.0)
ENERGY_AGREEMENT_MEV = 1e-3
STEP_AGREEMENT_DEG = 1e-4  # of an angle and a multiple of the machine's step
UNIT_FACTORS = {"cm": 10.0, "m": 1000.0, "inches": 25.4}
UNIT_AGREEMENT = 0.02
USUAL_SSD_MM = 500.0  # for the hint alone


def check_machine_values(plan: Plan, machine: Machine | None, applicator: Applicator) -> None:
    """Refuse what this machine and cone cannot have; `machine` is None where none is declared.

    Raises
    ------
    ConfigurationError
        A source distance that is not the cone's, an energy or a head angle that the machine
        cannot be set to, or another docking than the site's for this machine.
    """
    if plan.ssd_mm is not None:
        check_ssd(plan.ssd_mm, applicator)
    if machine is None:
        check_beam(plan)
        return
    if plan.energy_mev is not None:
        check_energy(plan.energy_mev, machine)
    if plan.head_roll_deg is not None:
        check_angle("roll", plan.head_roll_deg, machine.roll_range_deg, machine)
    if plan.head_pitch_deg is not None:
        check_angle("pitch", plan.head_pitch_deg, machine.pitch_range_deg, machine)
    other = list(_other_docking(plan, machine))
    if other:
        raise ConfigurationError(
            f"The plan {plan.plan_id} docks otherwise than the machine {machine.name} does.",
            expected="; ".join(expected for expected, _ in other),
            actual="; ".join(actual for _, actual in other),
            remedy="Correct the plan, or plan_limits of the machine in the site file.",
        )


def check_beam(plan: Plan) -> None:
    """Refuse beam values that no electron machine has, where no machine is declared.

    Raises
    ------
    ConfigurationError
        In another unit, or mistyped.
    """
    for name, value, (low, high) in (
        ("energy_mev", plan.energy_mev, ENERGY_RANGE_MEV),
        ("ssd_mm", plan.ssd_mm, SSD_RANGE_MM),
        ("head_roll_deg", plan.head_roll_deg, ANGLE_RANGE_DEG),
        ("head_pitch_deg", plan.head_pitch_deg, ANGLE_RANGE_DEG),
    ):
        if value is not None and not low <= value <= high:
            raise ConfigurationError(
                f"The plan {plan.plan_id} has a beam that no electron machine has.",
                expected=f"beam.{name} {low:g} to {high:g}",
                actual=f"beam.{name} {value:g}",
                remedy="Correct the plan: look for another unit.",
            )


def check_ssd(ssd_mm: float, applicator: Applicator) -> None:
    """Refuse a source to surface distance that is not the cone's. Raises ConfigurationError."""
    wanted = applicator.ssd_mm
    low, high = SSD_RANGE_MM
    if wanted is not None:
        low, high = wanted - SSD_AGREEMENT_MM, wanted + SSD_AGREEMENT_MM
    if not low <= ssd_mm <= high:
        raise ConfigurationError(
            "The plan's source to surface distance is not that of its applicator.",
            expected=f"{low:g} to {high:g} mm, for {applicator.id}",
            actual=f"{ssd_mm:g} mm{unit_hint(ssd_mm, wanted or USUAL_SSD_MM)}",
            remedy="Correct the plan, or the catalogue's ssd_mm; no air gap is planned this way.",
        )


def check_energy(energy_mev: float, machine: Machine) -> None:
    """Refuse an energy that the machine does not have. Raises ConfigurationError."""
    low, high = ENERGY_RANGE_MEV
    is_known, expected = low <= energy_mev <= high, f"{low:g} to {high:g}"
    if machine.energies_mev:
        offs = (abs(energy_mev - energy) for energy in machine.energies_mev)
        is_known = min(offs) <= ENERGY_AGREEMENT_MEV
        expected = ", ".join(f"{energy:g}" for energy in machine.energies_mev)
    if not is_known:
        raise ConfigurationError(
            f"The machine {machine.name} has no such energy.",
            expected=f"{expected} MeV",
            actual=f"{energy_mev:g} MeV",
            remedy="Correct the plan, or energies_mev in the site file.",
        )


def check_angle(
    name: str, angle_deg: float, limits: tuple[float, float] | None, machine: Machine
) -> None:
    """Refuse a head angle that nobody can set. Raises ConfigurationError."""
    step_deg = machine.angle_step_deg
    if step_deg is not None:
        off_deg = abs(angle_deg - round(angle_deg / step_deg) * step_deg)
        if off_deg > STEP_AGREEMENT_DEG:
            raise ConfigurationError(
                f"The plan's head {name} is none that the machine {machine.name} can be set to.",
                expected=f"a multiple of {step_deg:g} deg",
                actual=f"{angle_deg:g} deg: in radians?",
                remedy="Correct the plan, or angle_step_deg in the site file.",
            )
    if limits is not None and not limits[0] <= angle_deg <= limits[1]:
        raise ConfigurationError(
            f"The plan's head {name} is beyond what the machine {machine.name} can do.",
            expected=f"{limits[0]:g} to {limits[1]:g} deg",
            actual=f"{angle_deg:g} deg",
            remedy="Look for a mirrored sign, or another machine's plan.",
        )


def unit_hint(actual_mm: float, expected_mm: float) -> str:
    """`: in cm?` where the two differ by the factor of a unit."""
    for unit, factor in UNIT_FACTORS.items():
        if abs(actual_mm * factor / expected_mm - 1.0) <= UNIT_AGREEMENT:
            return f": in {unit}?"
    return ""


def _other_docking(plan: Plan, machine: Machine) -> Iterator[tuple[str, str]]:
    """(expected, actual) of a gap planned otherwise: docking is the machine's, no patient's."""
    if machine.plan_limits is None:
        return
    wanted = machine.plan_limits.docking_gap_mm.planned
    found = plan.limits.docking_gap_mm.planned
    if not abs(found - wanted) <= AGREEMENT:
        hint = unit_hint(found, wanted) if wanted else ""
        yield f"docking_gap_mm planned {wanted:g}", f"docking_gap_mm planned {found:g}{hint}"
