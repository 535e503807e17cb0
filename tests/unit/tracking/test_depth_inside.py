"""The depth inside an outline by loops, as plain NumPy would say it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tracking.arrays import Bool, UInt8
from tracking.depth_inside import (
    BROKEN,
    N_FOR_DISTANCE,
    NEAREST_MM,
    SOUND,
    level_and_broken,
    measured_inside,
    row_ends,
    thinned,
)
from tracking.kernels import square
from tracking.pixel_choice import depth_range
from tracking.robust import median
from tracking.segmentation import Label

SHAPE = (61, 47)
DISTANCE_MM, JUMP_PER_MM = 500.0, 1e-5


def _depth(seed: int) -> NDArray[np.float32]:
    """A slope with holes, and patches that jump."""
    rng = np.random.default_rng(seed)
    depth = (500.0 + np.arange(SHAPE[1]) + rng.standard_normal(SHAPE)).astype(np.float32)
    depth[10:20, 10:20] += 40.0
    depth[rng.random(SHAPE) < 0.1] = 0.0
    depth[rng.random(SHAPE) < 0.01] = np.nan
    return depth


def _inside(seed: int, share: float) -> UInt8:
    inside = (np.random.default_rng(seed).random(SHAPE) < share).astype(np.uint8)
    inside[0], inside[-1], inside[:, 0], inside[:, -1] = 0, 0, 0, 0
    return inside


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 1.0])
def test_what_is_measured(share: float) -> None:
    for seed in range(5):
        inside, depth = _inside(seed, share), _depth(seed)
        measured = depth[(inside > 0) & (depth > 0)]
        some = measured[:: 1 + len(measured) // N_FOR_DISTANCE]
        expected = median(some) if len(some) else 0.0
        found = measured_inside(inside, depth)
        assert found == (int(inside.sum()), len(measured), expected)


@pytest.mark.parametrize("stride", [1, 2])
def test_thinned(stride: int) -> None:
    rng, depth, inside = np.random.default_rng(3), _depth(3), _inside(3, 0.5)
    labels = rng.integers(0, 4, SHAPE).astype(np.uint8)
    thin = np.s_[::stride, ::stride]
    near, beside = (rng.integers(0, 2, labels[thin].shape).astype(np.uint8) for _ in range(2))
    has_depth = depth > 0
    nearest = cv2.erode(np.where(has_depth, depth, np.float32(np.inf)), square(1))
    farthest = cv2.dilate(np.where(has_depth, depth, np.float32(0)), square(1))
    nearness, inner, around, n_inside = thinned(
        *(inside, labels, depth, *depth_range(depth), near, beside),
        *(stride, Label.OCCLUDER.value, DISTANCE_MM, JUMP_PER_MM),
    )
    known = np.where(has_depth, depth, np.float32(1))
    expected = np.where(has_depth, np.float32(DISTANCE_MM) / known, np.float32(0))[thin]
    np.testing.assert_array_equal(nearness, expected)
    jump = (1 / nearest - 1 / np.maximum(farthest, NEAREST_MM)) >= np.float32(JUMP_PER_MM)
    codes = np.where((inside > 0) & has_depth, np.where(jump, BROKEN, SOUND), 0)[thin]
    assert {0, SOUND, BROKEN} == set(np.unique(codes))
    np.testing.assert_array_equal(inner, codes)
    is_free = (labels != Label.OCCLUDER.value)[thin] & has_depth[thin]
    np.testing.assert_array_equal(around, (near > 0) & (beside == 0) & is_free)
    assert n_inside == np.count_nonzero(inside[thin])


def test_level_and_broken() -> None:
    rng = np.random.default_rng(4)
    inner, enclosed = (rng.integers(0, n, SHAPE).astype(np.uint8) for n in (3, 2))
    nearness, surface = (rng.random(SHAPE).astype(np.float32) for _ in range(2))
    nearness[::9] = np.nan
    is_level = (nearness < surface + np.float32(0.1)) & (enclosed > 0)
    assert level_and_broken(inner, nearness, surface, enclosed, 0.1) == (
        int(((inner > 0) & is_level).sum()),
        int(((inner == BROKEN) & ~is_level).sum()),
    )


def _ends(region: Bool) -> list[list[int]]:
    found = []
    for row in range(len(region)):
        columns = np.flatnonzero(region[row])
        if len(columns):
            found += [[int(columns[0]), row], [int(columns[-1]), row]]
    return found


@pytest.mark.parametrize("share", [0.0, 0.02, 1.0])
def test_ends_of_rows(share: float) -> None:
    region = np.random.default_rng(6).random(SHAPE) < share
    assert row_ends(region).tolist() == _ends(region)
