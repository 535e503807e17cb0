"""Which noise model real sensors follow: both triangulate, and err alike in disparity at any depth.

The table of each picture is flat over a patch of a hand's width, so what is left of a patch after
a plane (in 1/z, where a plane is linear in the pixel) is noise.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.rig_file import parse_rig
from tests.integration.real_scenes import (
    KINECT_DEPTH,
    RIG_HEAD,
    TEXTURED_DEPTH,
    Mask,
    RealScene,
    fit_plane,
    read_cloud,
)
from tests.integration.shared_data import shared
from tracking.depth_noise import StereoNoise

pytestmark = pytest.mark.real_data

PATCH_PX = 40
MIN_KNOWN_FRACTION = 0.97
WALL_ROWS = 200  # above them the textured picture shows a wall
TABLE_MM = 15.0
NEAR_FAR_RATIO = 1.5  # of distances: the two groups of patches that are compared
SAME_LAW = 0.3  # relative: a patch's scatter is good to a fifth, fixed patterns come on top


def _noise(rig_depth: str) -> StereoNoise:
    noise = parse_rig(RIG_HEAD + rig_depth, "rig.toml").depth
    assert isinstance(noise, StereoNoise)
    return noise


KINECT, TEXTURED = _noise(KINECT_DEPTH), _noise(TEXTURED_DEPTH)


class Patches(NamedTuple):
    """Of each patch of the table: distance in mm and scatter of 1/z in 1/mm."""

    z_mm: NDArray[np.float64]
    scatter_per_mm: NDArray[np.float64]


@pytest.fixture(scope="module")
def kinect() -> tuple[RealScene, Patches]:
    scene = read_cloud(shared("mosd_cylinders") / "learn33.pcd")
    return scene, _patches(scene, (scene.labels > 0) & (scene.labels < 10))


@pytest.fixture(scope="module")
def textured() -> tuple[RealScene, Patches]:
    scene = read_cloud(shared("pcl_scenes") / "table_scene_mug_stereo_textured.pcd")
    known = scene.depth_mm > 0
    known[:WALL_ROWS] = False
    normal, offset = fit_plane(scene.points_mm[known][::10], TABLE_MM / 3)
    table = known & (np.abs(scene.points_mm @ normal + offset) < TABLE_MM)
    return scene, _patches(scene, table)


def test_a_kinect_errs_alike_in_disparity_near_and_far(kinect: tuple[RealScene, Patches]) -> None:
    """Over a ratio of distances of 1.5 and more, which a noise constant in depth cannot follow."""
    z, scatter = kinect[1]
    is_near, is_far = z < np.quantile(z, 0.25), z > np.quantile(z, 0.75)
    near, far = (np.median(scatter[part]) for part in (is_near, is_far))
    ratio = np.median(z[is_far]) / np.median(z[is_near])
    assert ratio >= NEAR_FAR_RATIO
    assert near == pytest.approx(far, rel=SAME_LAW)
    in_depth = far / near * ratio**2
    assert in_depth > 1 + 2 * SAME_LAW


def test_the_rigs_of_these_tests_say_what_the_tables_show(
    kinect: tuple[RealScene, Patches], textured: tuple[RealScene, Patches]
) -> None:
    for (scene, patches), noise in ((kinect, KINECT), (textured, TEXTURED)):
        said = noise.sigma_mm(patches.z_mm, scene.intrinsics.fx) / patches.z_mm**2
        assert np.median(patches.scatter_per_mm / said) == pytest.approx(1.0, rel=SAME_LAW)


@pytest.mark.parametrize(("name", "steps_per_px"), [("kinect", 8), ("textured", 16)])
def test_the_focal_length_and_baseline_follow_from_the_steps_of_disparity(
    name: str, steps_per_px: int, request: pytest.FixtureRequest
) -> None:
    scene: RealScene = request.getfixturevalue(name)[0]
    noise = {"kinect": KINECT, "textured": TEXTURED}[name]
    levels = np.unique(1.0 / scene.depth_mm[scene.depth_mm > 0].astype(np.float64))
    expected = 1.0 / (steps_per_px * noise.focal_baseline(scene.intrinsics.fx))
    rounding = 0.01  # relative: one sensor stores whole mm, which the median step averages
    assert np.median(np.diff(levels)) == pytest.approx(expected, rel=rounding)


def _patches(scene: RealScene, table: Mask) -> Patches:
    distances, scatters = [], []
    v, u = np.mgrid[:PATCH_PX, :PATCH_PX].astype(np.float64)
    height, width = scene.depth_mm.shape
    for top in range(0, height - PATCH_PX, PATCH_PX):
        for left in range(0, width - PATCH_PX, PATCH_PX):
            patch = (slice(top, top + PATCH_PX), slice(left, left + PATCH_PX))
            known = table[patch]
            if known.mean() < MIN_KNOWN_FRACTION:
                continue
            z = scene.depth_mm[patch][known].astype(np.float64)
            plane = np.stack([np.ones(len(z)), u[known], v[known]], axis=1)
            solution = np.linalg.lstsq(plane, 1.0 / z, rcond=None)[0]
            distances.append(float(np.median(z)))
            scatters.append(float(np.std(1.0 / z - plane @ solution)))
    return Patches(np.array(distances), np.array(scatters))
