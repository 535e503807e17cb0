"""Background before the applicator by loops, as plain NumPy would say it."""

from __future__ import annotations

import numpy as np
import pytest

from tracking.nearer_beside import (
    APPLICATOR,
    BEYOND_MM,
    HIDES_MM,
    OCCLUDER,
    applicator_depth,
    candidates_at_holes,
    candidates_before,
)
from tracking.segmentation import Label


def test_labels_have_the_same_codes_here() -> None:
    assert (Label.APPLICATOR, Label.OCCLUDER) == (APPLICATOR, OCCLUDER)


@pytest.mark.parametrize("shape", [(40, 30), (1, 1), (0, 3)])
def test_depth_and_candidates(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(6)
    labels = rng.integers(0, 4, shape).astype(np.uint8)
    depth, cone = (rng.choice([0.0, 490.0, 495.0, 500.0, np.nan], shape) for _ in range(2))
    depth, cone = depth.astype(np.float32), cone.astype(np.float32)
    cone[:, ::3] = np.inf
    cone[:, ::7] = np.finfo(np.float32).max
    has_depth, applicator = depth > 0, labels == APPLICATOR
    measured, holes, n_applicator, n_holes = applicator_depth(labels, depth)
    expected = np.where(applicator & has_depth, depth, np.float32(np.inf))
    np.testing.assert_array_equal(measured, expected)
    np.testing.assert_array_equal(holes, applicator & ~has_depth)
    assert (n_applicator, n_holes) == (int(applicator.sum()), int((applicator & ~has_depth).sum()))
    background, candidates = candidates_before(labels, depth, cone)
    beside = (labels != APPLICATOR) & (labels != OCCLUDER) & has_depth
    np.testing.assert_array_equal(background, beside)
    before = (depth + np.float32(HIDES_MM) < cone) & (cone < BEYOND_MM)
    np.testing.assert_array_equal(candidates, beside & before)


@pytest.mark.parametrize("least", [480.0, np.inf])
def test_a_look_farther_at_holes(least: float) -> None:
    rng, shape = np.random.default_rng(7), (40, 30)
    candidates, background, near_hole = (rng.random(shape) < 0.4 for _ in range(3))
    depth, cone, farther = (
        rng.choice([0.0, 490.0, 495.0, 500.0], shape).astype(np.float32) + np.float32(1.0)
        for _ in range(3)
    )
    cone[:] = np.where(near_hole, np.float32(np.inf), np.float32(np.finfo(np.float32).max))
    cone[3, 4] = least
    farther[:, ::3] = np.finfo(np.float32).max
    more, deeper = candidates_at_holes(
        candidates, background, depth, cone, farther, near_hole.astype(np.uint8)
    )
    nearest = np.where(farther < BEYOND_MM, farther, np.float32(least))
    expected = np.where(near_hole, nearest, cone)
    np.testing.assert_array_equal(deeper, expected)
    before = background & near_hole & (depth + np.float32(HIDES_MM) < expected)
    np.testing.assert_array_equal(more, candidates | before)
