"""How offsets and depth follow a cone's shape, as plain NumPy would say it."""

from __future__ import annotations

import numpy as np
import pytest

from tracking.dimensions import N_UNKNOWNS, RADIUS, RING, SLOPE_X, SLOPE_Y, with_radii, with_shape
from tracking.transforms import rigid, rotation_from_vector, transform_points

POSE = rigid(rotation_from_vector([0.4, -0.3, 1.0]), [10.0, -20.0, 500.0])
REACH_MM, WALL_COSINE = 32.0, 0.3


@pytest.mark.parametrize("n", [0, 1, 70])
@pytest.mark.parametrize(("is_exit", "is_on_ring"), [(True, False), (False, True), (False, False)])
def test_offsets(n: int, is_exit: bool, is_on_ring: bool) -> None:
    rng = np.random.default_rng(n)
    jacobian, shift = rng.standard_normal((n, 6)), rng.standard_normal((n, 3))
    local = rng.uniform(5.0, 40.0, (n, 3))
    wanted = np.zeros((n, N_UNKNOWNS))
    wanted[:, :6] = jacobian
    if is_exit:
        wanted[:, SLOPE_X], wanted[:, SLOPE_Y] = -shift[:, 2] * local.T[:2]
    outwards = local[:, :2] / np.linalg.norm(local[:, :2], axis=1, keepdims=True)
    wanted[:, RING if is_on_ring else RADIUS] = (shift[:, :2] * outwards).sum(axis=1)
    found = with_shape(jacobian, shift, transform_points(POSE, local), POSE, is_exit, is_on_ring)
    np.testing.assert_allclose(found, wanted, 1e-10, 1e-10)


@pytest.mark.parametrize("n", [0, 1, 900])
def test_depth(n: int) -> None:
    rng = np.random.default_rng(n)
    jacobian, gains = rng.standard_normal((n, 6)), rng.standard_normal(n)
    points, normals = rng.uniform(-40.0, 40.0, (n, 3)), rng.uniform(-1.0, 1.0, (n, 3))
    points[::7], gains[::5] = 0.0, 0.0
    growth = gains * np.sign((points[:, :2] * normals[:, :2]).sum(axis=1))
    is_wall = np.abs(normals[:, 2]) < WALL_COSINE
    on_tube = np.hypot(points[:, 0], points[:, 1]) < REACH_MM
    of_tube, of_ring = growth * (is_wall & on_tube), growth * (is_wall & ~on_tube)
    found = with_radii(jacobian, gains, points, normals, REACH_MM, WALL_COSINE)
    np.testing.assert_array_equal(found, np.column_stack([jacobian, of_tube, of_ring]))
