"""The docking story: who is where at which time, and what the scene looks like then.

World space is the settled applicator's space: exit centre at the origin, +z along its axis.
Bed and cone are fixed in it (but for breathing and the knock); the head carries the camera.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recordings.simulation.bed_shape import BedHeight, random_bed
from recordings.simulation.motion import Tremor, eased, random_tremor
from recordings.simulation.truth import Planned, standoff_mm
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.transforms import rigid, rotation_between, rotation_from_vector

BREATH_AMPLITUDE_MM = 0.15  # 0.3 mm from in to out
BREATH_PERIOD_S = 3.7
TREMOR_DEG = 0.02
TREMOR_MM = 0.05
# The cone is lowered until its rim touches the bed; where that would leave the mean gap outside
# this range, it presses into the tissue, or stands on it.
TOUCHING_GAPS_MM = (-0.35, 0.45)
PLACED_FROM_MM = 170.0  # the cone comes down along its axis from here


@dataclass(frozen=True)
class Phase:
    """A named stretch of the story, from `start_s` on."""

    name: str
    start_s: float


PHASES = (
    Phase("survey", 0.0),
    Phase("placed", 1.5),
    Phase("approach", 2.8),
    Phase("docked", 5.5),
    Phase("held", 7.0),
    Phase("disturbed", 9.0),
    Phase("recovered", 11.2),
)
END_S = 12.6
GLOVE_S = (9.0, 9.7)  # a hand passes through the view
KNOCK_S = (9.7, 9.95, 10.6, 11.2)  # begins, is out, turns back, is back
SETTLED_BY_S = 0.2  # before the end of "placed" and "approach": at rest when the next begins


@dataclass(frozen=True, eq=False)
class Story:
    """One seed's docking, as functions of time.

    Attributes
    ----------
    bed, world_from_bed_at_rest
        The bed, and its pose between breaths.
    start, docked : (6,)
        Head's offset from the planned pose in head space, rotation vector in deg then mm:
        parked, and docked.
    knock : (6,)
        The cone's displacement at its worst, about the exit centre, deg then mm.
    tremor
        Of the head, deg then mm.
    """

    applicator: Applicator
    planned: Planned
    bed: BedHeight
    world_from_bed_at_rest: Float
    start: Float
    docked: Float
    knock: Float
    tremor: Tremor

    def phase(self, time_s: float) -> str:
        """Name of the phase at `time_s`."""
        return next(phase.name for phase in reversed(PHASES) if phase.start_s <= time_s)

    def world_from_bed(self, time_s: float) -> Float:
        """Pose of the breathing bed: it moves along its own normal."""
        breath = BREATH_AMPLITUDE_MM * np.sin(2 * np.pi * time_s / BREATH_PERIOD_S)
        return self.world_from_bed_at_rest @ rigid(np.eye(3), [0.0, 0.0, breath])

    def world_from_applicator(self, time_s: float) -> Float | None:
        """Pose of the cone; None before it is brought."""
        start_s, end_s = _span("placed")
        if time_s < start_s:
            return None
        remaining = 1 - eased(time_s, start_s, end_s - SETTLED_BY_S)
        lowered = rigid(
            rotation_from_vector(np.radians([6.0 * remaining, -4.0 * remaining, 0.0])),
            [25.0 * remaining, 15.0 * remaining, PLACED_FROM_MM * remaining],
        )
        begin, out, back, end = KNOCK_S
        knocked = self.knock * (eased(time_s, begin, out) - eased(time_s, back, end))
        return lowered @ _pose(knocked)

    def world_from_head(self, time_s: float) -> Float:
        """Pose of the head: parked, then approaching, then docked with a small tremor."""
        start_s, end_s = _span("approach")
        arrived = eased(time_s, start_s, end_s - SETTLED_BY_S)
        offset = self.start + (self.docked - self.start) * arrived + self.tremor.at(time_s)
        planned = rigid(
            np.eye(3), [0.0, 0.0, self.applicator.length_mm + self.planned.docking_gap_mm]
        )
        return planned @ _pose(offset)

    def is_held_by_hand(self, time_s: float) -> bool:
        """Whether a hand brings the cone at this time."""
        start_s, end_s = _span("placed")
        return start_s <= time_s < end_s

    def glove_crossing(self, time_s: float) -> float | None:
        """How far (0..1) the hand that crosses the view has come; None while it is away."""
        start_s, end_s = GLOVE_S
        return (time_s - start_s) / (end_s - start_s) if start_s <= time_s < end_s else None


def tell(applicator: Applicator, planned: Planned, seed: int) -> Story:
    """Draw one docking. All final errors lie well inside 0.3 of the plan's tolerances."""
    rng = np.random.default_rng([seed, 1])
    bed = random_bed(rng)
    incidence_deg = _around(rng, (0.1, 0.4))
    touching = seat_bed(applicator, bed, incidence_deg, 0.0)
    air_gap_mm = planned.air_gap_mm + float(
        np.clip(-_rim_gap_mm(applicator, bed, touching), *TOUCHING_GAPS_MM)
    )
    docked = np.concatenate(
        [_around(rng, (0.04, 0.12)), [0.0], _around(rng, (0.1, 0.3)), rng.uniform(-0.2, 0.2, 1)]
    )
    start = np.concatenate(
        [_around(rng, (2.5, 3.5)), [0.0], _around(rng, (12.0, 20.0)), rng.uniform(25, 40, 1)]
    )
    knock = np.concatenate(
        [_around(rng, (4.0, 5.5)), [0.0], _around(rng, (5.0, 8.0)), rng.uniform(6.0, 8.0, 1)]
    )
    amplitude = np.array([TREMOR_DEG] * 3 + [TREMOR_MM] * 3)
    return Story(
        applicator=applicator,
        planned=planned,
        bed=bed,
        world_from_bed_at_rest=seat_bed(applicator, bed, incidence_deg, air_gap_mm),
        start=start,
        docked=docked,
        knock=knock,
        tremor=random_tremor(rng, amplitude),
    )


