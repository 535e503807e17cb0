"""Holds a plan to its site's rules: the site may only be tightened, never loosened."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.config.machine_values import check_machine_values
from pipeline.config.planned import BUILT_IN, PlannedRanges, beyond_ranges
from pipeline.config.site import Caps, Site
from tracking.applicator import Applicator
from tracking.errors import ConfigurationError
from tracking.plan import Limits, Plan


def check_plan_against_site(plan: Plan, applicator: Applicator, site: Site) -> None:
    """Refuse a plan that is looser than the site allows or speaks another language.

    Raises
    ------
    ConfigurationError
        A limit looser than its cap (or left out where the site caps it), an applicator id that
        the site's pattern cannot read or reads otherwise, goals outside the site's ranges, head
        angles on a machine whose angle convention the site does not declare, or numbers that
        machine and cone cannot have.
    """
    looser = list(looser_than_caps(plan.limits, site.caps))
    if looser:
        raise ConfigurationError(
            f"The plan {plan.plan_id} is looser than the site {site.site_id} allows.",
            expected="; ".join(expected for expected, _ in looser),
            actual="; ".join(actual for _, actual in looser),
            remedy="Tighten the plan; only the site's owner may change the caps.",
        )
    check_goals(plan, applicator, site.planned)
    if site.applicator_pattern is not None:
        _check_applicator_id(plan, applicator, site, site.applicator_pattern)
    has_angles = plan.head_roll_deg is not None or plan.head_pitch_deg is not None
    if has_angles and plan.machine not in site.machines:
        raise ConfigurationError(
            f"The plan {plan.plan_id} sets head angles, and the site {site.site_id} does not say "
            f"how the machine {plan.machine} counts them.",
            expected=f"[machine.{plan.machine}] with angle_convention in the site file",
            actual=f"machines: {', '.join(site.machines) or 'none'}",
            remedy="Declare the machine's angle convention, or take the angles out of the plan.",
        )
    check_machine_values(plan, site.machines.get(plan.machine), applicator)


def check_goals(plan: Plan, applicator: Applicator, ranges: PlannedRanges = BUILT_IN) -> None:
    """Refuse a plan that aims where nobody docks; the default ranges hold without a site.

    Raises
    ------
    ConfigurationError
        A planned docking gap that is not of the cone's kind of docking, or a planned gap,
        standoff or incidence outside `ranges`.
    """
    beyond = list(beyond_ranges(plan.limits, ranges, applicator.docking))
    if beyond:
        raise ConfigurationError(
            f"The plan {plan.plan_id} aims at what nobody plans.",
            expected="; ".join(expected for expected, _ in beyond),
            actual="; ".join(actual for _, actual in beyond),
            remedy="Correct the plan: look for another unit, a sign or another machine's docking. "
            "Only the site's owner may change [planned], and only tighten it.",
        )


def looser_than_caps(limits: Limits, caps: Caps) -> Iterator[tuple[str, str]]:
    """(expected, actual) of every limit that is looser than its cap."""
    tolerances = (
        ("docking_tilt_deg", limits.docking_tilt_deg.tolerance, caps.docking_tilt_deg),
        ("docking_lateral_mm", limits.docking_lateral_mm.tolerance, caps.docking_lateral_mm),
        ("docking_gap_mm", limits.docking_gap_mm.tolerance, caps.docking_gap_mm),
        ("incidence_deg", limits.incidence_deg.tolerance, caps.incidence_deg),
        ("air_gap_mm", limits.air_gap_mm.tolerance, caps.air_gap_mm),
        ("ssd_error_mm", limits.ssd_error_mm.tolerance, caps.ssd_error_mm),
        ("intrusion_mm", limits.intrusion_maximum_mm, caps.intrusion_maximum_mm),
        ("air_gap_rim_mm", limits.air_gap_rim_maximum_mm, caps.air_gap_rim_maximum_mm),
    )
    for name, value, cap in tolerances:
        if cap is not None and (value is None or not value <= cap):
            yield f"{name} at most {cap:g}", f"{name} {_number(value)}"
    least = caps.coverage_minimum_fraction
    coverage = limits.coverage_minimum_fraction
    if least is not None and (coverage is None or not coverage >= least):
        yield f"coverage_fraction at least {least:g}", f"coverage_fraction {_number(coverage)}"


def _number(value: float | None) -> str:
    return "not limited" if value is None else f"{value:g}"


def _check_applicator_id(
    plan: Plan, applicator: Applicator, site: Site, pattern: re.Pattern[str]
) -> None:
    found = pattern.fullmatch(plan.applicator_id)
    if found is None:
        raise ConfigurationError(
            f"The site {site.site_id} cannot read the plan's applicator id.",
            expected=f"an id that matches {pattern.pattern}",
            actual=plan.applicator_id,
            remedy="Correct the id in the plan, or the site's applicator_pattern.",
        )
    read = tuple(_as_number(found[group]) for group in ("diameter", "bevel"))
    entry = (applicator.inner_diameter_mm, applicator.bevel_deg)
    if read != entry:
        raise ConfigurationError(
            f"The applicator id {plan.applicator_id} and its catalogue entry disagree.",
            expected=f"diameter {entry[0]:g} mm and bevel {entry[1]:g} deg, as catalogued",
            actual=f"the id reads diameter {read[0]} mm and bevel {read[1]} deg",
            remedy="Find out which cone is meant before anything else; then correct the other.",
        )


def _as_number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
