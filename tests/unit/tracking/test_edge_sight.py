"""Edges in the image, as plain NumPy would say it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import minimum_filter1d

from tests.builders import INTRINSICS, make_applicator, pose_looking_at
from tests.builders_views import model_of
from tracking.arrays import Bool, Float
from tracking.edge_sight import (
    END_PX,
    MAX_CURVATURE,
    MIN_DISTANCE_MM,
    MIN_GAP_PX,
    PROBE_PX,
    away_from_ends,
    bounding_points,
    edges_in_image,
    with_offsets,
)
from tracking.transforms import transform_points

MODEL = model_of(make_applicator(40.0))
K = (INTRINSICS.fx, INTRINSICS.fy, INTRINSICS.cx, INTRINSICS.cy)


def _in_image(pose: Float) -> tuple[Float, Float, Float, Float]:
    return edges_in_image(MODEL.edge_points_mm, MODEL.edge_tangents, pose, *K)


def test_points_normals_and_probes() -> None:
    pose = pose_looking_at(400.0, 35.0, azimuth_deg=20.0)
    points, uv, normals, rays = _in_image(pose)
    expected = transform_points(pose, MODEL.edge_points_mm)
    np.testing.assert_allclose(points, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(uv, INTRINSICS.project(points), rtol=1e-12)
    ahead = INTRINSICS.project(points + MODEL.edge_tangents @ pose[:3, :3].T) - uv
    lengths = np.hypot(ahead[..., 0], ahead[..., 1])
    expected = np.stack([ahead[..., 1] / lengths, -ahead[..., 0] / lengths], axis=-1)
    np.testing.assert_allclose(normals, expected, rtol=1e-9, atol=1e-11)
    probes = np.stack([uv + PROBE_PX * normals, uv - PROBE_PX * normals]).reshape(-1, 2)
    np.testing.assert_allclose(rays, INTRINSICS.rays(*probes.T), rtol=1e-12, atol=1e-15)


def test_a_point_behind_the_camera_has_a_place_and_bounds_nothing() -> None:
    pose = pose_looking_at(400.0, 35.0)
    pose[2, 3] = -pose[:3, :3][2, 2] * 60.0  # the camera amid the tube
    points, uv, normals, rays = _in_image(pose)
    behind = transform_points(pose, MODEL.edge_points_mm)[..., 2] <= MIN_DISTANCE_MM
    assert 0 < behind.sum() < behind.size
    assert (points[behind] == [0.0, 0.0, MIN_DISTANCE_MM]).all()
    meets = np.arange(len(rays)) < behind.size  # every point would bound it
    edge, places, *_ = bounding_points(
        points, uv, normals, meets, np.zeros(behind.shape, bool), 1.0
    )
    assert len(edge) > 0
    assert places[:, 2].min() > MIN_DISTANCE_MM


@pytest.mark.parametrize("is_closed", [True, False])
@pytest.mark.parametrize("gap_px", [0.0, 0.7, 2.0, 3.6, 100.0])
@pytest.mark.parametrize("n", [4, 7, 72])
def test_ends_of_arcs(n: int, gap_px: float, is_closed: bool) -> None:
    rng = np.random.default_rng(n)
    for share in (0.0, 0.05, 0.3, 1.0):
        is_outline: Bool = rng.random(n) >= share
        reach = min(int(np.ceil(END_PX / max(gap_px, MIN_GAP_PX))), n // 2 - 1)
        expected = minimum_filter1d(
            is_outline, 2 * reach + 1, mode="wrap" if is_closed else "constant"
        )
        kept = away_from_ends(is_outline, gap_px, is_closed)
        np.testing.assert_array_equal(kept, expected)


@pytest.mark.parametrize("share", [0.0, 0.02, 1.0])
def test_points_that_bound_the_model(share: float) -> None:
    points, uv, normals, _ = _in_image(pose_looking_at(400.0, 35.0, azimuth_deg=20.0))
    k, n = uv.shape[:2]
    rng = np.random.default_rng(3)
    plus = np.arange(k * n) % n < n // 3
    minus = plus ^ (rng.random(k * n) >= share)
    is_hidden = np.zeros((k, n), bool)
    is_hidden[0, :20] = True
    edge, *found = bounding_points(
        points, uv, normals, np.concatenate([plus, minus]), is_hidden, 1.5
    )
    is_outline = (plus != minus).reshape(k, n) & ~is_hidden
    behind, ahead = np.roll(uv, 1, axis=1), np.roll(uv, -1, axis=1)
    gaps = np.linalg.norm(uv - behind, axis=2)
    kept = np.array(
        [away_from_ends(is_outline[i], gaps[i].mean(), is_closed=True) for i in range(k)]
    )
    assert kept.any() == (share < 1.0)
    outward = np.where(plus.reshape(k, n)[..., None], -normals, normals)
    speed = np.square(ahead - behind).sum(axis=2) / 4
    curvature = -((ahead - 2 * uv + behind) * outward).sum(axis=2) / speed
    rounding = 1.5**2 / 2 * np.clip(curvature, -MAX_CURVATURE, MAX_CURVATURE)
    np.testing.assert_array_equal(edge, np.nonzero(kept)[0])
    for value, expected in zip(found, (points, uv, outward, rounding, gaps), strict=True):
        np.testing.assert_allclose(value, expected[kept], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("n", [0, 1, 90])
def test_points_without_an_offset_are_left_out(n: int) -> None:
    rng = np.random.default_rng(n)
    edge = np.sort(rng.choice([0, 2, 3], n))
    points, normals, gaps = rng.random((n, 3)), rng.random((n, 2)), rng.random(n)
    offsets = np.where(rng.random(n) < 0.3, np.nan, rng.random(n))
    offsets[edge == 3] = np.inf
    ends, spacing, *found = with_offsets(edge, 4, offsets, gaps, points, normals)
    known = np.isfinite(offsets)
    assert ends.tolist() == [int((edge[known] <= index).sum()) for index in range(4)]
    for index in range(4):
        mine = gaps[known & (edge == index)]
        expected = mine.mean() if len(mine) else np.nan
        np.testing.assert_allclose(spacing[index], expected, rtol=1e-12)
    for value, each in zip(found, (points, normals, offsets), strict=True):
        np.testing.assert_array_equal(value, each[known])
