"""Robust scatter, as plain NumPy would say it."""

from __future__ import annotations

import numpy as np
import pytest

from tracking.robust import NORMAL_MAD, median, spread_of


@pytest.mark.parametrize("n", [1, 2, 3, 10, 1001])
def test_the_upper_median(n: int) -> None:
    values = np.random.default_rng(n).standard_normal(n)
    given = values.copy()
    assert median(values) == np.sort(values)[n // 2]
    np.testing.assert_array_equal(values, given)


def test_a_median_of_nothing_is_refused() -> None:
    with pytest.raises(IndexError, match="no values"):
        median(np.zeros(0))


@pytest.mark.parametrize("n", [1, 2, 7, 500])
def test_spread_leaves_out_what_is_not_finite(n: int) -> None:
    values = np.random.default_rng(n).standard_normal(n) * 3.0
    expected = max(1.0, NORMAL_MAD * np.sort(np.abs(values))[n // 2])
    spoilt = np.concatenate([values, [np.nan, np.inf, -np.inf]])
    assert spread_of(np.random.default_rng(1).permutation(spoilt)) == expected


def test_spread_is_never_below_the_model_s() -> None:
    assert spread_of(np.full(100, 0.1)) == 1.0
    assert spread_of(np.zeros(0)) == 1.0
    assert spread_of(np.full(3, np.nan)) == 1.0
