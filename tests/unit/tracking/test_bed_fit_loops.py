"""Reweighted least squares of the bed's quadratic, as plain NumPy would say it."""

from __future__ import annotations

import numpy as np
import pytest

from tracking.arrays import Float
from tracking.bed import quadratic_basis, quadratic_slopes
from tracking.bed_fit_loops import (
    MIN_ACROSS,
    TUKEY,
    inverse_information,
    quartic_mm,
    reweighted,
)
from tracking.robust import spread_of, tukey
from tracking.transforms import rotation_from_vector

AXES = rotation_from_vector([0.2, -0.1, 0.4])
START = np.array([-2.0, 0.02, -0.01, 2e-3, -1e-3, 3e-3])
PRIOR = np.diag([0.0, 0.0, 0.0, 9e4, 2e4, 9e4])
INFLATION, N_ROUNDS = 7.0, 3
ROUNDING = 1e-9  # of sums, times the equations' condition


def bed(n: int) -> tuple[Float, Float, Float]:
    """Points of a curved bed with noise and strays, their rays and sigmas."""
    rng = np.random.default_rng(n)
    x, y = rng.uniform(-60.0, 60.0, (2, n))
    z = quadratic_basis(x, y) @ START + 0.4 * rng.standard_normal(n)
    z[::17] += 15.0
    rays = rng.uniform(-0.3, 0.3, (n, 3)) - [0.0, 0.0, 1.0]
    return np.stack([x, y, z], axis=1) @ AXES, rays, rng.uniform(0.3, 0.6, n)


def by_numpy(points: Float, rays: Float, sigma_along: Float, share: float) -> list[Float]:
    """What `reweighted` says, line by line."""
    x, y, z = AXES @ points.T
    ray_x, ray_y, ray_z = AXES @ rays.T
    basis, found, result = quadratic_basis(x, y), START, list[Float]()
    for _ in range(N_ROUNDS):
        slope_x, slope_y = quadratic_slopes(found, x, y)
        across = np.abs(ray_z - slope_x * ray_x - slope_y * ray_y)
        sigma = sigma_along * np.maximum(across, MIN_ACROSS)
        quartic = [quartic_mm(found, *place) for place in zip(x, y, strict=True)]
        heights = z - share * np.array(quartic)
        residuals = (heights - basis @ found) / sigma
        spread = spread_of(residuals)
        robust = tukey(residuals, TUKEY * spread)
        weights = robust / (sigma * spread) ** 2 / INFLATION
        covariance = np.linalg.inv((basis.T * weights) @ basis + PRIOR)
        found = covariance @ (basis.T @ (weights * heights))
        left = heights - basis @ found
        local = np.stack([x, y, z], axis=1)
        result = [found, covariance, local, left, weights, np.array(spread), robust.mean()]
    return result


@pytest.mark.parametrize("share", [0.0, 0.5])
@pytest.mark.parametrize("n", [7, 60, 1500])
def test_rounds_as_in_numpy(n: int, share: float) -> None:
    points, rays, sigma = bed(n)
    is_fit, *found = reweighted(points, rays, sigma, INFLATION, AXES, START, PRIOR, share, N_ROUNDS)
    assert is_fit
    for value, wanted in zip(found, by_numpy(points, rays, sigma, share), strict=True):
        size = float(np.abs(wanted).max())
        np.testing.assert_allclose(np.asarray(value), wanted, ROUNDING, ROUNDING * size)


@pytest.mark.parametrize("spoilt", [np.nan, 0.0])
def test_a_sigma_that_is_none_is_no_fit(spoilt: float) -> None:
    points, rays, sigma = bed(100)
    sigma[3] = spoilt
    assert not reweighted(points, rays, sigma, 7.0, AXES, START, PRIOR, 0.5, N_ROUNDS)[0]


def test_the_start_is_left_as_it_was() -> None:
    start = START.copy()
    reweighted(*bed(60), INFLATION, AXES, start, PRIOR, 0.5, N_ROUNDS)
    np.testing.assert_array_equal(start, START)


class TestInverse:
    @pytest.mark.slow
    def test_of_rows_that_differ_by_powers(self) -> None:
        rows = np.random.default_rng(2).standard_normal((20, 6)) * 10.0 ** np.arange(6)
        is_told, inverse = inverse_information(rows.T @ rows)
        assert is_told
        np.testing.assert_allclose(inverse, np.linalg.inv(rows.T @ rows), rtol=1e-8)

    @pytest.mark.parametrize(
        "information",
        [
            np.zeros((2, 2)),
            np.array([[1.0, 1.0], [1.0, 1.0]]),
            np.array([[1.0, 0.0], [0.0, -1.0]]),
            np.array([[1.0, 1 - 1e-11], [1 - 1e-11, 1.0]]),
            np.array([[np.nan, 0.0], [0.0, 1.0]]),
            np.array([[1.0, np.nan], [np.nan, 1.0]]),
            np.array([[np.inf, 0.0], [0.0, 1.0]]),
            np.array([[1.0, np.inf], [np.inf, 1.0]]),
        ],
        ids=[
            "zero",
            "one row",
            "negative",
            "nearly one row",
            "nan",
            "nan beside",
            "inf",
            "inf beside",
        ],
    )
    def test_of_what_tells_nothing(self, information: Float) -> None:
        with np.errstate(invalid="ignore"):  # machine code says nothing either
            assert not inverse_information(information)[0]
