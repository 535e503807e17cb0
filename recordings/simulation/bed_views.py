"""Docked cones over beds of a known shape: a short survey, then the cone is down.

World space is the applicator's. The head comes near while the bed breathes and nothing hides it;
then the cone stands there and the head is docked. Between the two the approach is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recordings.simulation.bed_shape import BedHeight, RoundBed, flat_bed, random_bed
from recordings.simulation.device import WIDE, SimulatedDevice
from recordings.simulation.motion import Tremor, random_tremor
from recordings.simulation.photograph import photograph
from recordings.simulation.render import Rendering, render
from recordings.simulation.scene import Light, Material, Part, Scene, Texture
from recordings.simulation.stereo_noise import measure
from recordings.simulation.story import (
    BREATH_AMPLITUDE_MM,
    BREATH_PERIOD_S,
    TREMOR_DEG,
    TREMOR_MM,
    seat_bed,
)
from recordings.simulation.theatre import bed_part, surroundings
from recordings.simulation.truth import Planned, standoff_mm, true_quantities
from tracking.applicator import Applicator
from tracking.applicator_mesh import build_mesh
from tracking.arrays import Float
from tracking.frame import GroundTruth, RgbdFrame, SourceFrame
from tracking.segmentation import Label
from tracking.transforms import invert, rigid, rotation_from_vector

ROUND_RADIUS_MM = 150.0
BED_KINDS = ("flat", "convex", "concave", "tissue")

FRAME_PERIOD_S = 0.2  # every sixth frame of a camera: a second of survey in few pictures
TRANSFER_NS = 20_000_000
SURVEYED_WAY = 0.8  # of the head's way to the docked pose, seen in survey frames
PLANNED = Planned()

INCIDENCE_DEG = (0.0, 3.0)
RIM_CLEARANCE_MM = (0.0, 2.0)  # mean over the outer rim; where the cone leans, part of it sinks in
DOCKED_TILT_DEG, DOCKED_LATERAL_MM, DOCKED_HEIGHT_MM = (0.0, 0.5), (0.0, 1.5), (-1.5, 1.5)
START_TILT_DEG, START_LATERAL_MM, START_HEIGHT_MM = (0.8, 1.6), (4.0, 8.0), (8.0, 16.0)


@dataclass(frozen=True, eq=False)
class BedVisit:
    """One docking as numbered frames: `n_survey` without the cone, then `n_docked` with it.

    Attributes
    ----------
    world_from_bed_at_rest
        Pose of the bed between breaths.
    start, docked : (6,)
        Head's offset from the planned pose in head space, rotation vector in deg then mm.
    breath_phase_rad
        Where in a breath the first frame falls.
    """

    applicator: Applicator
    bed: BedHeight
    seed: int
    n_survey: int
    n_docked: int
    world_from_bed_at_rest: Float
    world_from_planned_head: Float
    start: Float
    docked: Float
    tremor: Tremor
    breath_phase_rad: float
    device: SimulatedDevice = WIDE

    @property
    def n_frames(self) -> int:
        """Survey and docked frames."""
        return self.n_survey + self.n_docked

    def frame(self, index: int) -> SourceFrame:
        """Render frame `index` (0 ..) with its labels and truth."""
        rendering = self._rendering(index)
        rng = np.random.default_rng([self.seed, 11, index])
        stamp_ns = round(index * FRAME_PERIOD_S * 1e9)
        frame = RgbdFrame(
            frame_index=index,
            device_serial=self.device.serial,
            stamp_ns=stamp_ns,
            arrival_ns=stamp_ns + TRANSFER_NS,
            intrinsics=self.device.intrinsics,
            depth_raw=measure(rendering, self.device.intrinsics, self.device.depth_camera, rng),
            depth_unit_mm=self.device.depth_camera.depth_unit_mm,
            color_rgb=photograph(rendering.color_rgb, rng),
        )
        return SourceFrame(frame, labels=rendering.labels, truth=self._truth(index))

    def world_from_bed(self, index: int) -> Float:
        """Pose of the breathing bed: it moves along its own normal."""
        phase = 2 * np.pi * index * FRAME_PERIOD_S / BREATH_PERIOD_S + self.breath_phase_rad
        breath = rigid(np.eye(3), [0.0, 0.0, BREATH_AMPLITUDE_MM * np.sin(phase)])
        return self.world_from_bed_at_rest @ breath

    def world_from_head(self, index: int) -> Float:
        """Pose of the head: coming near during the survey, then docked, never quite still."""
        way = SURVEYED_WAY * index / max(1, self.n_survey - 1) if index < self.n_survey else 1.0
        offset = self.start + (self.docked - self.start) * way
        offset = offset + self.tremor.at(index * FRAME_PERIOD_S)
        turn = rotation_from_vector(np.radians(offset[:3]))
        return self.world_from_planned_head @ rigid(turn, offset[3:])

    def _rendering(self, index: int) -> Rendering:
        bed = self._at_rest[0]
        bed = Part(bed.name, bed.mesh, self.world_from_bed(index), bed.label, bed.material)
        parts = [bed, *self._at_rest[1:]]
        if index >= self.n_survey:
            parts.append(self._cone)
        camera_from_world = invert(self.world_from_head(index) @ self.device.head_from_camera)
        return render(Scene(tuple(parts), self._lights), self.device.intrinsics, camera_from_world)

    @cached_property
    def _at_rest(self) -> tuple[Part, ...]:
        """Bed first, then what surrounds it."""
        rng = np.random.default_rng([self.seed, 12])
        bed = bed_part(self.bed, self.world_from_bed_at_rest, rng)
        return bed, *surroundings(self.bed, self.world_from_bed_at_rest, rng)

    @cached_property
    def _cone(self) -> Part:
        texture = Texture("clouds", 7.0, 0.5, (0.3, 0.3, 0.3), self.seed % 6)
        metal = Material((0.5, 0.5, 0.52), 0.45, 0.35, texture)
        return Part("applicator", build_mesh(self.applicator), np.eye(4), Label.APPLICATOR, metal)

    @cached_property
    def _lights(self) -> tuple[Light, ...]:
        azimuth = float(np.random.default_rng([self.seed, 13]).uniform(0, 2 * np.pi))
        place = (600 * float(np.cos(azimuth)), 600 * float(np.sin(azimuth)), 1500.0)
        return (
            Light(place, 0.75, (1.0, 0.97, 0.92)),
            Light((0.0, -60.0, 0.0), 0.3, follows_camera=True),
        )

    def _truth(self, index: int) -> GroundTruth:
        if index < self.n_survey:
            return GroundTruth(phase="survey")
        head_from_applicator = invert(self.world_from_head(index))
        return GroundTruth(
            camera_from_applicator=invert(self.device.head_from_camera) @ head_from_applicator,
            quantities=true_quantities(
                self.applicator,
                head_from_applicator,
                self.world_from_bed(index),
                self.bed,
                PLANNED,
            ),
            phase="docked",
        )


def draw_visit(
    applicator: Applicator, bed_kind: str, seed: int, n_survey: int, n_docked: int
) -> BedVisit:
    """Draw a docking near the plan over a bed of one of `BED_KINDS`.

    The applicator is turned in the head by any angle, so that the camera sees a bevel from
    every side.
    """
    rng = np.random.default_rng([seed, 10])
    bed = _bed(bed_kind, rng)
    world_from_bed = _seat(applicator, bed, rng)
    roll = rng.uniform(-np.pi, np.pi)
    turned = rigid(rotation_from_vector([0.0, 0.0, roll]), np.zeros(3))
    lifted = rigid(np.eye(3), [0.0, 0.0, applicator.length_mm + PLANNED.docking_gap_mm])
    docked = _offset(rng, DOCKED_TILT_DEG, DOCKED_LATERAL_MM, DOCKED_HEIGHT_MM)
    start = docked + _offset(rng, START_TILT_DEG, START_LATERAL_MM, START_HEIGHT_MM)
    return BedVisit(
        applicator=applicator,
        bed=bed,
        seed=seed,
        n_survey=n_survey,
        n_docked=n_docked,
        world_from_bed_at_rest=world_from_bed @ turned,
        world_from_planned_head=turned @ lifted,
        start=start,
        docked=docked,
        tremor=random_tremor(rng, np.array([TREMOR_DEG] * 3 + [TREMOR_MM] * 3)),
        breath_phase_rad=float(rng.uniform(0, 2 * np.pi)),
    )


def _bed(kind: str, rng: np.random.Generator) -> BedHeight:
    if kind not in BED_KINDS:
        raise ValueError(f"bed kind: expected one of {BED_KINDS}, got {kind!r}")
    if kind == "tissue":
        return random_bed(rng)
    if kind == "flat":
        return flat_bed()
    return RoundBed(ROUND_RADIUS_MM if kind == "concave" else -ROUND_RADIUS_MM)


def _seat(applicator: Applicator, bed: BedHeight, rng: np.random.Generator) -> Float:
    """Pose of the bed so that the outer rim clears it by `RIM_CLEARANCE_MM` in the mean."""
    incidence_deg = _around(rng, INCIDENCE_DEG)
    clearance_mm = float(rng.uniform(*RIM_CLEARANCE_MM))
    level = seat_bed(applicator, bed, incidence_deg, 0.0)
    angle = np.arange(180) * (2 * np.pi / 180)
    x, y = applicator.outer_radius_mm * np.cos(angle), applicator.outer_radius_mm * np.sin(angle)
    rim_mm = float(standoff_mm(applicator, level, bed, x, y).mean())
    return seat_bed(applicator, bed, incidence_deg, clearance_mm - rim_mm)


def _offset(
    rng: np.random.Generator,
    tilt_deg: tuple[float, float],
    lateral_mm: tuple[float, float],
    height_mm: tuple[float, float],
) -> Float:
    tilt, lateral = _around(rng, tilt_deg), _around(rng, lateral_mm)
    return np.array([*tilt, 0.0, *lateral, rng.uniform(*height_mm)])


def _around(rng: np.random.Generator, size: tuple[float, float]) -> Float:
    """Vector (2,) of a size in the range, in any direction."""
    angle = rng.uniform(0, 2 * np.pi)
    vector: Float = rng.uniform(*size) * np.array([np.cos(angle), np.sin(angle)])
    return vector
