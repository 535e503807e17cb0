"""Standard deviations: rounding is forgiven, what is not a number is not."""

from __future__ import annotations

from math import inf, isnan, nan

import numpy as np
import pytest

from tracking.measurement import measured
from tracking.sigmas import at_least, largest_sigma, sigma_of


@pytest.mark.parametrize(("variance", "sigma"), [(4.0, 2.0), (0.0, 0.0), (-1e-18, 0.0), (inf, inf)])
def test_a_variance_gives_its_root(variance: float, sigma: float) -> None:
    assert sigma_of(variance) == sigma


def test_an_unknown_variance_is_not_zero() -> None:
    assert isnan(sigma_of(nan))


@pytest.mark.parametrize("size", [1, 2, 3, 6])
@pytest.mark.parametrize("spoilt", [nan, inf, -inf])
def test_an_unknown_covariance_is_never_exact(size: int, spoilt: float) -> None:
    covariance = np.diag(np.arange(1.0, size + 1)) ** 2
    assert largest_sigma(covariance) == pytest.approx(size)
    for place in np.ndindex(size, size):
        unknown = covariance.copy()
        unknown[place] = spoilt
        assert isnan(largest_sigma(unknown))
        assert not measured(1.0, largest_sigma(unknown)).observable


@pytest.mark.parametrize("n_rows", [1, 2, 8])
@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_the_root_of_the_largest_eigenvalue(size: int, n_rows: int) -> None:
    for seed in range(50):
        rng = np.random.default_rng(seed)
        rows = rng.standard_normal((n_rows, size)) * 10.0 ** rng.integers(-4, 4, size)
        covariance = rows.T @ rows
        expected = np.sqrt(np.linalg.eigvalsh(covariance)[-1])
        assert largest_sigma(covariance) == pytest.approx(expected, rel=1e-13)
        whole = np.pad(covariance, (1, 0))
        assert largest_sigma(whole[1:, 1:]) == largest_sigma(covariance)


def test_the_sigma_of_equal_directions() -> None:
    assert largest_sigma(np.zeros((3, 3))) == 0.0
    assert largest_sigma(4.0 * np.eye(3)) == 2.0


def test_rounding_below_zero_is_zero() -> None:
    assert largest_sigma(np.diag([-1e-20, -1e-19])) == 0.0


def test_what_is_no_covariance_is_not_exact() -> None:
    assert isnan(largest_sigma(-np.eye(2)))
    assert isnan(largest_sigma(np.zeros((0, 0))))


def test_a_floor_does_not_stand_in_for_what_is_unknown() -> None:
    assert at_least(0.0, 2.0) == 2.0
    assert at_least(0.0, -2.0) == 0.0
    assert isnan(at_least(0.0, nan))
