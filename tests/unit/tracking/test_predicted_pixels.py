"""Pixels against the model by loops, as plain NumPy would say it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders import INTRINSICS
from tracking.arrays import UInt8
from tracking.depth_noise import DepthDomainNoise, DepthNoise, StereoNoise
from tracking.kernels import square
from tracking.predicted_pixels import (
    AGREES,
    AGREES_MM,
    AGREES_SIGMA,
    GRID_PX,
    MISSED,
    NEARER,
    UNKNOWN,
    compared,
    fill_convex,
    grid_middles,
    off_cells,
    rays_through,
    worth_deciding,
)
from tracking.segmentation import Label

APPLICATOR = Label.APPLICATOR.value
SHAPES = [(64, 40), (67, 45), (61, 37), (3, 50), (5, 5)]
NOISES = [StereoNoise(50.0, 0.08, 0.4), DepthDomainNoise((0.4, 1e-3, 2e-6), 1.0)]


def _crop(shape: tuple[int, int], seed: int) -> tuple[UInt8, UInt8, NDArray[np.float32]]:
    """Labels, prediction and depth with some of everything."""
    rng = np.random.default_rng(seed)
    labels = rng.choice([0, 1, 2, 2, 2, 2, 3], shape).astype(np.uint8)
    inside = (rng.random(shape) < 0.8).astype(np.uint8)
    depth = (500.0 + 5.0 * rng.standard_normal(shape)).astype(np.float32)
    depth[rng.random(shape) < 0.2] = 0.0
    depth[rng.random(shape) < 0.05] = np.nan
    return labels, inside, depth


@pytest.mark.parametrize("shape", SHAPES)
def test_middles_of_the_grid(shape: tuple[int, int]) -> None:
    labels, inside, _ = _crop(shape, 1)
    middles = np.s_[GRID_PX // 2 :: GRID_PX]
    rows, columns = np.nonzero(((labels == APPLICATOR) & (inside > 0))[middles, middles])
    v, u = grid_middles(labels, inside, APPLICATOR)
    np.testing.assert_array_equal(v, rows * GRID_PX + GRID_PX // 2)
    np.testing.assert_array_equal(u, columns * GRID_PX + GRID_PX // 2)


@pytest.mark.parametrize("seed", range(6))
def test_a_polygon_holds_the_pixels_whose_centres_lie_in_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform(-10.0, 60.0, (9, 2)).astype(np.float32)
    points[::2] = np.rint(points[::2])
    hull = cv2.convexHull(points)
    top, left, inside = 3, -4, np.zeros((40, 50), np.uint8)
    fill_convex(inside, hull[:, 0].astype(np.float64), left, top)
    for v, u in np.ndindex(inside.shape):
        depth_px = cv2.pointPolygonTest(hull, (float(u + left), float(v + top)), measureDist=True)
        assert abs(depth_px) < 1e-4 or inside[v, u] == (depth_px > 0)


@pytest.mark.parametrize(
    "corners", [[[5.0, 5.0]], [[2.0, 5.0], [7.0, 5.0]], [[-9, -9], [-3, -2.0]]]
)
def test_a_flat_polygon_holds_its_line_at_most(corners: list[list[float]]) -> None:
    inside = np.zeros((10, 10), np.uint8)
    fill_convex(inside, np.array(corners), 0, 0)
    assert np.count_nonzero(inside) == {1: 1, 2: 6 if corners[0][0] > 0 else 0}[len(corners)]


def test_rays_go_through_pixels_of_a_crop() -> None:
    v, u = np.array([0, 3, 7]), np.array([5, 1, 9])
    rays = rays_through(v, u, 20, 30, INTRINSICS.pinhole)
    np.testing.assert_allclose(rays, INTRINSICS.rays(u + 30.0, v + 20.0), rtol=1e-14)


@pytest.mark.parametrize("noise", NOISES, ids=["stereo", "depth"])
def test_what_depth_says(noise: DepthNoise) -> None:
    _, _, depth = _crop((60, 50), 2)
    rng = np.random.default_rng(3)
    v, u = rng.integers(0, 60, 900), rng.integers(0, 50, 900)
    predicted = 500.0 + 5.0 * rng.standard_normal(900)
    predicted[::7] = np.inf
    codes = compared(v, u, predicted, depth, noise.sigma_coefficients(425.0), 1.3)
    measured, is_hit = depth[v, u], np.isfinite(predicted)
    z = np.where(is_hit, predicted, 1.0)
    tolerance = AGREES_MM + AGREES_SIGMA * 1.3 * noise.sigma_mm(z, 425.0)
    is_known = is_hit & (measured > 0)
    expected = np.where(is_hit, UNKNOWN, MISSED)
    expected[is_known & (np.abs(measured - z) <= tolerance)] = AGREES
    expected[is_known & (measured < z - tolerance)] = NEARER
    assert {MISSED, AGREES, NEARER, UNKNOWN} == set(expected.tolist())
    np.testing.assert_array_equal(codes, expected)


@pytest.mark.parametrize("shape", SHAPES)
def test_pixels_worth_deciding(shape: tuple[int, int]) -> None:
    labels, inside, depth = _crop(shape, 4)
    v, u = grid_middles(labels, inside, APPLICATOR)
    codes = np.random.default_rng(5).choice([AGREES] * 12 + [MISSED, NEARER, UNKNOWN], len(v))
    off = off_cells(v, u, codes.astype(np.uint8), *shape)
    is_off = (codes == MISSED) | (codes == NEARER)
    middles = np.s_[GRID_PX // 2 :: GRID_PX]
    cells = np.zeros(depth[middles, middles].shape, np.uint8)
    cells[v // GRID_PX, u // GRID_PX] = is_off
    wide = np.asarray(cv2.dilate(cells, square(1)), np.uint8) if cells.size else cells
    np.testing.assert_array_equal(off, wide)
    blocks = np.kron(wide, np.ones((GRID_PX, GRID_PX), np.uint8))[: shape[0], : shape[1]]
    around = np.zeros(shape, bool)
    around[: blocks.shape[0], : blocks.shape[1]] = blocks > 0
    is_applicator, is_inside = labels == APPLICATOR, inside > 0
    worth = (is_applicator != is_inside) | (is_applicator & is_inside & around)
    np.testing.assert_array_equal(
        worth_deciding(labels, inside, off, APPLICATOR), np.nonzero(worth)
    )
