"""Terms of the depth: what is noisier weighs less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.builders import View, make_applicator, make_view, pose_looking_at
from tests.builders_views import model_of
from tracking.applicator_pixels import ApplicatorPixels, select_pixels
from tracking.arrays import Bool, Float
from tracking.depth_comparison import FACE_COSINE, MIN_FACE_PIXELS, WALL_COSINE
from tracking.depth_noise import StereoNoise
from tracking.likelihood import DepthTerms, depth_terms

NOISE = StereoNoise(50.0, 0.08, 0.4)
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


@pytest.mark.parametrize("n_shown", [MIN_FACE_PIXELS - 1, MIN_FACE_PIXELS])
def test_a_few_pixels_of_a_face_are_not_used(n_shown: int) -> None:
    cone = make_applicator(80.0, has_ring=True)
    view = make_view(cone, pose_looking_at(450.0, 30.0), seed=4, noise=NOISE)
    pixels = _pixels(view)
    all_terms = _terms(view, pixels)
    is_face = (np.abs(all_terms.normals[:, 2]) > FACE_COSINE) & (all_terms.gains != 0)
    assert is_face.sum() > 50
    kept = ~is_face | (np.cumsum(is_face) <= n_shown)
    fields = ("uv_px", "rays_camera", "depth_mm", "is_border")
    few = replace(pixels, **{name: getattr(pixels, name)[kept] for name in fields})
    n_faces, _ = _terms(view, few).faces_off(3.0)
    assert n_faces == (n_shown if n_shown >= MIN_FACE_PIXELS else 0)
