"""Random views of a collar by the device's own colour camera, with truth.

What no picture shows is drawn too: the paper sits a little off, and the camera that takes the
picture is not quite the one that its calibration describes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recordings.encoded_picture import as_recorded
from recordings.simulation.collar_ink import CollarInk
from recordings.simulation.device import looking_at
from recordings.simulation.native_color import COLOR_1080, NativeColor, photograph_ring
from recordings.simulation.scene import Light, Material, Part, Scene, Texture
from tracking.applicator import Applicator
from tracking.applicator_mesh import build_mesh
from tracking.arrays import Float
from tracking.picture import ColorPicture
from tracking.picture_error import EXTRINSIC_SIGMA_DEG, EXTRINSIC_SIGMA_MM, FOCAL_SIGMA
from tracking.segmentation import Label
from tracking.transforms import invert, rigid, rotate_about, rotation_from_vector

AIM_SIGMA_MM = 10.0  # beside the axis
AIM_BELOW_MM = 60.0  # the ring's top at most


@dataclass(frozen=True)
class Seeing:
    """How well a picture is taken. `light` scales every lamp."""

    name: str
    light: float = 1.0
    blur_px: float = COLOR_1080.blur_px
    noise_levels: float = COLOR_1080.noise_levels


GOOD = Seeing("good light")
DIM = Seeing("an eighth of the light", light=0.12, noise_levels=5.0)
SOFT = Seeing("out of focus", blur_px=1.6)


@dataclass(frozen=True, eq=False)
class CollarView:
    """One picture, as recorded.

    Attributes
    ----------
    picture : ColorPicture
        As its calibration describes it.
    true_picture : ColorPicture
        The same pixels with the camera that took them.
    camera_from_applicator, camera_from_paper : (4, 4)
        The cone, and the same cone where its collar says that it is.
    """

    picture: ColorPicture
    true_picture: ColorPicture
    camera_from_applicator: Float
    camera_from_paper: Float


def random_collar_view(
    applicator: Applicator,
    distance_mm: float,
    off_axis_deg: float,
    seeing: Seeing,
    rng: np.random.Generator,
) -> CollarView | None:
    """Draw a view at this distance from the ring; None where the collar is out of the picture."""
    collar = applicator.collar
    if collar is None:
        raise ValueError(f"{applicator.id} wears no collar")
    top = np.array([0.0, 0.0, applicator.length_mm])
    camera_from_paper = _pose(distance_mm, off_axis_deg, applicator.length_mm, rng)
    off_mm = rng.normal(0.0, collar.placement_sigma_mm, 3)
    off_rad = rng.normal(0.0, collar.placement_sigma_mm / applicator.collar_seat.radius_mm, 3)
    applicator_from_paper = rigid(np.eye(3), off_mm) @ rotate_about(top, off_rad)
    camera = replace(COLOR_1080, blur_px=seeing.blur_px, noise_levels=seeing.noise_levels)
    taken = photograph_ring(
        _scene(applicator, seeing, rng),
        applicator,
        camera,
        camera_from_paper,
        camera_from_paper,
        rng,
    )
    if taken is None:
        return None
    recorded = as_recorded(taken)
    return CollarView(
        _as_calibrated(recorded, camera, rng),
        recorded,
        camera_from_paper @ invert(applicator_from_paper),
        camera_from_paper,
    )


def _as_calibrated(
    taken: ColorPicture, camera: NativeColor, rng: np.random.Generator
) -> ColorPicture:
    """The picture with the intrinsics and extrinsics that a calibration finds."""
    scale = 1 + float(rng.normal(0.0, FOCAL_SIGMA))
    k = camera.intrinsics
    turn = rotation_from_vector(rng.normal(0.0, np.radians(EXTRINSIC_SIGMA_DEG), 3))
    error = rigid(turn, rng.normal(0.0, EXTRINSIC_SIGMA_MM, 3))
    return replace(
        taken,
        intrinsics=replace(k, fx=k.fx * scale, fy=k.fy * scale),
        camera_from_color=camera.camera_from_color @ error,
    )


def _pose(
    distance_mm: float, off_axis_deg: float, length_mm: float, rng: np.random.Generator
) -> Float:
    off = np.radians(off_axis_deg)
    azimuth, roll = rng.uniform(0, 2 * np.pi, 2)
    aim = np.array([*rng.normal(0.0, AIM_SIGMA_MM, 2), length_mm - rng.uniform(0, AIM_BELOW_MM)])
    away = [np.sin(off) * np.cos(azimuth), np.sin(off) * np.sin(azimuth), np.cos(off)]
    eye = aim + distance_mm * np.array(away)
    upright = looking_at((eye[0], eye[1], eye[2]), (aim[0], aim[1], aim[2]))
    return invert(upright @ rigid(rotation_from_vector([0.0, 0.0, roll]), np.zeros(3)))


def _scene(applicator: Applicator, seeing: Seeing, rng: np.random.Generator) -> Scene:
    """The cone alone before a dark room, under a lamp that stands anywhere above."""
    if applicator.collar is None:
        raise ValueError(f"{applicator.id} wears no collar")
    ink = CollarInk(applicator.collar, applicator.collar_seat)
    grey = float(rng.uniform(0.35, 0.6))
    texture = Texture("clouds", 7.0, 0.5, (0.6 * grey,) * 3, int(rng.integers(0, 6)))
    metal = Material((grey, grey, grey), 0.45, 0.35, texture, ink=ink)
    cone = Part("applicator", build_mesh(applicator), np.eye(4), Label.APPLICATOR, metal)
    azimuth = float(rng.uniform(0, 2 * np.pi))
    lamp = (600 * float(np.cos(azimuth)), 600 * float(np.sin(azimuth)), 1500.0)
    lights = (
        Light(lamp, seeing.light * float(rng.uniform(0.5, 0.9)), casts_shadow=True),
        Light((0.0, -60.0, 0.0), seeing.light * float(rng.uniform(0.1, 0.4)), follows_camera=True),
    )
    return Scene((cone,), lights, 0.3 * seeing.light)
