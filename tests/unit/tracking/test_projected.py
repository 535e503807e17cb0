"""Points in the image by loops, as the camera projects them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.builders import INTRINSICS, pose_looking_at
from tracking.projected import projected, projected_ends
from tracking.transforms import transform_points

POSE = pose_looking_at(300.0, 40.0)
FAR_PX, NEAR_MM = 400.0, 250.0


@pytest.mark.parametrize("n", [0, 1, 500])
def test_pixels_and_ends(n: int) -> None:
    points = np.random.default_rng(n).uniform(-150.0, 150.0, (n, 3))
    seen = transform_points(POSE, points)
    uv = INTRINSICS.project(seen)
    pixels, nearest_mm = projected(POSE, points, INTRINSICS.pinhole, FAR_PX)
    np.testing.assert_allclose(pixels, np.clip(uv, -FAR_PX, FAR_PX), rtol=1e-12)
    assert nearest_mm == pytest.approx(seen[:, 2].min(initial=np.inf))
    left, right, top, bottom = projected_ends(POSE, points, INTRINSICS.pinhole, NEAR_MM)
    farther = uv[seen[:, 2] > NEAR_MM]
    np.testing.assert_allclose([left, top], farther.min(axis=0, initial=np.inf), rtol=1e-12)
    np.testing.assert_allclose([right, bottom], farther.max(axis=0, initial=-np.inf), rtol=1e-12)
