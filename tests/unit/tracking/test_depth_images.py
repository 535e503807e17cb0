"""The loops over depth images say what NumPy says in whole arrays."""

from __future__ import annotations

import numpy as np
import pytest

from tracking.depth_images import (
    Image,
    hidden_from_second,
    steps_of_depth,
    steps_of_disparity,
    without_bias,
)

SHAPES = [(37, 61), (1, 1), (1, 50), (50, 1), (0, 5), (5, 0)]
PER_MM = 20_000.0
INF, NAN = np.float32(np.inf), np.float32(np.nan)


def depth_of(shape: tuple[int, int], seed: int) -> Image:
    """Depth from 50 to 900 mm with holes."""
    rng = np.random.default_rng(seed)
    depth = rng.uniform(50.0, 900.0, shape).astype(np.float32)
    depth[rng.random(shape) < 0.2] = 0.0
    return depth


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "bias", [(20.0,), (-4.0, 0.01), (200.0, -0.3, 1e-4), (1.0, 0.0, 0.0, 1e-7)]
)
def test_bias_is_taken_off(shape: tuple[int, int], bias: tuple[float, ...]) -> None:
    depth, given = depth_of(shape, 1), np.array(bias)
    off = np.polynomial.polynomial.polyval(depth, given)
    expected = np.maximum(np.where(depth > 0, depth - off, 0.0).astype(np.float32), np.float32(0))
    found = without_bias(depth, given)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


def test_what_is_no_depth_stays_none() -> None:
    depth = np.array([[0.0, NAN, -3.0, 5.0]], np.float32)
    assert without_bias(depth, np.array([-2.0])).tolist() == [[0.0, 0.0, 0.0, 7.0]]
    assert np.isnan(without_bias(depth, np.array([np.nan]))[0, 3])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("focal_baseline", [3_000.0, PER_MM])
def test_what_a_second_imager_cannot_see(shape: tuple[int, int], focal_baseline: float) -> None:
    depth = depth_of(shape, 2)
    depth[depth == 0] = INF
    lands = np.arange(shape[1], dtype=np.float32) - np.float32(focal_baseline) / depth
    expected = lands < 0
    for column in range(shape[1] - 1):
        expected[:, column] |= lands[:, column + 1 :].min(axis=1) <= lands[:, column]
    np.testing.assert_array_equal(hidden_from_second(depth, focal_baseline), expected)


def ranges(shape: tuple[int, int]) -> tuple[Image, Image]:
    """Nearest and farthest depth, with what either is where nothing is known."""
    rng = np.random.default_rng(3)
    nearest = rng.uniform(50.0, 900.0, shape).astype(np.float32)
    farthest = nearest * rng.choice(np.array([1.0, 1.005, 1.05, 1.5], np.float32), shape)
    unknown = rng.choice(5, shape)
    nearest[unknown == 0], farthest[unknown == 0] = INF, 0.0
    nearest[unknown == 1] = rng.choice(np.array([0.0, INF, NAN], np.float32), shape)[unknown == 1]
    return nearest, farthest.astype(np.float32)


@pytest.mark.parametrize("shape", SHAPES)
def test_steps_of_disparity(shape: tuple[int, int]) -> None:
    near, far = ranges(shape)
    with np.errstate(invalid="ignore"):
        expected = ((far - near) * PER_MM >= near * far) & (near > 0)
    np.testing.assert_array_equal(steps_of_disparity(near, far, PER_MM), expected)
    assert expected.any() == (expected.size > 1)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("sigma", [(0.5, 0.0, 0.0), (0.1, 1e-3, 0.0), (0.1, 1e-3, 2e-6)])
def test_steps_of_depth(shape: tuple[int, int], sigma: tuple[float, ...]) -> None:
    near, far = ranges(shape)
    z = np.minimum(near, far).astype(np.float64)
    with np.errstate(invalid="ignore"):
        allowed = np.float64(0.025) * z + 6.0 * np.polynomial.polynomial.polyval(z, np.array(sigma))
        expected = (far - near >= allowed) & (near > 0)
    found = steps_of_depth(near, far, 0.025, np.array(sigma), 6.0)
    np.testing.assert_array_equal(found, expected)
    assert expected.any() == (expected.size > 1)
