"""Obstacles hide no more than asked, and stand in front."""

from __future__ import annotations

import numpy as np
import pytest

from recordings.simulation.obstacles import hiding_obstacle
from recordings.simulation.raycast import RayTarget
from tracking.camera import CameraIntrinsics
from tracking.segmentation import Label

RAYS = CameraIntrinsics(60, 60, 100.0, 100.0, 29.5, 29.5).ray_grid.reshape(-1, 3).astype(np.float32)
DEPTH_MM = np.full(len(RAYS), 500.0, np.float32)


@pytest.mark.parametrize("seed", range(8))
def test_an_obstacle_hides_at_most_what_is_asked(seed: int) -> None:
    found = hiding_obstacle(RAYS, DEPTH_MM, 0.4, np.random.default_rng(seed))
    assert found is not None
    part, share = found
    distance = RayTarget([part], np.eye(4)).cast(RAYS).distance
    is_hidden = (distance > 0) & (distance < DEPTH_MM)
    assert 0.0 < share <= 0.4
    assert is_hidden.mean() == pytest.approx(share)
    assert part.label is Label.OCCLUDER
    assert np.median(distance[is_hidden]) < 0.9 * 500.0


def test_the_share_asked_for_is_nearly_reached() -> None:
    shares = []
    for seed in range(12):
        found = hiding_obstacle(RAYS, DEPTH_MM, 0.2, np.random.default_rng(seed))
        shares.append(found[1] if found else 0.0)
    assert np.median(shares) > 0.17  # a thin thing cannot always hide so much


def test_nothing_is_placed_where_nothing_is_asked() -> None:
    assert hiding_obstacle(RAYS, DEPTH_MM, 0.0, np.random.default_rng(0)) is None