def seat_bed(
    applicator: Applicator, bed: BedHeight, incidence_deg: Float, air_gap_mm: float
) -> Float:
    """Pose of the bed under a cone at the origin, its normal turned from the exit plane's.

    The mean air gap over the field is `air_gap_mm` to 1e-6 mm; `incidence_deg` (2,) is exact for a
    bed whose least-squares plane over the field is level.
    """
    exit_normal = np.array([applicator.bevel_slope, 0.0, 1.0])
    turn = rotation_from_vector(np.radians([*incidence_deg, 0.0]))
    up = rotation_between(np.array([0.0, 0.0, 1.0]), exit_normal / np.linalg.norm(exit_normal))
    radii = applicator.inner_radius_mm * np.sqrt((np.arange(20) + 0.5) / 20)
    angle = np.arange(60) * (2 * np.pi / 60)
    x, y = np.outer(radii, np.cos(angle)), np.outer(radii, np.sin(angle))
    touching = rigid(turn @ up, np.zeros(3))
    mean_mm = float(standoff_mm(applicator, touching, bed, x, y).mean())
    return rigid(np.eye(3), [0.0, 0.0, mean_mm - air_gap_mm]) @ touching


def _rim_gap_mm(applicator: Applicator, bed: BedHeight, applicator_from_bed: Float) -> float:
    """Smallest standoff over the outer rim."""
    angle = np.arange(360) * (2 * np.pi / 360)
    x, y = applicator.outer_radius_mm * np.cos(angle), applicator.outer_radius_mm * np.sin(angle)
    return float(standoff_mm(applicator, applicator_from_bed, bed, x, y).min())


def _span(name: str) -> tuple[float, float]:
    index = next(i for i, phase in enumerate(PHASES) if phase.name == name)
    return PHASES[index].start_s, PHASES[index + 1].start_s


def _pose(deg_mm: Float) -> Float:
    return rigid(rotation_from_vector(np.radians(deg_mm[:3])), deg_mm[3:])


def _around(rng: np.random.Generator, size: tuple[float, float]) -> Float:
    """Vector (2,) of a size in the range, in any direction."""
    angle = rng.uniform(0, 2 * np.pi)
    vector: Float = rng.uniform(*size) * np.array([np.cos(angle), np.sin(angle)])
    return vector
