from __future__ import annotations

import numpy as np
import pytest

from calibration.depth_bias import BiasPoint, bias_point, fit_bias
from calibration.depth_noise_fit import fit_noise
from tests.plane_recordings import simulated_plane
from tracking.errors import CalibrationError

SIGMA_MM = 0.1


def _points(distances: list[float], c0: float, c1: float) -> list[BiasPoint]:
    """Exact points: measured - true = c0 + c1 measured."""
    return [BiasPoint(z - c0 - c1 * z, z, SIGMA_MM) for z in distances]


def test_a_line_comes_back_exactly() -> None:
    found = fit_bias(_points([350.0, 450.0, 550.0, 650.0], -2.0, 0.01))
    np.testing.assert_allclose(found.coefficients_mm, (-2.0, 0.01), atol=1e-9)
    assert found.is_consistent
    value, sigma = found.at(500.0)
    assert value == pytest.approx(3.0)
    assert sigma == pytest.approx(SIGMA_MM / 2, rel=0.01)  # four points, in their middle


def test_one_distance_tells_a_constant_and_no_more() -> None:
    point = _points([500.0], 1.5, 0.0)
    assert fit_bias(point).coefficients_mm == pytest.approx((1.5,))
    with pytest.raises(CalibrationError, match="so few distances"):
        fit_bias(point, degree=1)


def test_a_scatter_beyond_the_sigmas_is_said() -> None:
    points = _points([350.0, 450.0, 550.0, 650.0], 0.0, 0.0)
    points[2] = BiasPoint(551.0, 550.0, SIGMA_MM)
    assert not fit_bias(points).is_consistent


def test_a_biased_plane_is_told_within_its_sigma() -> None:
    plane = simulated_plane(0.08, 1.5, 600.0, offset_mm=2.0)
    point = bias_point(plane, fit_noise(plane), 600.0, SIGMA_MM)
    assert point.bias_mm == pytest.approx(2.0, abs=3 * SIGMA_MM)
    assert SIGMA_MM <= point.sigma_mm < 1.5 * SIGMA_MM


@pytest.mark.slow
def test_the_noise_alone_scatters_as_its_sigma_says() -> None:
    bias, sigma = [], []
    for seed in range(30):
        plane = simulated_plane(0.08, 2.0, 600.0, n_frames=2, seed=seed)
        point = bias_point(plane, fit_noise(plane), 600.0, 0.0)
        bias.append(point.bias_mm)
        sigma.append(point.sigma_mm)
    # the root mean square of 30 is good to 13 %
    assert np.sqrt(np.mean(np.square(bias))) == pytest.approx(np.median(sigma), rel=0.4)


@pytest.mark.parametrize("distance", [0.0, -1.0, float("nan"), 0.6, 600_000.0, 640.0, 560.0])
def test_a_wrong_distance_or_unit_is_noticed(distance: float) -> None:
    plane = simulated_plane(0.08, 1.5, 600.0, n_frames=2)
    with pytest.raises(CalibrationError, match=r"distance must be positive|not where it is said"):
        bias_point(plane, fit_noise(plane), distance, SIGMA_MM)
