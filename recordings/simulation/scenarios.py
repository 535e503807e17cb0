"""The named scenarios: which device sees which stretch of the story."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recordings.simulation.device import NARROW, WIDE, SimulatedDevice
from recordings.simulation.story import END_S
from recordings.simulation.truth_field import AreaOnBed
from tracking.arrays import Float
from tracking.collar import Collar
from tracking.errors import SourceError
from tracking.transforms import rigid, rotation_from_vector

APPLICATOR_ID = "MOB-D60-B15"
FLAT_APPLICATOR_ID = "MOB-D60-B0"  # at 424x240 the outline tells the roll of a bevel too coarsely
MARKED_S = 1.0  # in the story: the survey still goes on
# At least 2 mm inside a field of 60 mm: covered when docked, not when knocked off by 5 mm.
AREA = AreaOnBed(centre_mm=(0.7, -0.5), radius_mm=27.0)
# 4.3 px per module at 0.8 m on the strip, 5.2 on the disc, with a colour picture of 1920x1080.
COLLAR = Collar("4x4_1000", 0, n_outer=16, module_mm=2.5, n_top=8, top_module_mm=3.0)
DEFAULT_SEED = 0
SPEC_PREFIX = "sim:"


@dataclass(frozen=True)
class Bump:
    """From `time_s` on the camera is turned about itself and moved."""

    time_s: float
    turn_deg: tuple[float, float, float]
    shift_mm: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Scenario:
    """A stretch of the docking story on one device, with the plan's applicator.

    `area`: marked on the bed during the survey, and asked for by the plan; None: not marked.
    `collar`: worn by the cone where the catalogue gives it none of its own. `has_fiducial`: a
    plate fixed to the head stands in the view, and the rig knows it. `bump`: when the camera is
    knocked on its head, and how, in its own space; None: never.
    """

    name: str
    summary: str
    device: SimulatedDevice
    start_s: float = 0.0
    end_s: float = END_S
    applicator_id: str = APPLICATOR_ID
    area: AreaOnBed | None = None
    collar: Collar | None = None
    has_fiducial: bool = False
    bump: Bump | None = None

    @property
    def n_frames(self) -> int:
        """Frames from start to end at the device's rate."""
        return round((self.end_s - self.start_s) * self.device.frame_rate_hz)

    def story_time_s(self, index: int) -> float:
        """Time in the story of frame `index`."""
        return self.start_s + index / self.device.frame_rate_hz

    def head_from_camera(self, time_s: float) -> Float:
        """Where the camera truly is at a time of the story."""
        if self.bump is None or time_s < self.bump.time_s:
            return self.device.head_from_camera
        turn = rotation_from_vector(np.radians(self.bump.turn_deg))
        moved: Float = self.device.head_from_camera @ rigid(turn, self.bump.shift_mm)
        return moved

    @property
    def marked_frame_index(self) -> int:
        """The frame on which the area is drawn."""
        return round((MARKED_S - self.start_s) * self.device.frame_rate_hz)

    @property
    def camera_azimuth_rad(self) -> float:
        """Where around the head the camera sits."""
        x, y = self.device.head_from_camera[:2, 3]
        return float(np.arctan2(y, x))


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("docking", "the whole docking story at 848x480, 30 frames per second", WIDE),
        Scenario(
            "docking-small",
            "the same at 424x240, 15 frames per second, with a flat-ended cone",
            NARROW,
            applicator_id=FLAT_APPLICATOR_ID,
        ),
        Scenario(
            "marked",
            "the docking story at 848x480 with an area at risk marked on the bed",
            WIDE,
            area=AREA,
        ),
        Scenario(
            "docking-collar",
            "the docking story at 848x480 with a marker collar on the cone's ring",
            WIDE,
            collar=COLLAR,
        ),
        Scenario(
            "bench-collar",
            "twelve docked frames at 848x480 with the collar",
            WIDE,
            6.0,
            6.4,
            collar=COLLAR,
        ),
        Scenario(
            "watched",
            "docked and held at 848x480 with a plate of the rig in the view",
            WIDE,
            5.5,
            9.0,
            has_fiducial=True,
        ),
        Scenario(
            "bumped",
            "the same; after two and a half seconds the camera is knocked by 0.2 deg and 0.5 mm",
            WIDE,
            5.5,
            9.0,
            has_fiducial=True,
            bump=Bump(8.0, (0.15, -0.13, 0.0), (0.3, -0.2, 0.35)),
        ),
        Scenario("held", "three seconds docked and held at 848x480", WIDE, 6.0, 9.0),
        Scenario("bench", "twelve docked frames at 848x480", WIDE, 6.0, 6.4),
    )
}


def parse_spec(spec: str) -> tuple[Scenario, int]:
    """Return scenario and seed of `sim:NAME[:SEED]` (the prefix may be left out).

    Raises
    ------
    SourceError
        Unknown scenario, or a seed that is no whole number of 0 or more.
    """
    name, _, seed_text = spec.removeprefix(SPEC_PREFIX).partition(":")
    if name not in SCENARIOS:
        raise SourceError(
            f"no simulated scenario is called '{name}'",
            expected=f"one of {', '.join(SCENARIOS)}",
            actual=spec,
            remedy="write sim:NAME or sim:NAME:SEED",
        )
    if seed_text and not (seed_text.isascii() and seed_text.isdigit()):
        raise SourceError(
            f"the seed of '{spec}' is not a whole number",
            expected="digits, 0 or more",
            actual=seed_text,
            remedy=f"write {SPEC_PREFIX}{name}:{DEFAULT_SEED}",
        )
    return SCENARIOS[name], int(seed_text) if seed_text else DEFAULT_SEED
