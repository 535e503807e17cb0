"""The depth's information and its score's covariance, held against fits to drawn noise."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from tests.builders import correlated_noise
from tracking.applicator_pixels import ApplicatorPixels
from tracking.arrays import Bool, Float
from tracking.depth_information import autocorrelation, depth_information
from tracking.likelihood import DepthTerms
from tracking.robust_information import GAUSSIAN_VARIANCE
from tracking.stereo_noise import correlation_inflation

SIDE_PX, CORRELATION_PX = 64, 1.5
BEYOND_PX = 16  # ten correlation lengths
N_FITS = 2000
VARIANCE_RATIO = 0.13  # of 2000 draws a variance scatters by 3.2 %: four times that
NAIVE_RATIO = 1.5  # so far off is a covariance that counts the correlation as on a full grid
TAILED = 0.15  # share of the residuals that another surface has moved

v, u = np.mgrid[:SIDE_PX, :SIDE_PX].astype(np.float64)
SMOOTH = np.ones((SIDE_PX, SIDE_PX), bool)
STRIPES = u % 8 < 2  # a surface in pieces: a glove's fingers, the flutes of a ring
surfaces = pytest.mark.parametrize("surface", [SMOOTH, STRIPES], ids=["smooth", "in stripes"])
strides = pytest.mark.parametrize("stride_px", [1, 2, 4])


def _grid(surface: Bool, stride_px: int) -> Bool:
    grid: Bool = surface & (u % stride_px == 0) & (v % stride_px == 0)
    return grid


def _pixels(used: Bool, stride_px: int) -> ApplicatorPixels:
    uv = np.stack([u[used], v[used]], axis=1)
    n = len(uv)
    nothing = np.zeros(n)
    return ApplicatorPixels(uv, np.zeros((n, 3)), nothing, nothing > 0, 425.0, stride_px, n, n, {})


def _jacobian(used: Bool) -> Float:
    """Six smooth responses, as a pose's are."""
    x, y = 2 * u[used] / SIDE_PX - 1, 2 * v[used] / SIDE_PX - 1
    return np.stack([np.ones_like(x), x, y, x * y, x**2 - 0.3, np.sin(3 * y)], axis=1)


def _terms(jacobian: Float, residuals: Float) -> DepthTerms:
    n = len(residuals)
    nothing = np.zeros((n, 3))
    return DepthTerms(residuals, jacobian, nothing, nothing, np.ones(n), n, 0)


def _gaussian(n: int) -> Float:
    """Residuals with exactly a Gaussian's distribution, in an order that fits nothing."""
    quantiles = [NormalDist().inv_cdf((i + 0.5) / n) for i in range(n)]
    return np.random.default_rng(5).permutation(np.array(quantiles))


def _covariance(jacobian: Float, residuals: Float, used: Bool, stride_px: int) -> Float:
    pixels = _pixels(used, stride_px)
    inflation = correlation_inflation(stride_px, CORRELATION_PX)
    information, score = depth_information(
        _terms(jacobian, residuals), pixels, CORRELATION_PX, inflation
    )
    inverse = np.linalg.inv(information)
    result: Float = inverse @ score @ inverse
    return result


def _drawn_noise(rng: np.random.Generator) -> Float:
    """One picture of noise; drawn wider, because its opposite ends are neighbours."""
    wide = correlated_noise(rng, (SIDE_PX + BEYOND_PX,) * 2, CORRELATION_PX)
    return wide[:SIDE_PX, :SIDE_PX]


@surfaces
@strides
def test_the_covariance_is_that_of_fits_to_correlated_noise(surface: Bool, stride_px: int) -> None:
    used = _grid(surface, stride_px)
    jacobian = _jacobian(used)
    solve = np.linalg.pinv(jacobian)
    rng = np.random.default_rng(3)
    fits = np.empty((N_FITS, 6))
    for row in fits:
        row[:] = solve @ _drawn_noise(rng)[used]
    drawn = fits.T @ fits / N_FITS * GAUSSIAN_VARIANCE
    stated = _covariance(jacobian, _gaussian(len(jacobian)), used, stride_px)
    assert np.abs(np.diag(stated) / np.diag(drawn) - 1).max() < VARIANCE_RATIO
    naive = np.linalg.inv(jacobian.T @ jacobian)
    assert stride_px == 4 or (np.diag(drawn) > NAIVE_RATIO * np.diag(naive)).all()


def test_pieces_of_a_surface_know_more_than_a_full_grid_s_correlation_says() -> None:
    """What a single inflation of all pixels would throw away on narrow pieces."""
    used = _grid(STRIPES, 1)
    jacobian = _jacobian(used)
    stated = _covariance(jacobian, _gaussian(len(jacobian)), used, 1)
    inflated = np.linalg.inv(jacobian.T @ jacobian) * correlation_inflation(1, CORRELATION_PX)
    assert (np.diag(stated) < 0.7 * np.diag(inflated)).all()


@pytest.mark.parametrize("scale", [0.0, 0.3, 0.9])
def test_quiet_residuals_never_shrink_it_below_the_noise_model(scale: float) -> None:
    used = _grid(SMOOTH, 2)
    jacobian = _jacobian(used)
    gaussian = _gaussian(len(jacobian))
    model = np.diag(_covariance(jacobian, gaussian, used, 2))
    quiet = np.diag(_covariance(jacobian, scale * gaussian, used, 2))
    assert (quiet > 0.99 * model).all()


@pytest.mark.parametrize("spoil", ["twice the noise", "tails"])
def test_residuals_that_scatter_more_enlarge_it(spoil: str) -> None:
    used = _grid(SMOOTH, 2)
    jacobian = _jacobian(used)
    gaussian = _gaussian(len(jacobian))
    model = np.diag(_covariance(jacobian, gaussian, used, 2))
    moved = np.random.default_rng(7).random(len(gaussian)) < TAILED
    loud = 2 * gaussian if spoil == "twice the noise" else np.where(moved, 3.0, gaussian)
    assert (np.diag(_covariance(jacobian, loud, used, 2)) > 1.15 * model).all()


@pytest.mark.parametrize("residual", [np.nan, 40.0, -40.0])
def test_outliers_and_unusable_pixels_carry_no_information(residual: float) -> None:
    used = _grid(SMOOTH, 2)
    jacobian, pixels = _jacobian(used), _pixels(used, 2)
    residuals = _gaussian(len(jacobian))
    residuals[::5] = residual
    distorted = jacobian.copy()
    distorted[::5] *= 100.0
    given = depth_information(_terms(jacobian, residuals), pixels, CORRELATION_PX, 3.0)
    again = depth_information(_terms(distorted, residuals), pixels, CORRELATION_PX, 3.0)
    assert np.trace(given[0]) > 0
    assert [part.tolist() for part in given] == [part.tolist() for part in again]


def test_nothing_usable_is_no_information() -> None:
    used = _grid(SMOOTH, 4)
    jacobian = _jacobian(used)
    blind = _terms(jacobian, np.full(len(jacobian), np.nan))
    for part in depth_information(blind, _pixels(used, 4), CORRELATION_PX, 1.0):
        assert part.tolist() == np.zeros((6, 6)).tolist()


def test_the_autocorrelation_is_the_contract_s() -> None:
    values = autocorrelation(2, 1.5)
    middle = len(values) // 2
    assert values[middle] == 1.0
    assert values[middle + 1] == pytest.approx(np.exp(-(2.0**2) / (4 * 1.5**2)))
    assert values.tolist() == values[::-1].tolist()
