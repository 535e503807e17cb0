"""The surface around something is found and continued, whatever else stands there."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tracking.arrays import Bool, Float
from tracking.robust import NORMAL_MAD, median, tukey
from tracking.surroundings import (
    N_JUDGES,
    N_ROUNDS,
    N_SAMPLES,
    N_TRIALS,
    RIDGE,
    SEED,
    SETTLED,
    SINGULAR,
    TUKEY,
    Surroundings,
    fit_surroundings,
)
from tracking.surroundings import ROUNDING as LEAST

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


def _plain_fit(nearness: NDArray[np.float32], region: Bool) -> tuple[Float, float]:
    """Coefficients and scatter by whole arrays."""
    height, width = region.shape
    stride = max(1, int(np.sqrt(np.count_nonzero(region) / N_SAMPLES)))
    rows, columns = np.nonzero(region[::stride, ::stride])
    v, u = rows * stride / (height - 1), columns * stride / (width - 1)
    basis = np.array([np.ones_like(u), u, v, u * u, u * v, v * v])
    values = nearness[rows * stride, columns * stride].astype(np.float64)
    drawn = np.random.default_rng(SEED).random((N_TRIALS, 3))
    chosen = (drawn * len(values)).astype(np.intp)
    systems = basis[:3].T[chosen] + SINGULAR * np.eye(3)
    trials = np.linalg.solve(systems, values[chosen][..., None])[..., 0]
    every = max(1, len(values) // N_JUDGES)
    sizes = np.sort(np.abs(values[::every] - trials @ basis[:3, ::every]), axis=1)
    start = trials[int(np.argmin(sizes[:, sizes.shape[1] // 2]))]
    residuals, coefficients, scatter = np.abs(values - start @ basis[:3]), start, LEAST
    weights = tukey(residuals, TUKEY * max(NORMAL_MAD * median(residuals), LEAST))
    for _ in range(N_ROUNDS):
        information = (basis * weights) @ basis.T + RIDGE * np.eye(6)
        coefficients = np.linalg.solve(information, (basis * weights) @ values)
        residuals = np.abs(values - coefficients @ basis)
        before, scatter = scatter, max(NORMAL_MAD * median(residuals), LEAST)
        weights = tukey(residuals, TUKEY * scatter)
        if abs(scatter - before) <= SETTLED * scatter:
            break
    return coefficients, scatter


@pytest.mark.parametrize("share", [0.03, 0.3, 1.0])
@pytest.mark.parametrize("foreign", [0, 28, 60])
def test_fit_as_by_whole_arrays(share: float, foreign: int) -> None:
    rng = np.random.default_rng(2)
    nearness = (_quadric(0.1) + NOISE * rng.standard_normal(SHAPE)).astype(np.float32)
    nearness[:, :foreign] += 0.08
    region = _ring() & (rng.random(SHAPE) < share)
    fit = fit_surroundings(nearness, region)
    assert fit is not None
    coefficients, scatter = _plain_fit(nearness, region)
    np.testing.assert_allclose(fit.coefficients, coefficients, rtol=1e-9, atol=1e-11)
    assert fit.scatter == pytest.approx(scatter, rel=1e-9)


@pytest.mark.parametrize("shape", [(31, 47), (1, 5), (5, 1), (1, 1)])
def test_the_surface_in_single_precision(shape: tuple[int, int]) -> None:
    c = np.array([1.1, -0.3, 0.2, 0.05, -0.07, 0.03], np.float32)
    v, u = (np.linspace(0.0, 1.0, size, dtype=np.float32) for size in shape)
    v = v[:, None]
    expected = c[4] * v * u + (c[1] * u + c[3] * u * u) + (c[0] + (c[2] + c[5] * v) * v)
    surface = Surroundings(c.astype(np.float64), 0.1).nearness(shape)
    np.testing.assert_array_equal(surface, expected)
