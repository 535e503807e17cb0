"""Rays for the ray caster, as plain NumPy would say it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.builders import pose_looking_at
from tracking.ray_hits import posed_rays
from tracking.transforms import invert


@pytest.mark.parametrize("n", [0, 1, 300])
def test_rays_of_a_camera_in_applicator_space(n: int) -> None:
    applicator_from_camera = invert(pose_looking_at(450.0, 35.0))
    directions = np.random.default_rng(n).uniform(-1.0, 1.0, (n, 3))
    rays = posed_rays(applicator_from_camera, directions)
    assert rays.dtype == np.float32
    np.testing.assert_array_equal(
        rays[:, :3], np.tile(applicator_from_camera[:3, 3].astype(np.float32), (n, 1))
    )
    expected = directions @ applicator_from_camera[:3, :3].T
    np.testing.assert_allclose(rays[:, 3:], expected, rtol=1e-6, atol=1e-6)
