"""A clear cone with its collar: the colour camera's picture, and depth that looks through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from recordings.simulation.collar_ink import CollarInk
from recordings.simulation.collar_views import GOOD, random_collar_view
from recordings.simulation.device import WIDE
from recordings.simulation.render import render
from recordings.simulation.scenarios import COLLAR
from recordings.simulation.scene import Material, Part, Scene
from recordings.simulation.shapes import sheet
from recordings.simulation.staging import PMMA_LOSS
from recordings.simulation.stereo_noise import measure
from tests.builders import make_applicator
from tracking.applicator import Applicator
from tracking.applicator_mesh import build_mesh
from tracking.arrays import Float
from tracking.collar_estimate import estimate_from_collar
from tracking.collar_marks import find_markers
from tracking.depth_noise import StereoNoise
from tracking.second_estimate import SecondEstimate
from tracking.segmentation import Label, Segmentation

CLEAR = replace(make_applicator(bevel_deg=0.0), material="pmma", collar=COLLAR)
_CAMERA = WIDE.depth_camera
NOISE = StereoNoise(_CAMERA.baseline_mm, _CAMERA.subpixel_px, _CAMERA.correlation_px)
Depth = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


@dataclass(frozen=True, eq=False)
class ClearView:
    collar: SecondEstimate
    depth_mm: Depth
    segmentation: Segmentation
    camera_from_applicator: Float


@lru_cache(maxsize=16)
def clear_view(distance_mm: float = 450.0, seed: int = 1, *, paper: bool = True) -> ClearView:
    """One view from beside; `paper` False: depth looks through the collar as well."""
    rng = np.random.default_rng([7, seed])
    off_axis_deg = float(rng.uniform(25.0, 60.0))
    seen = random_collar_view(CLEAR, distance_mm, off_axis_deg, GOOD, rng)
    assert seen is not None
    markers = find_markers(seen.picture, COLLAR.dictionary)
    collar = estimate_from_collar(seen.picture, markers, {CLEAR.id: CLEAR}, CLEAR)
    assert collar is not None
    pose = seen.camera_from_applicator
    rendering = render(_scene(CLEAR, paper=paper), WIDE.intrinsics, pose)
    depth = measure(rendering, WIDE.intrinsics, _CAMERA, rng) * np.float32(_CAMERA.depth_unit_mm)
    labels = Segmentation(rendering.labels, "truth")
    return ClearView(collar, depth.astype(np.float32), labels, pose)


def _scene(applicator: Applicator, *, paper: bool) -> Scene:
    ink = CollarInk(COLLAR, applicator.collar_seat) if paper else None
    plastic = Material((0.7, 0.74, 0.76), 0.7, 0.15, transparent_depth=PMMA_LOSS, ink=ink)
    floor = sheet(lambda x, _: np.full_like(x, -60.0), (-1500, 1500), (-1500, 1500), 3000)
    cone = Part("applicator", build_mesh(applicator), np.eye(4), Label.APPLICATOR, plastic)
    return Scene((cone, Part("floor", floor, np.eye(4), Label.OTHER, Material((0.5, 0.5, 0.5)))))
