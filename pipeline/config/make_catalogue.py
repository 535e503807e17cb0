"""Writes `applicators.toml`, the catalogue that comes with the software.

Run `python -m pipeline.config.make_catalogue` after a change here; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.config.catalogue_file import BUILT_IN_CATALOGUE
from tracking.applicator import Docking, Material

HEADER = """\
# Applicators by id. Written by `python -m pipeline.config.make_catalogue`: change it there.
#
# NOT FOR CLINICAL USE AS IT STANDS. The comment above each entry says which of its values rest on
# a published source and which are assumptions. Replace every assumption by what your own
# applicators measure, in a catalogue of your own (--catalogue).
#
# Sources: [1] doi 10.1002/mp.18040 and its open LIAC HWL tools: diameters, bevels, SSD 645 mm.
# There is no such source for the Mobetron-like entries: common knowledge of the kind, no more.
# Units: mm and degrees. Applicator space: origin at the exit's centre, +z towards the source.

schema = 1
"""


@dataclass(frozen=True)
class Family:
    """Applicators of one machine that share all but diameter and bevel."""

    prefix: str
    machine: str
    diameters_mm: tuple[int, ...]
    bevels_deg: tuple[int, ...]
    wall_mm: float
    length_mm: float
    ring_diameters_mm: tuple[float, ...]  # the narrowest that leaves RING_STEP_MM around the tube
    ring_height_mm: float
    material: Material
    docking: Docking
    ssd_mm: float
    sources: str


RING_STEP_MM = 6.0  # a ring that stands out less could not be seen as one

FAMILIES = (
    Family(
        prefix="MOB",
        machine="mobetron",
        diameters_mm=tuple(range(30, 101, 5)),
        bevels_deg=(0, 15, 30),
        wall_mm=2.0,
        length_mm=300.0,
        ring_diameters_mm=(110.0, 130.0),
        ring_height_mm=20.0,
        material="metal",
        docking="soft",
        ssd_mm=500.0,
        sources="assumed: every value",
    ),
    Family(
        prefix="LIAC",
        machine="liac",
        diameters_mm=(30, 40, 50, 60, 70, 80, 90, 100, 120),
        bevels_deg=(0, 15, 30, 45),
        wall_mm=5.0,
        length_mm=400.0,
        ring_diameters_mm=(),
        ring_height_mm=0.0,
        material="pmma",
        docking="hard",
        ssd_mm=645.0,
        sources="[1]: diameter, bevel, ssd_mm; assumed: wall, length, no ring, material, docking",
    ),
)


def catalogue_text() -> str:
    """Return the whole catalogue as TOML."""
    entries = [
        _entry(family, diameter_mm, bevel_deg)
        for family in FAMILIES
        for diameter_mm in family.diameters_mm
        for bevel_deg in family.bevels_deg
    ]
    return HEADER + "".join(entries)


def _entry(family: Family, diameter_mm: int, bevel_deg: int) -> str:
    return f"""
# {family.sources}
[applicator.{family.prefix}-D{diameter_mm}-B{bevel_deg}]
machine = "{family.machine}"
inner_diameter_mm = {diameter_mm:.1f}
wall_mm = {family.wall_mm}
length_mm = {family.length_mm}
bevel_deg = {bevel_deg:.1f}
ring_diameter_mm = {_ring_diameter_mm(family, diameter_mm)}
ring_height_mm = {family.ring_height_mm}
material = "{family.material}"
mesh = ""
docking = "{family.docking}"
ssd_mm = {family.ssd_mm}
"""


def _ring_diameter_mm(family: Family, diameter_mm: int) -> float:
    if not family.ring_diameters_mm:
        return 0.0
    needed_mm = diameter_mm + 2 * family.wall_mm + 2 * RING_STEP_MM
    return min(width_mm for width_mm in family.ring_diameters_mm if width_mm >= needed_mm)


def main(path: Path = BUILT_IN_CATALOGUE) -> None:
    """Write the catalogue."""
    path.write_text(catalogue_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
