"""Figures in tables: the digits follow the sigma, and hide nothing."""

from __future__ import annotations

from math import inf, nan

import pytest

from calibration.figure_text import figure_text, fixed, sigma_text


@pytest.mark.parametrize(
    ("value", "sigma", "shown", "sigma_shown"),
    [
        (122.0873, 0.002, "122.0873", "0.0020"),
        (24.99986, 0.00013, "24.99986", "0.00013"),
        (-0.0042, 0.03, "-0.004", "0.030"),
        (-0.0004, 0.03, "0.000", "0.030"),
        (25.04, 0.6, "25.04", "0.60"),
        (412.34, 7.0, "412.3", "7.0"),
        (412.34, 25.0, "412", "25"),
    ],
)
def test_a_value_goes_one_digit_beyond_the_first_of_its_sigma(
    value: float, sigma: float, shown: str, sigma_shown: str
) -> None:
    assert figure_text(value, "mm", sigma) == shown
    assert sigma_text(sigma) == sigma_shown


@pytest.mark.parametrize("sigma", [None, 0.0, -1.0, nan, inf])
def test_without_a_sigma_millimetres_and_degrees_have_three_decimals(sigma: float | None) -> None:
    assert figure_text(25.0, "mm", sigma) == "25.000"
    assert figure_text(122.08734, "deg", sigma) == "122.087"
    assert figure_text(99.7312, "%", sigma) == "99.73"
    assert sigma_text(sigma) is None


def test_nothing_is_less_than_nought_that_rounds_to_it() -> None:
    assert fixed(-0.0004, 3) == "0.000"
    assert fixed(-0.4, 0) == "0"
    assert fixed(-0.0006, 3) == "-0.001"
    assert fixed(nan, 3) == "nan"
