"""Docking stories that end just outside one tolerance of their plan.

Each is the true story with head, cone or bed moved: truth and picture agree, and nothing but
that one quantity (and what follows from it) is out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from recordings.simulation.source import SimulatedSource
from tracking.arrays import Float
from tracking.plan import Limits
from tracking.transforms import rigid, rotation_from_vector

OUT_BY = 1.35  # of the tolerance: near, and out whatever the story's own small errors are


@dataclass(frozen=True, eq=False)
class NearMiss:
    """How a story is moved, in shares of the tolerances.

    Attributes
    ----------
    head : (6,)
        Of the docked head: tilt about x, y, roll, lateral x, y, gap.
    bed : (3,)
        Of the bed: turned about x and y by the incidence's tolerance, lowered by the air gap's.
    """

    head: Float
    bed: Float


def _miss(head: tuple[float, ...] = (0,) * 6, bed: tuple[float, ...] = (0,) * 3) -> NearMiss:
    return NearMiss(OUT_BY * np.array(head, float), OUT_BY * np.array(bed, float))


NEAR_MISSES: Final[Mapping[str, NearMiss]] = {
    "lateral x": _miss(head=(0, 0, 0, 1, 0, 0)),
    "lateral y": _miss(head=(0, 0, 0, 0, -1, 0)),
    "tilt": _miss(head=(1, 0, 0, 0, 0, 0)),
    "docking gap": _miss(head=(0, 0, 0, 0, 0, 1)),
    "air gap": _miss(bed=(0, 0, 1)),
    "incidence": _miss(bed=(0, 1, 0)),
}


def missed(source: SimulatedSource, miss: NearMiss, limits: Limits) -> SimulatedSource:
    """Return the source of a story that ends so far off its plan."""
    tilt, lateral, gap = (
        limit.tolerance
        for limit in (limits.docking_tilt_deg, limits.docking_lateral_mm, limits.docking_gap_mm)
    )
    story = source.story
    off = miss.head * np.array([tilt, tilt, 0.0, lateral, lateral, gap])
    turn_deg = np.array([*miss.bed[:2], 0.0]) * limits.incidence_deg.tolerance
    lowered = rigid(
        rotation_from_vector(np.radians(turn_deg)),
        [0.0, 0.0, -float(miss.bed[2]) * limits.air_gap_mm.tolerance],
    )
    moved = replace(
        story,
        docked=story.docked + off,
        world_from_bed_at_rest=lowered @ story.world_from_bed_at_rest,
    )
    return replace(source, story=moved, stage=replace(source.stage, story=moved))


def tolerances_exceeded(quantities: Mapping[str, float], limits: Limits) -> tuple[str, ...]:
    """Names of the six mandatory quantities that truly lie outside their tolerance."""
    planned = limits.incidence_deg.planned
    incidence = float(
        np.hypot(
            quantities["incidence_x_deg"] - planned[0], quantities["incidence_y_deg"] - planned[1]
        )
    )
    outside = {"incidence_deg": incidence > limits.incidence_deg.tolerance}
    for name in (
        "docking_tilt_deg",
        "docking_lateral_mm",
        "docking_gap_mm",
        "air_gap_mm",
        "ssd_error_mm",
    ):
        limit = getattr(limits, name)
        outside[name] = abs(quantities[name] - limit.planned) > limit.tolerance
    return tuple(name for name, is_out in outside.items() if is_out)
