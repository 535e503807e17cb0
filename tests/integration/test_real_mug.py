"""A real mug on a real table, as a plain tube: it must come out upright and standing."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.integration.real_scenes import (
    UPRIGHT_DEG,
    Mask,
    Points,
    RealScene,
    across,
    angle_deg,
    catalogue_text,
    fit_circle,
    fit_plane,
    pose_of,
    replayed,
    tracker_labels,
)
from tests.integration.shared_data import shared
from tracking.camera import CameraIntrinsics

pytestmark = pytest.mark.real_data

STANDING_MM = 3.0  # required of an object that stands on the table
DEPTH_UNIT_MM = 0.1  # the data's own grid
TABLE_INLIER_MM = 1.5
SIDE_MM = (15.0, 50.0)  # heights above the foot at which only the outside can be seen
RIM_QUANTILE = 0.99  # of the heights of the points: the rim, without the last strays
WALL_MM = 4.0  # of a stoneware mug
NEAR_PX = 40  # around the mug lies table and nothing else

DEPTH = """\
baseline_mm = 50.0
subpixel_px = 0.1
correlation_px = 1.5
bias_mm = [0.0]
"""


@pytest.fixture(scope="module")
def data() -> tuple[RealScene, Points]:
    """The picture, and the mug's own points in mm."""
    folder = shared("sixdof_graspnet_mugs")
    arrays = np.load(folder / "red_mug.npz")
    k = arrays["K"]
    height, width = arrays["depth_m"].shape
    color_bgr = cv2.imread(str(folder / "red_mug_color.png"))
    assert color_bgr is not None
    scene = RealScene(
        CameraIntrinsics(width, height, k[0, 0], k[1, 1], k[0, 2], k[1, 2]),
        (np.nan_to_num(arrays["depth_m"]) * 1e3).astype(np.float32),
        cv2.cvtColor(color_bgr, cv2.COLOR_BGR2RGB).astype(np.uint8),
        np.zeros((height, width), np.uint32),
    )
    return scene, arrays["object_points_m"] * 1e3


def test_the_mug_stands_upright_on_the_table(
    data: tuple[RealScene, Points], tmp_path: Path
) -> None:
    scene, points = data
    mask = _mask(scene, points)
    normal, offset = _table(scene, mask)
    heights = points @ normal + offset
    side = points[(heights > SIDE_MM[0]) & (heights < SIDE_MM[1])]
    _, radius = fit_circle(side @ across(normal).T, 20.0, 80.0)
    catalogue = catalogue_text(2 * radius, WALL_MM, float(np.quantile(heights, RIM_QUANTILE)))
    labels = tracker_labels(mask, np.zeros_like(mask))
    record = replayed(
        scene, labels, DEPTH_UNIT_MM, DEPTH, catalogue, tmp_path, labels_tell_bed=False
    )
    pose = pose_of(record)
    alignment = record["alignment"]
    assert alignment["incidence_deg"]["value"] <= UPRIGHT_DEG
    assert abs(alignment["air_gap_mm"]["value"]) <= STANDING_MM
    assert angle_deg(pose[:3, 2], normal) <= UPRIGHT_DEG
    assert record["verdict"] != "READY"


def _mask(scene: RealScene, points: Points) -> Mask:
    u, v = np.rint(scene.intrinsics.project(points)).astype(int).T
    mask = np.zeros(scene.depth_mm.shape, np.uint8)
    mask[v, u] = 1
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    result: Mask = closed.astype(bool)
    return result


def _table(scene: RealScene, mask: Mask) -> tuple[Points, float]:
    """Plane of the table around the mug."""
    kernel = np.ones((2 * NEAR_PX + 1,) * 2, np.uint8)
    near = cv2.dilate(mask.astype(np.uint8), kernel).astype(bool)
    return fit_plane(scene.points_mm[near & ~mask & (scene.depth_mm > 0)], TABLE_INLIER_MM)
