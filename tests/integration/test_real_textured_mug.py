"""A mug under a textured projector, seen by a stereo pair: upright, and as wide as it is.

The picture has no labels: the mug is what stands on the table, and its handle, which no tube
has, is told from it by its distance from the mug's own axis and labelled as an occluder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pytest

from tests.integration.real_scenes import (
    TEXTURED_DEPTH,
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
    read_cloud,
    replayed,
    tracker_labels,
    without_color,
)
from tests.integration.shared_data import shared

pytestmark = pytest.mark.real_data

DEPTH_UNIT_MM = 0.1  # finer than the data's own steps of 1/16 px
WALL_ROWS = 200  # above them the picture shows the wall behind the table
TABLE_INLIER_MM = 4.0  # three sigma of the depth noise
FOOT_MM, TALLEST_MM = 5.0, 160.0
PLAIN_MM = (35.0, 85.0)  # heights between the foot's and the rim's smear
HANDLE_MM = 6.0  # beyond the wall by so much
MUG_MM = (82.0, 4.0, 96.0)  # outer diameter, wall and height of an ordinary straight mug
NARROWER_MM = 12.0  # than it is: no mug of the set
STANDING_MM = 4.0  # a round foot, and a window of 15 px that blends foot and table


class Mug(NamedTuple):
    """The mug's body, its handle and what is table, and the table's plane."""

    body: Mask
    handle: Mask
    table: Mask
    normal: Points
    offset_mm: float


@pytest.fixture(scope="module")
def scene() -> RealScene:
    cloud = read_cloud(shared("pcl_scenes") / "table_scene_mug_stereo_textured.pcd")
    return without_color(cloud)  # the projector's pattern, coloured by the file's writer


@pytest.fixture(scope="module")
def mug(scene: RealScene) -> Mug:
    points = scene.points_mm
    known = scene.depth_mm > 0
    known[:WALL_ROWS] = False
    normal, offset = fit_plane(points[known][::5], TABLE_INLIER_MM)
    heights = points @ normal + offset
    stands = known & (heights > FOOT_MM) & (heights < TALLEST_MM)
    _, components, stats, _ = cv2.connectedComponentsWithStats(stands.astype(np.uint8))
    object_mask = components == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    flat = points @ across(normal).T
    plain = object_mask & (heights > PLAIN_MM[0]) & (heights < PLAIN_MM[1])
    centre, radius = fit_circle(flat[plain], 20.0, 80.0)
    near = object_mask & (np.linalg.norm(flat - centre, axis=-1) < radius + HANDLE_MM)
    closed = cv2.morphologyEx(near.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    body = closed.astype(bool)
    table = known & (np.abs(heights) < 2 * TABLE_INLIER_MM) & ~object_mask & ~body
    return Mug(body, object_mask & ~body, table, normal, offset)


def test_the_mug_stands_upright(scene: RealScene, mug: Mug, tmp_path: Path) -> None:
    record = _replayed(scene, mug, MUG_MM[0], tmp_path)
    pose = pose_of(record)
    assert angle_deg(pose[:3, 2], mug.normal) <= UPRIGHT_DEG
    assert abs(pose[:3, 3] @ mug.normal + mug.offset_mm) <= STANDING_MM
    assert record["verdict"] != "READY"  # of another machine's plan: nothing is docked


def test_a_tube_of_another_width_is_not_taken_for_the_mug(
    scene: RealScene, mug: Mug, tmp_path: Path
) -> None:
    record = _replayed(scene, mug, MUG_MM[0] - NARROWER_MM, tmp_path)
    is_ok = record["registration"]["status"] == "OK"
    assert not (is_ok and record["alignment"]["applicator_id"]["decided"])


def _replayed(scene: RealScene, mug: Mug, diameter_mm: float, folder: Path) -> dict[str, Any]:
    labels = tracker_labels(mug.body, mug.table, occluder=mug.handle)
    catalogue = catalogue_text(diameter_mm, *MUG_MM[1:])
    return replayed(scene, labels, DEPTH_UNIT_MM, TEXTURED_DEPTH, catalogue, folder)
