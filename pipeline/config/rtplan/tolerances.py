"""A plan's tolerance table as limits: it can make a limit tighter, never looser.

DICOM's table bounds axes of the machine, not the docking. With the cone in its planned place, a
head that may be turned by x deg may be tilted against the cone by x deg, and a table that may be
off by x mm leaves the ring off by x mm. So an angle bounds the docking tilt, the table's lateral
and longitudinal position the docking's lateral, its height the docking gap and the source
distance. The table says nothing about incidence, air gap, coverage and intrusion: those are the
site's.
"""

from __future__ import annotations

from dataclasses import replace

from pipeline.config.rtplan.attributes import FIX_IN_PLANNING, Attributes
from pipeline.config.rtplan.beam import ElectronBeam
from tracking.errors import ConfigurationError
from tracking.plan import Limits

BOUNDS: dict[str, tuple[str, ...]] = {
    "docking_tilt_deg": ("GantryAngleTolerance", "GantryPitchAngleTolerance"),
    "docking_lateral_mm": (
        "TableTopLateralPositionTolerance",
        "TableTopLongitudinalPositionTolerance",
    ),
    "docking_gap_mm": ("TableTopVerticalPositionTolerance",),
    "ssd_error_mm": ("TableTopVerticalPositionTolerance",),
}


def tightened(
    limits: Limits, plan: Attributes, beam: ElectronBeam
) -> tuple[Limits, tuple[str, ...]]:
    """Return the limits with the beam's tolerance table, and the names of those it tightened.

    Raises
    ------
    ConfigurationError
        The beam refers to a table that is not there, or a tolerance is not positive.
    """
    if beam.tolerance_table is None:
        return limits, ()
    table = _table(plan, beam.tolerance_table)
    names = []
    for name, keywords in BOUNDS.items():
        bounds = [_positive(table, keyword) for keyword in keywords if table.has(keyword)]
        limit = getattr(limits, name)
        if bounds and min(bounds) < limit.tolerance:
            limits = replace(limits, **{name: replace(limit, tolerance=min(bounds))})
            names.append(name)
    return limits, tuple(names)


def _table(plan: Attributes, number: int) -> Attributes:
    tables = plan.items("ToleranceTableSequence")
    found = [table for table in tables if table.whole("ToleranceTableNumber") == number]
    if len(found) != 1:
        raise ConfigurationError(
            f"{plan.where}: the beam's tolerance table cannot be found.",
            expected=f"one table with number {number}",
            actual=str(len(found)),
            remedy=FIX_IN_PLANNING,
        )
    return found[0]


def _positive(table: Attributes, keyword: str) -> float:
    number = table.number(keyword)
    if not number > 0:
        table.refuse(keyword, "a positive tolerance, or none", f"{number:g}")
    return number
