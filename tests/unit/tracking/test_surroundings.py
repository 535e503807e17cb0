"""The surface around something is found and continued, whatever else stands there."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tracking.arrays import Bool
from tracking.surroundings import fit_surroundings

SHAPE = (120, 90)
ROUNDING = 1e-5  # float32 nearness of about 1, six products
NOISE = 2e-3
WITHIN_NOISE = 1.0  # a quadric through 300 samples, continued over a third of the crop


def _ring() -> Bool:
    ring = np.ones(SHAPE, bool)
    ring[30:90, 25:65] = False
    return ring


def _quadric(bend: float) -> NDArray[np.float32]:
    v, u = np.mgrid[: SHAPE[0], : SHAPE[1]] / 100.0
    surface = 1.0 + 0.3 * u - 0.2 * v + bend * (u * u - u * v + 0.5 * v * v)
    return np.asarray(surface, dtype=np.float32)


@pytest.mark.parametrize("bend", [0.0, 0.15])
def test_planes_and_quadrics_are_continued_exactly(bend: float) -> None:
    surface = _quadric(bend)
    fit = fit_surroundings(surface, _ring())
    assert fit is not None
    assert np.max(np.abs(fit.nearness(SHAPE) - surface)) < ROUNDING


def test_what_stands_on_a_third_of_the_region_is_left_out() -> None:
    rng = np.random.default_rng(0)
    surface = _quadric(0.06)
    noisy = (surface + NOISE * rng.standard_normal(SHAPE)).astype(np.float32)
    noisy[:, :28] += 0.08  # nearer than the surface
    fit = fit_surroundings(noisy, _ring())
    assert fit is not None
    error = np.abs(fit.nearness(SHAPE) - surface)[:, 28:]
    assert np.max(error) < WITHIN_NOISE * NOISE
    assert NOISE / 2 < fit.scatter < 4 * NOISE


def test_too_little_of_it_is_none() -> None:
    region = np.zeros(SHAPE, bool)
    region[:5, :5] = True
    assert fit_surroundings(_quadric(0.0), region) is None
    assert fit_surroundings(_quadric(0.0), np.zeros(SHAPE, bool)) is None


def test_the_same_input_gives_the_same_bytes() -> None:
    noisy = _quadric(0.1) + np.float32(0.01) * np.random.default_rng(1).random(SHAPE, np.float32)
    first, second = (fit_surroundings(noisy, _ring()) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.coefficients.tobytes() == second.coefficients.tobytes()
