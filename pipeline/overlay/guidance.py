"""What to move, which way, how far: words and vectors for the docking panel.

Signs, from the definitions of the quantities (CONVENTIONS.md):

lateral
    (lateral_x, lateral_y) is where the ring lies in head space. The head must travel by that
    vector to stand over it: lateral_x > 0 moves the head towards +x.
docking gap
    Positive when the ring is below the head. Too large: the head goes down.
tilt
    a, the applicator's +z in head space, has tilt_x = atan2(-a_y, a_z), tilt_y = atan2(a_x, a_z):
    the cone's top leans towards (a_x, a_y), for small angles (tilt_y, -tilt_x). The head's top
    must lean the same way to become parallel.
air gap
    Distance from the exit plane down to the bed. Too large: the cone goes down.
incidence
    The rotation vector, about applicator x and y, from the exit plane's normal to the bed's. The
    cone must turn by measured minus planned; turning by r leans its top towards r x z. Told
    in the head's words, so r is first carried into head space. Where the roll of a straight
    cone hides x and y, only the size is told: planned is flush there.

coverage
    From the cone's axis to the middle of the area at risk (its smallest circle), seen along the
    axis. The cone must travel by that vector, carried into head space, to stand over the area.

The cone comes first: moving it changes the docking, never the other way round.
Only a deviation that matters and whose sign is sure is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import hypot
from typing import Literal

import numpy as np

from calibration.directions import DirectionWords, direction_words
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.alignment import Alignment
from tracking.arrays import Float
from tracking.coverage import shift_onto_area
from tracking.decision import Verdict
from tracking.limit_checks import ARMING_FRACTION, K_SIGMA, incidence_difference
from tracking.marks import AREA_AT_RISK
from tracking.measurement import Measurement
from tracking.plan import Limits, Tolerance

SURE_SIGMAS = 2.0  # a deviation below 2 sigma may have the other sign (2.3 %): not told
UP, DOWN = "up", "down"
FLUSH = "to stand flush"  # where the size of an incidence is known, but not its direction
MINOR_COMPONENT = 0.25  # of the deviation: a smaller component is not worth a line of its own

Mover = Literal["head", "cone"]
Way = Literal["label", "up", "down", "flush"]
VERTICAL = frozenset({"air_gap_mm", "docking_gap_mm", "ssd_error_mm"})


@dataclass(frozen=True)
class Move:
    """One instruction. `amount` is positive, in `unit`.

    `direction` is a word of the machine, or `FLUSH`.
    """

    mover: Mover
    quantity: str
    amount: float
    unit: Literal["mm", "°"]
    direction: str

    @property
    def way(self) -> Way:
        """What kind of direction: up or down, flush, or the word on the machine that is told."""
        if self.quantity in VERTICAL:
            return "up" if self.direction == UP else "down"
        return "flush" if self.direction == FLUSH else "label"

    @property
    def text(self) -> str:
        """The instruction, e.g. "Head 3.0 mm right" or "Tilt cone top 2.1° left"."""
        if self.unit == "°":
            return f"Tilt {self.mover} top {self.short_text}"
        return f"{self.mover.capitalize()} {self.short_text}"

    @property
    def short_text(self) -> str:
        """Amount and direction alone."""
        gap = "" if self.unit == "°" else " "
        return f"{self.amount:.1f}{gap}{self.unit} {self.direction}"


def moves(result: FrameResult, context: RunContext) -> tuple[Move, ...]:
    """Return what to move in one frame, cone first; none where the verdict is READY or FAULT."""
    if result.record.decision.verdict in (Verdict.READY, Verdict.FAULT):
        return ()
    alignment, limits = result.record.alignment, context.plan.limits
    words = direction_words(context.rig.labels)
    found = [
        *_incidence(result, context, words),
        *_coverage(result, context, words),
        *_vertical("cone", "air_gap_mm", alignment.air_gap_mm, limits.air_gap_mm),
        *_vertical("head", "docking_gap_mm", alignment.docking_gap_mm, limits.docking_gap_mm),
        *_lateral(alignment, limits, words),
        *_tilt(alignment, limits, words),
    ]
    if not any(move.quantity in ("air_gap_mm", "docking_gap_mm") for move in found):
        found += _vertical("head", "ssd_error_mm", alignment.ssd_error_mm, limits.ssd_error_mm)
    return tuple(found)


def cone_lean_for_incidence(
    incidence_xy_deg: tuple[float, float], head_from_applicator: Float
) -> tuple[float, float]:
    """Head x and y (deg) towards which the cone's top must lean to take up an incidence."""
    rotation_vector = head_from_applicator[:3, :3] @ np.array([*incidence_xy_deg, 0.0])
    axis_head = head_from_applicator[:3, 2]
    lean = np.cross(rotation_vector, axis_head)
    return float(lean[0]), float(lean[1])


