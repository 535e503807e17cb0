"""The share of a disc near to points, by all distances."""

from __future__ import annotations

import numpy as np
import pytest

from tracking.air_gap import field_points
from tracking.arrays import Float
from tracking.seen_share import share_near

REACH_MM = 4.0


def _by_all_distances(places: Float, points: Float) -> float:
    if len(points) == 0:
        return 0.0
    distances = np.linalg.norm(places[:, None] - points[None], axis=2)
    return float((distances.min(axis=1) < REACH_MM).mean())


@pytest.mark.parametrize("radius_mm", [1.0, 13.7, 50.0])
@pytest.mark.parametrize("n", [0, 1, 20, 600])
def test_share(radius_mm: float, n: int) -> None:
    places = field_points(radius_mm)
    for seed in range(5):
        points = np.random.default_rng(seed).normal(0.0, radius_mm, (n, 2))
        assert share_near(places, points, REACH_MM) == _by_all_distances(places, points)


def test_points_that_are_far_or_no_numbers_are_near_to_nothing() -> None:
    places = field_points(20.0)
    points = np.array([[1e9, 0.0], [np.nan, 0.0], [0.0, -np.inf], [0.0, 20.0 + REACH_MM]])
    assert share_near(places, points, REACH_MM) == 0.0


def test_a_point_as_far_as_the_reach_is_not_near() -> None:
    places = np.array([[0.0, 0.0], [8.0, 0.0]])
    assert share_near(places, np.array([[REACH_MM, 0.0]]), REACH_MM) == 0.0
    assert share_near(places, np.array([[REACH_MM + 1e-9, 0.0]]), REACH_MM) == 0.5
