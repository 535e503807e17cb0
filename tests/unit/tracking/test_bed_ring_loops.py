"""The ring of bed around the rim, as plain NumPy and OpenCV would say it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.survey_scene import (
    CONE,
    INTRINSICS,
    camera_pose,
    cone_pose,
    hollow,
    shoot,
    with_folds,
)
from tracking.bed_ring_loops import (
    BED_BORDER_PX,
    MIN_SECTOR_POINTS,
    N_SECTORS,
    ring_points,
    seen_deg,
)
from tracking.kernels import square
from tracking.segmentation import Label
from tracking.transforms import invert, transform_points

PINHOLE = np.array([INTRINSICS.fx, INTRINSICS.fy, INTRINSICS.cx, INTRINSICS.cy])
APPLICATOR_FROM_CAMERA = invert(cone_pose()) @ camera_pose()
SLOPE, HEIGHT_MM, INNER_MM, OUTER_MM = 0.2, 60.0, 35.0, 64.0
BED = int(Label.TUMOR_BED)


@pytest.mark.parametrize("stride", [1, 3, 4])
@pytest.mark.parametrize(
    "window", [(0, 240, 0, 424), (61, 190, 100, 331), (80, 83, 90, 300), (9, 9, 3, 50)]
)
def test_points(window: tuple[int, int, int, int], stride: int) -> None:
    shot = shoot(with_folds(hollow(1 / 200.0)), camera_pose(), 3, cone_pose(), CONE)
    depth_mm = shot.depth_mm.copy()
    depth_mm[::7, ::5], depth_mm[::11], depth_mm[::13] = 0.0, np.nan, np.inf
    rows, columns = slice(*window[:2]), slice(*window[2:])
    is_bed = (shot.labels[rows, columns] == BED).astype(np.uint8)
    eroded = np.asarray(cv2.erode(is_bed, square(BED_BORDER_PX))) if is_bed.size else is_bed
    inside = np.zeros(shot.labels.shape, bool)
    inside[rows, columns] = eroded > 0
    thinned = np.zeros_like(inside)
    thinned[window[0] : window[1] : stride, window[2] : window[3] : stride] = True
    v, u = np.nonzero(inside & thinned & (depth_mm > 0))
    rays = INTRINSICS.rays(u.astype(np.float64), v.astype(np.float64))
    depth = depth_mm[v, u].astype(np.float64)
    with np.errstate(invalid="ignore"):
        points = transform_points(APPLICATOR_FROM_CAMERA, rays * depth[:, None])
        radius = np.hypot(points[:, 0], points[:, 1])
        chosen = (radius > INNER_MM) & (radius < OUTER_MM)
        chosen &= np.abs(points[:, 2] + points[:, 0] * SLOPE) < HEIGHT_MM
    has_bed, *found = ring_points(
        shot.labels,
        depth_mm,
        np.array(window),
        stride,
        BED,
        PINHOLE,
        APPLICATOR_FROM_CAMERA,
        SLOPE,
        HEIGHT_MM,
        INNER_MM,
        OUTER_MM,
    )
    assert has_bed == (len(depth) > 0)
    turned = rays[chosen] @ APPLICATOR_FROM_CAMERA[:3, :3].T
    for value, wanted in zip(found, (points[chosen], turned, depth[chosen]), strict=True):
        np.testing.assert_allclose(value, wanted, 1e-10, 1e-9)


def test_bed_beside_the_ring_is_bed() -> None:
    labels, depth_mm = np.full((50, 50), BED, np.uint8), np.full((50, 50), 480.0, np.float32)
    labels[:, :25] = 0
    args = (2, BED, PINHOLE, np.eye(4), SLOPE, HEIGHT_MM, INNER_MM, OUTER_MM)
    for last, has_bed in ((50, True), (29, True), (27, False), (25, False)):
        found, points, _, _ = ring_points(labels, depth_mm, np.array([0, 50, 0, last]), *args)
        assert (found, len(points)) == (has_bed, 0)


@pytest.mark.parametrize("n", [0, 1, 20, 300])
def test_seen_sectors(n: int) -> None:
    points = np.random.default_rng(n).standard_normal((n, 3))
    angle = np.arctan2(points[:, 1], points[:, 0])
    sector = ((angle + np.pi) / (2 * np.pi) * N_SECTORS).astype(int) % N_SECTORS
    counts = np.bincount(sector, minlength=N_SECTORS)
    assert seen_deg(points) == (counts >= MIN_SECTOR_POINTS).sum() * 360.0 / N_SECTORS
