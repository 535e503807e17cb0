"""Random labelled frames: what the segmenter is trained and tested on.

The docking story is not among them: it is kept for evaluation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training import objects
from models.training.field import background, random_field, table
from models.training.viewpoint import (
    random_background,
    random_camera,
    random_lights,
    random_view,
)
from recordings.simulation.render import render
from recordings.simulation.scene import Part, Scene
from recordings.simulation.stereo_noise import measure
from tracking.arrays import Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.transforms import invert, rigid, rotation_between, transform_points


@dataclass(frozen=True, eq=False)
class LabelledFrame:
    """One simulated exposure in its depth grid."""

    intrinsics: CameraIntrinsics
    depth_mm: NDArray[np.float32]
    color_rgb: UInt8
    labels: UInt8


def random_frames(seed: int, n_views: int) -> list[LabelledFrame]:
    """Render one random scene from `n_views` random cameras. Same seed, same bytes."""
    rng = np.random.default_rng([seed, 0x5CE9E])
    parts, target_mm = _random_parts(rng)
    frames = []
    for _ in range(n_views):
        lights, ambient = random_lights(rng)
        intrinsics, camera = random_camera(rng)
        camera_from_world = random_view(rng, target_mm, nearest_mm=camera.min_z_mm + 120)
        seen = [*parts, *_before_the_camera(rng, camera_from_world, target_mm)]
        scene = Scene(tuple(seen), lights, ambient, random_background(rng))
        rendering = render(scene, intrinsics, camera_from_world)
        raw = measure(rendering, intrinsics, camera, rng)
        depth_mm = raw * np.float32(camera.depth_unit_mm)
        frames.append(LabelledFrame(intrinsics, depth_mm, rendering.color_rgb, rendering.labels))
    return frames


def _random_parts(rng: np.random.Generator) -> tuple[list[Part], Float]:
    """Parts of a scene, and the point that cameras look at."""
    parts, target_mm = background(rng), np.zeros(3)
    is_field = rng.random() < 0.75
    reach_mm = 150.0
    if is_field:
        field = random_field(rng)
        parts += field.parts
        reach_mm = field.opening_radius_mm
    else:
        parts += table(rng)
    has_applicator = rng.random() < (0.82 if is_field else 0.25)
    if has_applicator:
        applicator = objects.random_applicator(rng)
        world_from_applicator = _applicator_pose(rng, is_free=rng.random() < 0.15)
        cone = objects.applicator_parts(rng, applicator)
        parts += objects.placed(cone, world_from_applicator)
        height = rng.uniform(0, 0.9) * applicator.length_mm
        target_mm = transform_points(world_from_applicator, np.array([0, 0, height]))
    n_distractors = int(rng.integers(0, 3)) if is_field else int(rng.integers(1, 7))
    for _ in range(n_distractors):
        at = np.array([*rng.normal(0, reach_mm * (1.4 if is_field else 1.0), 2), 0.0])
        spin = rigid(objects.turn(rng, 0.1 if rng.random() < 0.7 else 3.0), at)
        parts += objects.placed(objects.distractor(rng), spin)
    for _ in range(int(rng.choice([0, 1, 2, 4], p=[0.3, 0.3, 0.25, 0.15]))):
        parts += _retractor_or_tool(rng, reach_mm)
    return parts, target_mm


def _applicator_pose(rng: np.random.Generator, *, is_free: bool) -> Float:
    """On or above the bed, up to 35 deg off its normal; or anywhere, in any attitude."""
    spin = rng.uniform(0, 2 * np.pi)
    spun = np.array([[np.cos(spin), -np.sin(spin), 0], [np.sin(spin), np.cos(spin), 0], [0, 0, 1]])
    if is_free:
        at = np.array([*rng.normal(0, 80, 2), rng.uniform(0, 150)])
        return rigid(objects.turn(rng, 1.7) @ spun, at)
    standoff = float(rng.choice([rng.uniform(-4, 4), rng.uniform(-10, 60)]))
    at = np.array([*rng.normal(0, 12, 2), standoff])
    return rigid(objects.turn(rng, np.radians(35)) @ spun, at)


def _retractor_or_tool(rng: np.random.Generator, reach_mm: float) -> list[Part]:
    """A retractor on the opening's rim, or a tool or hand that works in the field."""
    angle, kind = rng.uniform(0, 2 * np.pi), rng.random()
    outwards = np.array([np.cos(angle), np.sin(angle), rng.uniform(0.0, 1.2)])
    outwards /= np.linalg.norm(outwards)
    inwards = rotation_between(np.array([1.0, 0, 0]), -outwards)
    radius = reach_mm * (rng.uniform(0.6, 1.1) if kind < 0.4 else rng.uniform(0.0, 1.1))
    at = np.array([radius * np.cos(angle), radius * np.sin(angle), rng.uniform(0, 90)])
    if kind < 0.4:
        flat = rotation_between(np.array([1.0, 0, 0]), -np.array([*outwards[:2], 0.15]) / np.hypot(
            np.hypot(*outwards[:2]), 0.15
        ))  # fmt: skip
        return objects.placed(objects.retractor(rng), rigid(flat, at * [1, 1, 0.4]))
    group = objects.instrument(rng) if kind < 0.75 else objects.hand(rng)
    return objects.placed(group, rigid(inwards, at))


def _before_the_camera(
    rng: np.random.Generator, camera_from_world: Float, target_mm: Float
) -> list[Part]:
    """Now and then a hand, tool or machine part between camera and field."""
    if rng.random() > 0.3:
        return []
    world_from_camera = invert(camera_from_world)
    range_mm = float(np.linalg.norm(world_from_camera[:3, 3] - target_mm))
    share, kind = rng.uniform(0.35, 0.85), rng.random()
    sideways = rng.uniform(-0.45, 0.45, 2) * share * range_mm
    at = rigid(objects.turn(rng, 3.1), (sideways[0], sideways[1], share * range_mm))
    if kind < 0.45:
        group = objects.hand(rng)
    elif kind < 0.75:
        group = objects.instrument(rng)
    else:
        group = objects.distractor(rng)  # lamp handle, cable, machine cover
    return objects.placed(group, world_from_camera @ at)
