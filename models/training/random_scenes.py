"""Random labelled frames: what the segmenter is trained and tested on.

The docking story is not among them: it is kept for evaluation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training.families import Families
from models.training.scenes.cameras import HEIGHT_PX, Camera, random_camera
from models.training.scenes.compose import Scenery, random_scenery
from models.training.scenes.depth_sensor import measured_depth
from models.training.scenes.facts import SceneFacts
from models.training.scenes.lights import random_lighting
from models.training.scenes.optics import Optics, picture, random_optics
from models.training.scenes.photo import Cover, Photo, Studio
from models.training.scenes.viewpoint import Subject, random_view
from tracking.arrays import Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.segmentation import Label
from tracking.transforms import transform_points

TRAINING = Families("training")
N_VIEW_TRIES = 5


@dataclass(frozen=True, eq=False)
class LabelledFrame:
    """One simulated exposure in its depth grid, and what its renderer knows of it."""

    intrinsics: CameraIntrinsics
    depth_mm: NDArray[np.float32]
    color_rgb: UInt8
    labels: UInt8
    facts: SceneFacts


def random_frames(
    seed: int, n_views: int, families: Families = TRAINING, height_px: int = HEIGHT_PX
) -> list[LabelledFrame]:
    """Render one random scene from `n_views` random cameras. Same arguments, same bytes."""
    rng = np.random.default_rng([seed, 0x5CE9E])
    scenery = random_scenery(rng, families)
    studio, cover = Studio(scenery.parts), Cover(scenery.cone_parts)
    frames = []
    for _ in range(n_views):
        camera = random_camera(rng, height_px)
        camera_from_world = _open_view(rng, studio, camera, scenery.subject)
        photo = studio.photograph(camera.intrinsics, camera_from_world, random_lighting(rng))
        optics = random_optics(rng, photo)
        depth_mm = measured_depth(photo, optics, camera, rng)
        color_rgb = picture(photo, optics, rng)
        facts = _facts(scenery, cover, photo, optics, camera, camera_from_world)
        frames.append(LabelledFrame(camera.intrinsics, depth_mm, color_rgb, photo.labels, facts))
    return frames


def _open_view(rng: np.random.Generator, studio: Studio, camera: Camera, subject: Subject) -> Float:
    """A view that shows something of the scene, where a few draws find one."""
    camera_from_world = random_view(rng, camera, subject)
    for _ in range(N_VIEW_TRIES):
        if studio.shows(camera.intrinsics, camera_from_world):
            break
        camera_from_world = random_view(rng, camera, subject)
    return camera_from_world


def _facts(
    scenery: Scenery,
    cover: Cover,
    photo: Photo,
    optics: Optics,
    camera: Camera,
    camera_from_world: Float,
) -> SceneFacts:
    subject = scenery.subject
    distance, width, hidden = float(transform_points(camera_from_world, np.zeros(3))[2]), 0.0, None
    if subject.applicator is not None:
        middle = np.array([0.0, 0.0, subject.applicator.length_mm / 2])
        at = transform_points(camera_from_world @ subject.world_from_applicator, middle)
        distance = float(np.linalg.norm(at))
        width = camera.intrinsics.fx * subject.width_mm / max(float(at[2]), 1.0)
        hidden = cover.hidden_fraction(camera.intrinsics, camera_from_world, photo.depth_mm)
    return SceneFacts(
        kind=scenery.kind,
        distance_mm=distance,
        applicator_width_px=width,
        occluded_fraction=hidden,
        material=scenery.look,
        tissue_tone=scenery.tissue_tone,
        smoke_level=float(optics.haze.mean()) if optics.haze is not None else 0.0,
        camera=camera.sensor.name,
        has_applicator=bool((photo.labels == Label.APPLICATOR).any()),
        has_bed=bool((photo.labels == Label.TUMOR_BED).any()),
    )
