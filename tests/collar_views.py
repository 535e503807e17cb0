"""A cone with its collar before the simulated colour camera: one picture and its truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from recordings.simulation.collar_ink import CollarInk
from recordings.simulation.device import looking_at
from recordings.simulation.native_color import COLOR_1080, photograph_ring
from recordings.simulation.scenarios import COLLAR
from recordings.simulation.scene import Light, Material, Part, Scene
from tests.builders import make_applicator, make_catalogue
from tracking.applicator import Applicator
from tracking.applicator_mesh import build_mesh
from tracking.arrays import Float
from tracking.collar import Collar
from tracking.picture import ColorPicture
from tracking.segmentation import Label
from tracking.transforms import invert

LIGHTS = (
    Light((300.0, 200.0, 1500.0), 0.7),
    Light((0.0, -60.0, 0.0), 0.3, follows_camera=True),
)


@dataclass(frozen=True, eq=False)
class CollarView:
    picture: ColorPicture
    camera_from_applicator: Float
    applicator: Applicator


def collared(diameter_mm: float = 60.0, collar: Collar = COLLAR) -> Applicator:
    return replace(make_applicator(diameter_mm), collar=collar)


def collared_catalogue(*wearers: Applicator) -> dict[str, Applicator]:
    return make_catalogue() | {wearer.id: wearer for wearer in wearers}


def collar_scene(applicator: Applicator) -> Scene:
    assert applicator.collar is not None
    ink = CollarInk(applicator.collar, applicator.collar_seat)
    metal = Material((0.5, 0.5, 0.5), 0.4, 0.35, ink=ink)
    cone = Part("applicator", build_mesh(applicator), np.eye(4), Label.APPLICATOR, metal)
    return Scene((cone,), LIGHTS, 0.3)


def ring_pose(distance_mm: float, off_axis_deg: float, azimuth_deg: float = 20.0) -> Float:
    """`camera_from_applicator` of a camera that looks at the ring from beside the axis."""
    off, around = np.radians([off_axis_deg, azimuth_deg])
    away = np.array([np.sin(off) * np.cos(around), np.sin(off) * np.sin(around), np.cos(off)])
    x, y, z = (np.array([3.0, -5.0, 285.0]) + distance_mm * away).tolist()
    return invert(looking_at((x, y, z), (3.0, -5.0, 285.0)))


@lru_cache(maxsize=8)
def collar_view(distance_mm: float = 500.0, off_axis_deg: float = 45.0) -> CollarView:
    applicator, pose = collared(), ring_pose(distance_mm, off_axis_deg)
    picture = photograph_ring(
        collar_scene(applicator), applicator, COLOR_1080, pose, pose, np.random.default_rng(3)
    )
    assert picture is not None
    return CollarView(picture, pose, applicator)
