"""Points around the axis by a loop, as plain NumPy would say it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.builders import INTRINSICS, pose_looking_at
from tracking.live_points import points_around_axis
from tracking.transforms import invert, transform_points

POSE = pose_looking_at(500.0, 35.0)
TOP, LEFT, RADIUS_MM = 200, 380, 40.0


@pytest.mark.parametrize("shape", [(60, 70), (1, 1), (0, 4)])
def test_points_around_the_axis(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(4)
    depth = rng.uniform(450.0, 550.0, shape).astype(np.float32)
    depth[rng.random(shape) < 0.2] = 0.0
    depth[rng.random(shape) < 0.1] = np.nan
    left_out = (rng.random(shape) < 0.3).astype(np.uint8)
    points, rays, depths, places = points_around_axis(
        depth, left_out, TOP, LEFT, INTRINSICS.pinhole, invert(POSE), RADIUS_MM
    )
    v, u = np.nonzero((depth > 0) & (left_out == 0))
    seen = INTRINSICS.rays((u + LEFT).astype(np.float64), (v + TOP).astype(np.float64))
    z = depth[v, u].astype(np.float64)
    expected = transform_points(invert(POSE), seen * z[:, None])
    near = np.hypot(expected[:, 0], expected[:, 1]) < RADIUS_MM
    assert not depth.size > 1 or 100 < near.sum() < len(near) - 100
    np.testing.assert_allclose(points, expected[near], rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(rays, (seen @ POSE[:3, :3])[near], rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(depths, z[near])
    np.testing.assert_array_equal(places, (v * shape[1] + u)[near])
