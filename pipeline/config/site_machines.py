"""`[machine.NAME]` of a site file: how a machine counts, and what its DICOM plans cannot say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.limits_table import LimitsTable, limits_of
from pipeline.config.planned import PlannedRanges, beyond_ranges
from pipeline.config.site import AngleConvention, Caps, Machine
from pipeline.config.site_check import looser_than_caps
from tracking.errors import ConfigurationError
from tracking.plan import Limits
from tracking.strict_toml import Pair, StrictTable, Text

PATTERN_GROUPS = {"diameter", "bevel"}

Positive = Annotated[float, Field(gt=0)]


class MachineTable(StrictTable):
    """`[machine.NAME]`; all but the first key serve the import of DICOM plans."""

    angle_convention: AngleConvention
    dicom_names: list[Text] = Field(default=[])
    applicator_pattern: Text | None = None
    applicator_diameter_unit: Literal["mm", "cm"] | None = None
    energies_mev: list[Positive] = Field(default=[])
    angle_step_deg: Positive | None = None
    roll_range_deg: Pair | None = None
    pitch_range_deg: Pair | None = None
    plan_limits: LimitsTable | None = None


def parse_machines(
    tables: Mapping[str, MachineTable], caps: Caps, planned: PlannedRanges, what: str
) -> dict[str, Machine]:
    """Return the machines by name.

    Raises
    ------
    ConfigurationError
        One DICOM name means two machines, a range or a limit makes no sense, or the limits of
        imported plans are looser than the site's own caps or ranges.
    """
    machines = {name: _machine(name, table, caps, planned, what) for name, table in tables.items()}
    owner: dict[str, str] = {}
    for machine in machines.values():
        for name in machine.dicom_names:
            if owner.setdefault(name, machine.name) != machine.name:
                raise ConfigurationError(
                    f"{what}: one name in DICOM plans means two machines.",
                    expected=f"{name} in the dicom_names of one machine",
                    actual=f"machine.{owner[name]} and machine.{machine.name}",
                    remedy="Remove it from one of them.",
                )
    return machines


def applicator_pattern(text: str | None, key: str, what: str) -> re.Pattern[str] | None:
    """Compile a pattern that reads diameter and bevel. Raises ConfigurationError."""
    if text is None:
        return None
    pattern = pattern_of(text, key, what)
    if set(pattern.groupindex) != PATTERN_GROUPS:
        raise ConfigurationError(
            f"{what}: {key} must name what it reads.",
            expected="the groups (?P<diameter>...) and (?P<bevel>...) in degrees",
            actual=f"groups {', '.join(sorted(pattern.groupindex)) or 'none'}",
            remedy=r"Write for example 'MOB-D(?P<diameter>\d+)-B(?P<bevel>\d+)'.",
        )
    return pattern


def pattern_of(text: str, key: str, what: str) -> re.Pattern[str]:
    """Compile a pattern. Raises ConfigurationError where it is none."""
    try:
        return re.compile(text)
    except re.error as error:
        raise ConfigurationError(
            f"{what}: {key} is not a regular expression.",
            actual=f"{text}: {error}",
            remedy="Correct the pattern; in TOML write it between single quotes.",
        ) from error


def _machine(
    name: str, table: MachineTable, caps: Caps, planned: PlannedRanges, what: str
) -> Machine:
    key = f"machine.{name}"
    if (table.applicator_pattern is None) != (table.applicator_diameter_unit is None):
        raise ConfigurationError(
            f"{what}: {key} reads applicator ids in an unknown unit.",
            expected="applicator_pattern and applicator_diameter_unit, or neither",
            remedy='Say in which unit the ids count: "mm", or "cm" as in C6B30.',
        )
    return Machine(
        name=name,
        angle_convention=table.angle_convention,
        dicom_names=tuple(table.dicom_names),
        applicator_pattern=applicator_pattern(
            table.applicator_pattern, f"{key}.applicator_pattern", what
        ),
        applicator_unit=table.applicator_diameter_unit or "mm",
        energies_mev=tuple(table.energies_mev),
        angle_step_deg=table.angle_step_deg,
        roll_range_deg=_range(table.roll_range_deg, f"{key}.roll_range_deg", what),
        pitch_range_deg=_range(table.pitch_range_deg, f"{key}.pitch_range_deg", what),
        plan_limits=_plan_limits(table.plan_limits, caps, planned, f"{key}.plan_limits", what),
    )


def _range(pair: list[float] | None, key: str, what: str) -> tuple[float, float] | None:
    if pair is None:
        return None
    low, high = pair
    if not -180.0 <= low < high <= 180.0:
        raise ConfigurationError(
            f"{what}: {key} is no range.",
            expected="[least, greatest] in degrees, within -180 to 180",
            actual=f"[{low:g}, {high:g}]",
            remedy="Correct the range; zero is the head straight down.",
        )
    return low, high


def _plan_limits(
    table: LimitsTable | None, caps: Caps, planned: PlannedRanges, key: str, what: str
) -> Limits | None:
    if table is None:
        return None
    try:
        limits = limits_of(table)
    except ValueError as error:
        raise ConfigurationError(
            f"{what}: a limit of {key} makes no sense.",
            actual=str(error),
            remedy="Correct the limit in the site file.",
        ) from error
    looser = [*looser_than_caps(limits, caps), *beyond_ranges(limits, planned)]
    if looser:
        raise ConfigurationError(
            f"{what}: {key} is looser than the site's own caps and ranges.",
            expected="; ".join(expected for expected, _ in looser),
            actual="; ".join(actual for _, actual in looser),
            remedy="Tighten it.",
        )
    return limits
