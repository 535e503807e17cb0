"""What gets before cone and bed: a drape, a glove."""

from __future__ import annotations

import numpy as np

from recordings.simulation.disturbance import Setting
from recordings.simulation.scene import Material, Part, Texture
from recordings.simulation.shapes import sheet
from recordings.simulation.theatre import hand
from tracking.arrays import Float
from tracking.segmentation import Label
from tracking.transforms import rigid

DRAPE_EDGE_MM = (85.0, 72.0, 58.0, 45.0, 33.0)  # from the axis; the cone's wall is at 32
DRAPE_LIFT_MM = 6.0  # folds of cloth on tissue
DRAPE_FOLD_MM = 2.5
DRAPE_HALF_MM = 130.0
DRAPE = Material((0.05, 0.3, 0.38), 0.02, 0.8, Texture("weave", 9.0, 0.35, (0.09, 0.24, 0.3)))
GLOVE_FROM_CAMERA_DEG = (120.0, 95.0, 65.0, 35.0, 5.0)  # around the cone, from its seen side
GLOVE_RGB = (0.75, 0.72, 0.62)
GLOVE_CLEARANCE_MM = 22.0  # palm's centre from the wall: its fingers lie against the cone
GLOVE_HEIGHT_MM = 28.0  # of the palm above the rim


def drape_over_bed(setting: Setting) -> tuple[Part, ...]:
    """A cloth that slid over one side of the bed, its edge ever closer to the cone."""
    story, rng = setting.story, setting.rng
    phases = rng.uniform(0, 2 * np.pi, 2)
    turn = rng.uniform(0, 2 * np.pi)
    cosine, sine = np.cos(turn), np.sin(turn)

    def height(x: Float, y: Float) -> Float:
        folds = np.sin(x / 14 + phases[0]) + np.sin((x + 2 * y) / 33 + phases[1])
        bed_x, bed_y = cosine * x - sine * y, sine * x + cosine * y
        surface: Float = (
            story.bed.height_mm(bed_x, bed_y) + DRAPE_LIFT_MM + DRAPE_FOLD_MM * folds / 2
        )
        return surface

    across = (DRAPE_EDGE_MM[setting.step], DRAPE_HALF_MM)
    mesh = sheet(height, across, (-DRAPE_HALF_MM, DRAPE_HALF_MM), 6.0)
    spun = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    pose = story.world_from_bed(setting.time_s) @ rigid(spun, np.zeros(3))
    return (Part("slid drape", mesh, pose, Label.OTHER, DRAPE),)


def glove_over_rim(setting: Setting) -> tuple[Part, ...]:
    """A hand at the cone's lower end, from behind the cone to right before its rim."""
    story = setting.story
    world_from_applicator = story.world_from_applicator(setting.time_s)
    if world_from_applicator is None:
        return ()
    side = 1.0 if setting.rng.random() < 0.5 else -1.0
    around = setting.camera_azimuth_rad + side * np.radians(GLOVE_FROM_CAMERA_DEG[setting.step])
    outward = np.array([np.cos(around), np.sin(around), 0.0])
    along = -side * np.cross([0.0, 0.0, 1.0], outward)  # fingers point to the camera's side
    up = np.array([0.0, 0.0, 1.0])
    reach = story.applicator.outer_radius_mm + GLOVE_CLEARANCE_MM
    pose = rigid(
        np.stack([along, np.cross(up, along), up], axis=1),
        outward * reach + up * GLOVE_HEIGHT_MM,
    )
    return (hand("glove over rim", world_from_applicator @ pose, GLOVE_RGB),)
