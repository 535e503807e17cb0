"""Weights of the likelihood's terms: what is noisier, or says the same twice, weighs less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.builders import INTRINSICS, View, make_applicator, make_view, pose_looking_at
from tests.builders_views import model_of
from tracking.applicator_pixels import ApplicatorPixels, select_pixels
from tracking.arrays import Bool, Float
from tracking.contour import EdgeOffsets
from tracking.depth_comparison import WALL_COSINE
from tracking.depth_noise import StereoNoise
from tracking.likelihood import (
    BURIAL_SIGMA_MM,
    DepthTerms,
    depth_terms,
    edge_weights,
    shift_marginalised,
)
from tracking.segmentation import EdgeQuality

NOISE = StereoNoise(50.0, 0.08, 0.4)
QUALITY = EdgeQuality(sigma_px=0.15, correlation_px=3.6, bias_px=0.5)
N_POINTS, SPACING_PX = 60, 3.6
SMEAR = 4.0  # times the model's noise
SCALE_RATIO = 0.25  # of a robust scatter from some hundred pixels


@pytest.fixture(scope="module")
def view() -> View:
    """Wall and hollow, on every pixel: hardly any correlation, so that the outline has many."""
    cone = make_applicator(80.0, has_ring=False)
    return make_view(cone, pose_looking_at(450.0, 30.0), seed=4, noise=NOISE)


def _pixels(view: View) -> ApplicatorPixels:
    return select_pixels(
        view.segmentation.applicator_mask, view.depth_mm, view.intrinsics, view.noise
    )


def _terms(view: View, pixels: ApplicatorPixels) -> DepthTerms:
    return depth_terms(model_of(view.applicator), view.camera_from_applicator, pixels, NOISE)


def _smeared(pixels: ApplicatorPixels, group: Bool) -> ApplicatorPixels:
    """The group's pixels with `SMEAR` times the noise."""
    error = np.random.default_rng(2).standard_normal(len(group)) * SMEAR
    sigma_mm = NOISE.sigma_mm(pixels.depth_mm, pixels.fx)
    return replace(pixels, depth_mm=pixels.depth_mm + np.where(group, error, 0.0) * sigma_mm)


def _is_hollow(terms: DepthTerms) -> Bool:
    outward = np.einsum("ij,ij->i", terms.normals[:, :2], terms.points_mm[:, :2])
    hollow: Bool = (outward < 0) & (np.abs(terms.normals[:, 2]) < WALL_COSINE)
    return hollow


def _scales(clean: DepthTerms, spoilt: DepthTerms) -> Float:
    """By how much the spoilt pixels' noise was taken to be larger, (n,); NaN where unusable."""
    usable = clean.gains != 0
    scales: Float = np.where(usable, clean.gains / np.where(usable, spoilt.gains, 1.0), np.nan)
    return scales


class TestNoiseGroups:
    def test_clean_pixels_have_one_noise(self, view: View) -> None:
        pixels = _pixels(view)
        nothing = replace(pixels, is_border=np.zeros(len(pixels.depth_mm), bool))
        assert pixels.is_border.any()
        assert _is_hollow(_terms(view, pixels)).sum() > 30
        given, without = _terms(view, pixels), _terms(view, nothing)
        assert given.gains.tolist() == without.gains.tolist()
        assert given.spread == pytest.approx(1.0, abs=0.15)

    @pytest.mark.parametrize("name", ["border", "hollow"])
    def test_a_smeared_group_counts_with_its_own_noise(self, view: View, name: str) -> None:
        pixels = _pixels(view)
        clean = _terms(view, pixels)
        is_hollow = _is_hollow(clean)
        group = is_hollow if name == "hollow" else pixels.is_border & ~is_hollow
        spoilt = _terms(view, _smeared(pixels, group))
        scales = _scales(clean, spoilt)
        expected = np.sqrt(1 + SMEAR**2)
        inside, others = scales[group], scales[~group]
        assert np.nanmax(inside) == pytest.approx(np.nanmin(inside))
        assert np.nanmean(inside) == pytest.approx(expected, rel=SCALE_RATIO)
        assert (others[np.isfinite(others)] == 1.0).all()
        sizes = np.abs(spoilt.residuals[group])
        assert np.nanmedian(sizes) * 1.4826 == pytest.approx(1.0, abs=SCALE_RATIO)

    def test_noise_of_the_whole_surface_is_no_group_s(self, view: View) -> None:
        pixels = _pixels(view)
        clean = _terms(view, pixels)
        spoilt = _terms(view, _smeared(pixels, np.ones(len(pixels.depth_mm), bool)))
        assert np.nanmax(_scales(clean, spoilt)) == 1.0
        assert spoilt.spread > 0.8 * SMEAR

    def test_a_group_that_is_off_the_model_is_noisier_however_smooth(self, view: View) -> None:
        """About the model, not about its own mean: smear shifts as well as scatters."""
        pixels = _pixels(view)
        clean = _terms(view, pixels)
        group = pixels.is_border & ~_is_hollow(clean)
        sigma_mm = NOISE.sigma_mm(pixels.depth_mm, pixels.fx)
        shifted = replace(pixels, depth_mm=pixels.depth_mm + np.where(group, 5.0 * sigma_mm, 0.0))
        assert np.nanmin(_scales(clean, _terms(view, shifted))[group]) > 3.0

    def test_too_few_other_pixels_call_nothing_noisier(self, view: View) -> None:
        pixels = _pixels(view)
        clean = _terms(view, pixels)
        all_border = replace(pixels, is_border=np.ones(len(pixels.depth_mm), bool))
        spoilt = _terms(view, _smeared(all_border, ~_is_hollow(clean)))
        assert np.nanmax(_scales(clean, spoilt)) == 1.0


