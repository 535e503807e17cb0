"""What a plan may aim at: a tolerance bounds nothing where the goal itself can be moved.

Tilt, lateral and source distance are deviations, so their goal is 0. A docking gap is that of the
docking's kind. Where bed and cone may meet is bounded for every plan; a site only tightens that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import hypot
from typing import Annotated

from pydantic import Field

from tracking.applicator import Docking
from tracking.plan import Limits, Tolerance
from tracking.strict_toml import Pair, StrictTable
from tracking.toml_text import TomlValue

Range = tuple[float, float]

AGREEMENT = 1e-6  # mm, of two typed numbers
DEVIATIONS = ("docking_tilt_deg", "docking_lateral_mm", "ssd_error_mm")  # DESIGN section 2

# Examples wide enough for any electron machine; beyond them a unit, a sign or a digit is wrong.
AIR_GAP_MM = (-20.0, 60.0)  # 60 mm already cost a fifth of the dose; tissue fills no cone by 20 mm
SOFT_GAP_MM = (0.0, 200.0)  # five times a Mobetron's; 0 where a catalogue does not say "hard"
INCIDENCE_DEG = 60.0  # the field is twice as long on the bed; cones are bevelled up to 45 deg


@dataclass(frozen=True)
class PlannedRanges:
    """Within which a plan may set its goals.

    Attributes
    ----------
    docking_gap_mm, air_gap_mm : (float, float)
        Least and greatest; of the gap for soft docking, hard docking has none.
    incidence_deg : float
        Greatest length of the planned vector.

    Raises
    ------
    ValueError
        Wider than the built-in ranges, or no range.
    """

    docking_gap_mm: Range = SOFT_GAP_MM
    air_gap_mm: Range = AIR_GAP_MM
    incidence_deg: float = INCIDENCE_DEG

    def __post_init__(self) -> None:
        for name, widest in (("docking_gap_mm", SOFT_GAP_MM), ("air_gap_mm", AIR_GAP_MM)):
            low, high = getattr(self, name)
            if not widest[0] <= low <= high <= widest[1]:
                raise ValueError(
                    f"{name} must be [least, greatest] within {widest[0]:g} to {widest[1]:g}, "
                    f"got [{low:g}, {high:g}]"
                )
        if not 0.0 <= self.incidence_deg <= INCIDENCE_DEG:
            raise ValueError(
                f"incidence_deg must be within 0 to {INCIDENCE_DEG:g}, got {self.incidence_deg:g}"
            )


BUILT_IN = PlannedRanges()


class PlannedTable(StrictTable):
    """`[planned]` of a site file; what is left out stays as built in."""

    docking_gap_mm: Pair | None = None
    air_gap_mm: Pair | None = None
    incidence_deg: Annotated[float, Field(ge=0)] | None = None


def planned_ranges_of(table: PlannedTable) -> PlannedRanges:
    """Return the ranges. Raises ValueError where they are wider than the built-in ones."""
    incidence_deg = table.incidence_deg
    return PlannedRanges(
        docking_gap_mm=_range(table.docking_gap_mm, SOFT_GAP_MM),
        air_gap_mm=_range(table.air_gap_mm, AIR_GAP_MM),
        incidence_deg=INCIDENCE_DEG if incidence_deg is None else incidence_deg,
    )


def _range(pair: list[float] | None, built_in: Range) -> Range:
    return built_in if pair is None else (pair[0], pair[1])


def planned_table(ranges: PlannedRanges) -> dict[str, TomlValue]:
    """The ranges under the keys of `[planned]`."""
    return {
        "docking_gap_mm": list(ranges.docking_gap_mm),
        "air_gap_mm": list(ranges.air_gap_mm),
        "incidence_deg": ranges.incidence_deg,
    }


def goals_of_deviations(limits: Limits) -> Iterator[str]:
    """What is wrong with the goals of quantities that are deviations themselves."""
    for name in DEVIATIONS:
        limit: Tolerance = getattr(limits, name)
        if limit.planned != 0.0:
            yield f"limits.{name}: planned must be 0, for it is a deviation, got {limit.planned:g}"


def beyond_ranges(
    limits: Limits, ranges: PlannedRanges, docking: Docking | None = None
) -> Iterator[tuple[str, str]]:
    """(expected, actual) of every goal that nobody plans; `docking` None: not known."""
    gap_mm = limits.docking_gap_mm.planned
    if docking == "hard":
        if not abs(gap_mm) <= AGREEMENT:
            yield (
                "docking_gap_mm planned 0, for the cone docks hard",
                f"docking_gap_mm planned {gap_mm:g}",
            )
    else:
        yield from _outside("docking_gap_mm", gap_mm, ranges.docking_gap_mm)
    yield from _outside("air_gap_mm", limits.air_gap_mm.planned, ranges.air_gap_mm)
    x, y = limits.incidence_deg.planned
    if not hypot(x, y) <= ranges.incidence_deg:
        yield (
            f"incidence_deg planned at most {ranges.incidence_deg:g} deg long",
            f"incidence_deg planned [{x:g}, {y:g}], {hypot(x, y):.3g} deg long",
        )


def _outside(name: str, value: float, allowed: Range) -> Iterator[tuple[str, str]]:
    low, high = allowed
    if not low <= value <= high:
        yield f"{name} planned {low:g} to {high:g}", f"{name} planned {value:g}"
