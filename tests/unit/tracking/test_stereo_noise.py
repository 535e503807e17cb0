from __future__ import annotations

import numpy as np
import pytest

from tests.builders import correlated_noise
from tests.tolerances import CORRELATION_RATIO, FIELD_RATIO
from tracking.stereo_noise import correlation_inflation


def test_white_noise_is_not_inflated() -> None:
    assert correlation_inflation(1, 0.0) == 1.0
    assert correlation_inflation(3, 0.0) == 1.0


@pytest.mark.parametrize("correlation_px", [1.5, 3.0])
def test_every_pixel_of_a_smooth_field_counts_four_pi_c_squared(correlation_px: float) -> None:
    expected = 4 * np.pi * correlation_px**2
    assert correlation_inflation(1, correlation_px) == pytest.approx(expected, rel=1e-6)


def test_a_coarse_grid_is_nearly_white_and_more_distance_never_hurts() -> None:
    values = [correlation_inflation(stride, 1.5) for stride in range(1, 15)]
    assert values == sorted(values, reverse=True)
    assert values[-1] == pytest.approx(1.0, abs=1e-6)


def test_the_simulated_field_has_the_stated_variance_and_autocorrelation() -> None:
    correlation_px = 1.5
    field = correlated_noise(np.random.default_rng(1), (480, 848), correlation_px)
    assert field.std() == pytest.approx(1.0, rel=FIELD_RATIO)
    for lag in (1, 2, 4):
        measured = float((field[:, :-lag] * field[:, lag:]).mean())
        expected = np.exp(-(lag**2) / (4 * correlation_px**2))
        assert measured == pytest.approx(expected, abs=FIELD_RATIO)


@pytest.mark.parametrize("stride_px", [1, 2, 3, 4])
def test_the_variance_of_a_mean_over_a_simulated_field(stride_px: int) -> None:
    rng = np.random.default_rng(7)
    correlation_px, n_points, n_fields = 1.5, 24, 8
    side = n_points * stride_px
    means = []
    for _ in range(n_fields):
        field = correlated_noise(rng, (20 * side, 20 * side), correlation_px)
        grid = field[::stride_px, ::stride_px].reshape(20, n_points, 20, n_points)
        means.append(grid.mean(axis=(1, 3)).ravel())
    measured = float(np.concatenate(means).var()) * n_points**2
    # Points at a block's border have fewer neighbours: a few percent less than the full sum.
    edge = 2 * correlation_px / (n_points * stride_px)
    expected = correlation_inflation(stride_px, correlation_px)
    assert measured == pytest.approx(expected, rel=CORRELATION_RATIO + edge)
