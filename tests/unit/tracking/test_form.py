"""The form error: nothing on sound cones at any noise, and what it should be on bulges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.builders import View, make_applicator, make_view, pose_looking_at
from tracking.applicator import Applicator
from tracking.applicator_pixels import select_pixels
from tracking.cone_model import ConeModel
from tracking.depth_noise import StereoNoise
from tracking.form import SIGNIFICANT, SOUND_FORM_MM, form_error
from tracking.likelihood import DepthTerms, depth_terms
from tracking.stereo_noise import correlation_inflation

CONE = make_applicator()
NOISE_SHARE = 0.25  # of a form error of 2 mm: what noise of 0.08 px at 0.5 m adds or takes


def _terms(view: View, applicator: Applicator) -> tuple[DepthTerms, float]:
    mask = view.segmentation.applicator_mask
    pixels = select_pixels(mask, view.depth_mm, view.intrinsics, view.noise)
    model = ConeModel(applicator)
    terms = depth_terms(model, view.camera_from_applicator, pixels, view.noise)
    return terms, correlation_inflation(pixels.stride_px, view.noise.correlation_px)


@pytest.fixture(scope="module")
def sound() -> tuple[DepthTerms, float]:
    return _terms(make_view(CONE, pose_looking_at(), seed=1), CONE)


@pytest.mark.parametrize("subpixel_px", [0.03, 0.05, 0.08, 0.12, 0.2])
def test_sound_cones_show_no_form_error(subpixel_px: float) -> None:
    noise = StereoNoise(50.0, subpixel_px, 1.5)
    for index, (diameter, bevel) in enumerate([(40.0, 0.0), (60.0, 30.0), (100.0, 15.0)]):
        applicator = make_applicator(diameter, bevel, has_ring=index != 1)
        pose = pose_looking_at(380.0 + 150.0 * index, 25.0 + 17.0 * index, 80.0 * index)
        view = make_view(applicator, pose, seed=index, noise=noise)
        error = form_error(applicator, *_terms(view, applicator))
        assert error.is_sound
        assert not error.is_gross
        assert error.significance < SIGNIFICANT


def _bulged(
    terms: DepthTerms, outward_mm: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> DepthTerms:
    return replace(terms, residuals=terms.residuals + terms.gains * outward_mm)


@pytest.mark.parametrize("amplitude_mm", [2.0, 4.0])
def test_a_bottle_s_waist_is_measured(sound: tuple[DepthTerms, float], amplitude_mm: float) -> None:
    terms, inflation = sound
    waist = amplitude_mm * np.sign(np.sin(terms.points_mm[:, 2] / 40.0))
    error = form_error(CONE, _bulged(terms, waist), inflation)
    assert not error.is_sound
    assert abs(error.rms_mm - amplitude_mm) < NOISE_SHARE * amplitude_mm
    assert error.is_gross == (amplitude_mm == 4.0)


def test_a_form_error_within_manufacture_is_sound(sound: tuple[DepthTerms, float]) -> None:
    terms, inflation = sound
    bent = 0.5 * SOUND_FORM_MM * np.sin(terms.points_mm[:, 2] / 40.0)
    assert form_error(CONE, _bulged(terms, bent), inflation).is_sound


def test_another_diameter_at_the_same_pose_is_no_sound_form() -> None:
    view = make_view(make_applicator(70.0), pose_looking_at(), seed=1)
    assert not form_error(CONE, *_terms(view, CONE)).is_sound


def test_nothing_to_judge_is_no_error(sound: tuple[DepthTerms, float]) -> None:
    terms, inflation = sound
    blind = replace(terms, residuals=np.full_like(terms.residuals, np.nan))
    error = form_error(CONE, blind, inflation)
    assert (error.rms_mm, error.significance) == (0.0, 0.0)
