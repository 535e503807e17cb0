"""The choice of pixels by loops, as plain NumPy would say it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.builders import INTRINSICS
from tracking.kernels import square
from tracking.pixel_choice import depth_range, good_pixels, on_grid

FARTHEST_MM = 1e6
SHAPES = [(41, 30), (1, 20), (20, 1), (0, 5)]


@pytest.mark.parametrize("shape", [*SHAPES[:3], (1, 1), (33, 130)])
def test_range_of_depth(shape: tuple[int, int]) -> None:
    depth = np.random.default_rng(3).uniform(400.0, 500.0, shape).astype(np.float32)
    depth[:, ::3] = 0.0
    depth[3:9] = 0.0
    nearest, farthest = depth_range(depth)
    known = np.where(depth > 0, depth, np.float32(np.inf))
    around = cv2.erode(known, square(1))
    around[around > FARTHEST_MM] = np.inf  # past its edge OpenCV sees the largest number
    np.testing.assert_array_equal(nearest, around)
    np.testing.assert_array_equal(farthest, cv2.dilate(depth, square(1)))


def test_depth_that_is_no_number_is_none() -> None:
    depth = np.full((3, 4), np.nan, np.float32)
    depth[1, 1] = 7.0
    nearest, farthest = depth_range(depth)
    np.testing.assert_array_equal(nearest[:, 3], np.inf)
    np.testing.assert_array_equal(farthest[:, 3], 0.0)
    np.testing.assert_array_equal(nearest[:, :3], 7.0)
    np.testing.assert_array_equal(farthest[:, :3], 7.0)


@pytest.mark.parametrize("shape", SHAPES)
def test_good_pixels(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    mask, inside = (rng.integers(0, 2, shape).astype(np.uint8) for _ in range(2))
    depth = rng.choice([0.0, 400.0, 500.0, np.nan], shape).astype(np.float32)
    is_step = rng.random(shape) < 0.3
    good, *counts = good_pixels(mask, inside, depth, is_step)
    valid = (mask > 0) & (depth > 0)
    off_border = valid & (inside > 0)
    np.testing.assert_array_equal(good, off_border & ~is_step)
    assert counts == [int(np.sum(one)) for one in (mask > 0, valid, off_border, good)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize("share", [0.0, 0.4])
def test_on_a_grid(shape: tuple[int, int], stride: int, share: float) -> None:
    rng = np.random.default_rng(2)
    good, depth = rng.random(shape) < share, rng.random(shape).astype(np.float32)
    well_inside = rng.integers(0, 2, shape).astype(np.uint8)
    rows, columns = np.nonzero(good[::stride, ::stride])
    rows, columns = rows * stride, columns * stride
    uv, rays, depths, is_border = on_grid(
        good, well_inside, depth, stride, 100, 200, INTRINSICS.pinhole
    )
    np.testing.assert_array_equal(uv, np.stack([columns + 200.0, rows + 100.0], axis=1))
    np.testing.assert_array_equal(rays, INTRINSICS.rays(uv[:, 0], uv[:, 1]))
    np.testing.assert_array_equal(depths, depth[rows, columns])
    np.testing.assert_array_equal(is_border, well_inside[rows, columns] == 0)
