from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.tolerances import ROUNDING, SIGMA_RATIO
from tracking.depth_noise import DepthDomainNoise, DepthNoise, StereoNoise

FX = 425.0
STEREO = StereoNoise(50.0, 0.08, 1.5)
CONSTANT = DepthDomainNoise((1.5,), 1.0)
GROWING = DepthDomainNoise((0.4, 0.001, 1e-6), 1.0)
SAME_AS_STEREO = DepthDomainNoise((0.0, 0.0, 0.08 / (50.0 * FX)), 1.5)
ALL = [STEREO, CONSTANT, GROWING]
NAN, INF = float("nan"), float("inf")


class TestSigma:
    def test_stereo_grows_with_the_square_of_the_distance(self) -> None:
        sigma = STEREO.sigma_mm([500.0, 1000.0], FX)
        np.testing.assert_allclose(sigma, [0.94118, 3.76471], rtol=1e-5)

    def test_stereo_follows_its_own_focal_length_where_given(self) -> None:
        own = StereoNoise(50.0, 0.08, 1.5, focal_px=2 * FX)
        assert float(own.sigma_mm(500.0, FX)) == pytest.approx(0.94118 / 2, rel=1e-5)

    def test_a_polynomial_of_depth_whatever_the_focal_length(self) -> None:
        sigma = GROWING.sigma_mm([[0.0, 1000.0]], FX)
        np.testing.assert_allclose(sigma, [[0.4, 2.4]], rtol=1e-12)
        np.testing.assert_array_equal(sigma, GROWING.sigma_mm([[0.0, 1000.0]], 2 * FX))
        np.testing.assert_array_equal(CONSTANT.sigma_mm(np.ones((2, 3)), FX), np.full((2, 3), 1.5))

    @pytest.mark.parametrize("coefficients", [(2.0, -0.001, 1e-6), (0.0, 0.001), (0.0, 0.0, 1e-6)])
    def test_fits_that_stay_positive_are_taken(self, coefficients: tuple[float, ...]) -> None:
        noise = DepthDomainNoise(coefficients, 1.0)
        assert (noise.sigma_mm(np.linspace(1.0, 20_000.0, 5000), FX) > 0).all()


class TestResiduals:
    def test_stereo_is_the_difference_of_disparities(self) -> None:
        rng = np.random.default_rng(0)
        measured, predicted = rng.uniform(300.0, 900.0, (2, 100))
        expected = (50.0 * FX / measured - 50.0 * FX / predicted) / 0.08
        found = STEREO.residuals(measured, predicted, FX)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=ROUNDING)

    def test_the_same_law_in_depth_gives_the_same_residuals(self) -> None:
        measured, predicted = np.array([480.0, 520.0, 500.0]), np.full(3, 500.0)
        np.testing.assert_allclose(
            SAME_AS_STEREO.residuals(measured, predicted, FX),
            STEREO.residuals(measured, predicted, FX),
            rtol=1e-12,
            atol=ROUNDING,
        )

    @pytest.mark.parametrize("noise", ALL)
    def test_nearer_is_positive_and_equal_is_zero(self, noise: DepthNoise) -> None:
        found = noise.residuals([490.0, 500.0, 510.0], 500.0, FX)
        assert found[0] > 0
        assert found[1] == 0
        assert found[2] < 0

    @pytest.mark.parametrize("noise", ALL)
    def test_a_sigma_of_noise_is_one(self, noise: DepthNoise) -> None:
        truth = 600.0
        sigma = float(noise.sigma_mm(truth, FX))
        measured = truth + sigma * np.random.default_rng(3).standard_normal(4000)
        found = noise.residuals(measured, truth, FX)
        assert found.std() == pytest.approx(1.0, rel=SIGMA_RATIO)
        assert abs(found.mean()) < SIGMA_RATIO

    @pytest.mark.parametrize("noise", ALL)
    def test_the_derivative_by_the_prediction_is_one_over_sigma(self, noise: DepthNoise) -> None:
        measured, predicted, step = 598.0, 600.0, 0.01
        ahead = float(noise.residuals(measured, predicted + step, FX))
        behind = float(noise.residuals(measured, predicted - step, FX))
        slope = 1.0 / float(noise.sigma_mm(predicted, FX))
        # Off by (relative change of sigma over the residual)^2: 2 mm of 600 mm.
        assert (ahead - behind) / (2 * step) == pytest.approx(slope, rel=1e-4)


class TestSteps:
    @pytest.mark.parametrize("noise", ALL)
    def test_a_slope_and_noise_are_no_step_and_an_edge_is(self, noise: DepthNoise) -> None:
        near = np.array([500.0, 500.0, 500.0], np.float32)
        sloped = 500.0 * (1 + 4 * np.tan(np.radians(60.0)) / FX)
        far = np.array([500.0 + 2 * noise.sigma_mm(500.0, FX), sloped, 560.0], np.float32)
        assert noise.is_step(near, far, FX).tolist() == [False, False, True]

    @pytest.mark.parametrize("noise", ALL)
    def test_missing_depth_is_no_step(self, noise: DepthNoise) -> None:
        near = np.array([INF, 0.0, INF], np.float32)
        far = np.array([0.0, 500.0, 500.0], np.float32)
        assert not noise.is_step(near, far, FX).any()

    def test_stereo_judges_the_range_of_disparity(self) -> None:
        near = np.full(2, 500.0)
        far = 50.0 * FX / (50.0 * FX / near - np.array([0.99, 1.01]))
        assert STEREO.is_step(near, far, FX).tolist() == [False, True]


class TestRefusals:
    @pytest.mark.parametrize(
        "coefficients",
        [
            *((), (1.0, 0.0, 0.0, 0.0), (NAN,), (1.0, INF), (0.0,), (-1.0,), (0.0, 0.0)),
            *((1.0, -0.01), (1.0, 0.0, -1e-9), (1.0, -0.01, 1e-4 / 4), (-0.1, 0.0, 1.0)),
        ],
    )
    def test_a_sigma_that_is_not_positive_everywhere(self, coefficients: tuple[float, ...]) -> None:
        with pytest.raises(ValueError, match=r"depth\.sigma_mm"):
            DepthDomainNoise(coefficients, 1.0)

    @pytest.mark.parametrize(
        ("rest", "words"), [((-1.0,), "correlation"), ((1.0, ()), "bias"), ((1.0, (NAN,)), "bias")]
    )
    def test_what_both_models_share(self, rest: tuple[Any, ...], words: str) -> None:
        with pytest.raises(ValueError, match=words):
            DepthDomainNoise((1.0,), *rest)

    def test_bias_is_corrected_by_either_model(self) -> None:
        noise = DepthDomainNoise((1.0,), 1.0, bias_mm=(-4.0, 0.01))
        corrected = noise.correct(np.array([0.0, 500.0], np.float32))
        np.testing.assert_allclose(corrected, [0.0, 499.0], rtol=1e-6)