def _vertical(
    mover: Mover, name: str, measurement: Measurement, limit: Tolerance
) -> Iterator[Move]:
    if measurement.value is None:
        return
    deviation = measurement.value - limit.planned
    if _is_told(abs(deviation), measurement.sigma, limit.tolerance):
        yield Move(mover, name, abs(deviation), "mm", DOWN if deviation > 0 else UP)


def _lateral(alignment: Alignment, limits: Limits, words: DirectionWords) -> Iterator[Move]:
    x, y = alignment.lateral_x_mm.value, alignment.lateral_y_mm.value
    limit = limits.docking_lateral_mm
    if x is None or y is None or limit.planned != 0:
        return
    if _is_told(hypot(x, y), alignment.docking_lateral_mm.sigma, limit.tolerance):
        yield from _components("head", "docking_lateral_mm", (x, y), "mm", words)


def _tilt(alignment: Alignment, limits: Limits, words: DirectionWords) -> Iterator[Move]:
    x, y = alignment.tilt_x_deg.value, alignment.tilt_y_deg.value
    limit = limits.docking_tilt_deg
    if x is None or y is None or limit.planned != 0:
        return
    if _is_told(hypot(x, y), alignment.docking_tilt_deg.sigma, limit.tolerance):
        yield from _components("head", "docking_tilt_deg", (y, -x), "°", words)


def _incidence(result: FrameResult, context: RunContext, words: DirectionWords) -> Iterator[Move]:
    alignment, limit = result.record.alignment, context.plan.limits.incidence_deg
    camera_from_applicator = result.record.registration.camera_from_applicator
    difference = incidence_difference(alignment, limit)
    if difference.value is None or camera_from_applicator is None:
        return
    if not _is_told(difference.value, difference.sigma, limit.tolerance):
        return
    x, y = alignment.incidence_x_deg.value, alignment.incidence_y_deg.value
    if x is None or y is None:
        yield Move("cone", "incidence_deg", difference.value, "°", FLUSH)
        return
    turn = (x - limit.planned[0], y - limit.planned[1])
    head_from_applicator = context.rig.head_from_camera @ camera_from_applicator
    lean = cone_lean_for_incidence(turn, head_from_applicator)
    yield from _components("cone", "incidence_deg", lean, "°", words)


def _coverage(result: FrameResult, context: RunContext, words: DirectionWords) -> Iterator[Move]:
    record, minimum = result.record, context.plan.limits.coverage_minimum_fraction
    pose, coverage = record.registration.camera_from_applicator, record.alignment.coverage_fraction
    if minimum is None or coverage.value is None or pose is None:
        return
    if not _is_told(1.0 - coverage.value, coverage.sigma, 1.0 - minimum):
        return
    found = shift_onto_area(record.registration, record.survey, result.marks.area(AREA_AT_RISK))
    if found is None:
        return
    (x, y), sigma_mm = found
    if not hypot(x, y) > SURE_SIGMAS * sigma_mm:
        return
    head_from_applicator = context.rig.head_from_camera @ pose
    way = head_from_applicator[:3, :2] @ np.array([x, y])
    yield from _components("cone", "coverage_fraction", (float(way[0]), float(way[1])), "mm", words)


def _is_told(deviation: float, sigma: float | None, tolerance: float) -> bool:
    if sigma is None:
        return False
    keeps_from_arming = deviation + K_SIGMA * sigma > ARMING_FRACTION * tolerance
    return keeps_from_arming and deviation > SURE_SIGMAS * sigma


def _components(
    mover: Mover,
    quantity: str,
    xy: tuple[float, float],
    unit: Literal["mm", "°"],
    words: DirectionWords,
) -> Iterator[Move]:
    """One move for each component of a vector in head x and y that is worth a line."""
    minor = MINOR_COMPONENT * hypot(*xy)
    x, y = xy
    if abs(x) >= minor:
        yield Move(mover, quantity, abs(x), unit, words.along_x(x))
    if abs(y) >= minor:
        yield Move(mover, quantity, abs(y), unit, words.along_y(y))
