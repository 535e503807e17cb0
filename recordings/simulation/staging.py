"""From the story's poses to a scene that can be rendered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recordings.simulation.collar_ink import CollarInk
from recordings.simulation.scene import Light, Material, Part, Scene, Texture
from recordings.simulation.story import Story
from recordings.simulation.theatre import bed_part, hand, surroundings
from tracking.applicator import Applicator
from tracking.applicator_mesh import TriangleMesh, build_mesh
from tracking.arrays import Float
from tracking.segmentation import Label
from tracking.transforms import rigid

AMBIENT = 0.3
METAL_GLOSS = 0.45
PMMA_LOSS = 0.6  # share of a clear wall that the depth camera looks through
CROSSING_MM = 520.0  # length of the glove's way through the view, along head y
CROSSING_TOWARDS_CAMERA_MM = 95.0  # its distance from the axis
CROSSING_BELOW_HEAD_MM = 190.0  # half-way down the cone


@dataclass(frozen=True, eq=False)
class Stage:
    """The story with its fixed things built once; `at` adds what moves."""

    story: Story
    cone_mesh: TriangleMesh
    cone_material: Material
    bed: Part
    at_rest: tuple[Part, ...]
    glove_rgb: tuple[float, float, float]
    lights: tuple[Light, ...]
    camera_azimuth_rad: float

    def at(self, time_s: float) -> Scene:
        """Build the scene at `time_s`."""
        bed = Part(
            self.bed.name,
            self.bed.mesh,
            self.story.world_from_bed(time_s),
            self.bed.label,
            self.bed.material,
        )
        parts = [bed, *self.at_rest]
        world_from_applicator = self.story.world_from_applicator(time_s)
        if world_from_applicator is not None:
            parts.append(
                Part(
                    "applicator",
                    self.cone_mesh,
                    world_from_applicator,
                    Label.APPLICATOR,
                    self.cone_material,
                )
            )
            if self.story.is_held_by_hand(time_s):
                parts.append(self._placing_hand(world_from_applicator))
        crossing = self.story.glove_crossing(time_s)
        if crossing is not None:
            parts.append(self._crossing_hand(time_s, crossing))
        return Scene(tuple(parts), self.lights, AMBIENT)

    def _placing_hand(self, world_from_applicator: Float) -> Part:
        """Return a hand at the ring, from a side that the camera does not look from."""
        applicator = self.story.applicator
        away = self.camera_azimuth_rad + np.radians(115.0)
        outward = np.array([np.cos(away), np.sin(away), 0.0])
        reach = max(applicator.ring_diameter_mm / 2, applicator.outer_radius_mm)
        wrist = outward * (reach + 70.0) + [0.0, 0.0, applicator.length_mm - 45.0]
        pose = rigid(_facing(-outward), wrist)
        return hand("placing hand", world_from_applicator @ pose, self.glove_rgb)

    def _crossing_hand(self, time_s: float, crossing: float) -> Part:
        towards = np.array([np.cos(self.camera_azimuth_rad), np.sin(self.camera_azimuth_rad), 0.0])
        along = np.cross([0.0, 0.0, 1.0], towards)
        way = CROSSING_MM * (np.sin(np.pi * crossing) - 1.0)  # in and out again
        place = (
            towards * CROSSING_TOWARDS_CAMERA_MM
            + along * (way - 40.0)
            - [0.0, 0.0, CROSSING_BELOW_HEAD_MM]
        )
        pose = rigid(_facing(along), place)
        return hand("glove", self.story.world_from_head(time_s) @ pose, self.glove_rgb)


def build_stage(story: Story, camera_azimuth_rad: float, seed: int) -> Stage:
    """Build meshes, colours and lights of one seed."""
    rng = np.random.default_rng([seed, 2])
    bed = bed_part(story.bed, story.world_from_bed_at_rest, rng)
    at_rest = surroundings(story.bed, story.world_from_bed_at_rest, rng)
    glove_rgb = ((0.75, 0.72, 0.62), (0.25, 0.4, 0.65), (0.45, 0.62, 0.5))[int(rng.integers(3))]
    azimuth = rng.uniform(0, 2 * np.pi)
    lamp = Light(
        (600 * float(np.cos(azimuth)), 600 * float(np.sin(azimuth)), 1500.0),
        intensity=float(rng.uniform(0.6, 0.9)),
        color_rgb=(1.0, 0.97, 0.92),
        casts_shadow=True,
    )
    head_light = Light((0.0, -60.0, 0.0), float(rng.uniform(0.2, 0.4)), follows_camera=True)
    return Stage(
        story=story,
        cone_mesh=build_mesh(story.applicator),
        cone_material=_cone_material(story.applicator, rng),
        bed=bed,
        at_rest=at_rest,
        glove_rgb=glove_rgb,
        lights=(lamp, head_light),
        camera_azimuth_rad=camera_azimuth_rad,
    )


def _cone_material(applicator: Applicator, rng: np.random.Generator) -> Material:
    grey = float(rng.uniform(0.4, 0.6))
    texture = Texture("clouds", 7.0, 0.5, (0.6 * grey,) * 3, int(rng.integers(0, 6)))
    ink = (
        None if applicator.collar is None else CollarInk(applicator.collar, applicator.collar_seat)
    )
    if applicator.material == "pmma":
        return Material((0.7, 0.74, 0.76), 0.7, 0.15, texture, transparent_depth=PMMA_LOSS, ink=ink)
    return Material((grey, grey, 1.03 * grey), METAL_GLOSS, 0.35, texture, ink=ink)


def _facing(forward: Float) -> Float:
    """Rotation whose x axis is `forward` (horizontal) and whose z axis is up."""
    up = np.array([0.0, 0.0, 1.0])
    return np.stack([forward, np.cross(up, forward), up], axis=1)