def _edge(offsets_px: Float, name: str = "top") -> EdgeOffsets:
    n = len(offsets_px)
    angle = np.linspace(0, np.pi, n)
    normals = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points = np.concatenate([60.0 * normals, np.full((n, 1), 500.0)], axis=1)
    return EdgeOffsets(name, points, normals, offsets_px, SPACING_PX)


def _total(offsets_px: Float, name: str = "top") -> float:
    return float(edge_weights(_edge(offsets_px, name), QUALITY, INTRINSICS).sum())


def _jitter(sigma_px: float) -> Float:
    return np.random.default_rng(8).standard_normal(N_POINTS) * sigma_px


class TestEdgeWeights:
    def test_labels_as_good_as_they_say_weigh_what_they_say(self) -> None:
        expected = N_POINTS / QUALITY.sigma_px**2
        assert _total(_jitter(0.1)) == pytest.approx(expected, rel=0.1)  # less Tukey's few percent

    @pytest.mark.parametrize("n_waves", [2, 3, 5])
    @pytest.mark.parametrize("amplitude_px", [0.15, 0.6])
    def test_a_wavy_outline_weighs_less_than_a_ragged_one(
        self, n_waves: int, amplitude_px: float
    ) -> None:
        wave = amplitude_px * np.sin(np.arange(N_POINTS) * (2 * np.pi * n_waves / N_POINTS))
        ragged = np.random.default_rng(3).permutation(wave)
        # half a wave says the same: what is left are twice as many points as waves
        assert _total(wave) < 0.5 * _total(ragged)
        assert _total(wave) > 0.02 * _total(ragged)

    @pytest.mark.parametrize("sigma_px", [0.5, 1.5])
    def test_a_ragged_outline_weighs_as_it_scatters(self, sigma_px: float) -> None:
        assert _total(_jitter(sigma_px)) < 1.2 * N_POINTS / sigma_px**2

    def test_a_common_shift_is_no_scatter(self) -> None:
        assert _total(_jitter(0.1) + 3.0) == pytest.approx(_total(_jitter(0.1)))

    def test_a_blemish_does_not_speak(self) -> None:
        offsets = _jitter(0.1)
        offsets[20:24] = 5.0
        weights = edge_weights(_edge(offsets), QUALITY, INTRINSICS)
        assert (weights[20:24] == 0).all()
        assert (np.delete(weights, slice(20, 24)) > 0).all()

    def test_the_exit_weighs_less_by_what_tissue_covers(self) -> None:
        exit_total, top_total = _total(_jitter(0.1), "exit"), _total(_jitter(0.1))
        assert exit_total < 0.9 * top_total
        burial_px = BURIAL_SIGMA_MM * INTRINSICS.fx / 500.0
        assert exit_total > N_POINTS * SPACING_PX / 20 / (QUALITY.sigma_px + burial_px) ** 2

    def test_the_shift_of_an_edge_is_not_information(self) -> None:
        """A motion that moves every point alike is told only as far as the bias is known."""
        weights = np.full(N_POINTS, 40.0)
        jacobian = np.zeros((N_POINTS, 6))
        jacobian[:, 0] = 1.0
        jacobian[:, 1] = np.linspace(-1, 1, N_POINTS)
        information, gradient = shift_marginalised(jacobian, weights, np.ones(N_POINTS), 0.5)
        total = weights.sum()
        assert information[0, 0] == pytest.approx(1 / (1 / total + 0.5**2))
        assert gradient[0] == pytest.approx(1 / (1 / total + 0.5**2))
        assert information[1, 1] == pytest.approx(float(weights @ jacobian[:, 1] ** 2))
