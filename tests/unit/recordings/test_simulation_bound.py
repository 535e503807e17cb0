"""The noise bound: its derivative, its scaling, and no estimator beats it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from recordings.simulation.bound import (
    LEVER_MM,
    disparity_slopes,
    noise_bound,
    used_pixels,
)
from recordings.simulation.render import Rendering, render
from recordings.simulation.scene import Material, Part, Scene
from recordings.simulation.stereo_noise import DepthCamera, correlated_noise
from tracking.applicator import Applicator
from tracking.applicator_mesh import build_mesh
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.segmentation import Label
from tracking.transforms import rigid, rotate_about, rotation_between, rotation_from_vector

CONE = Applicator("CONE", "mobetron", 60.0, 2.0, 300.0, 15.0, 110.0, 20.0)
INTRINSICS = CameraIntrinsics(212, 160, 150.0, 150.0, 105.5, 79.5)
CAMERA = DepthCamera(baseline_mm=55.0, subpixel_px=0.05, correlation_px=1.0, depth_unit_mm=0.01)
FOCAL_BASELINE = INTRINSICS.fx * CAMERA.baseline_mm
# Seen from above at 50 deg, as the camera beside the head sees it.
POSE = rigid(
    rotation_from_vector([2.3, 0.0, 0.0]) @ rotation_from_vector([0, 0, 1.0]), [20, 80, 500]
)
N_TRIALS = 200
SAMPLING_RATIO = 0.05  # of a standard deviation from so many trials: 1 / sqrt(2 n)


def _view(camera_from_applicator: Float, applicator: Applicator = CONE) -> Rendering:
    part = Part(
        "cone",
        build_mesh(applicator),
        camera_from_applicator,
        Label.APPLICATOR,
        Material((0.5,) * 3),
    )
    return render(Scene((part,)), INTRINSICS, np.eye(4))


@pytest.fixture(scope="module")
def view() -> Rendering:
    return _view(POSE)


@dataclass(frozen=True)
class _Figures:
    axis_deg: float
    exit_mm: float
    plain_axis_deg: float
    plain_exit_mm: float


def _bound(view: Rendering, camera: DepthCamera) -> _Figures:
    bound = noise_bound(view, INTRINSICS, camera, POSE)
    assert bound is not None
    assert bound.axis_deg is not None
    assert bound.exit_mm is not None
    assert bound.plain_axis_deg is not None
    assert bound.plain_exit_mm is not None
    return _Figures(bound.axis_deg, bound.exit_mm, bound.plain_axis_deg, bound.plain_exit_mm)


def test_slopes_are_the_derivative_of_the_rendered_disparity(view: Rendering) -> None:
    used = view.labels == Label.APPLICATOR
    slopes = disparity_slopes(view, INTRINSICS, used, FOCAL_BASELINE, POSE)
    across = rotation_between(np.array([0.0, 0.0, 1.0]), POSE[:3, 2])[:, :2]
    step = 0.2  # mm: far above the rays' float32, far below the tube's radius
    for column in range(5):
        if column < 2:
            motion = rotate_about(POSE[:3, 3], across[:, column] * step / LEVER_MM)
        else:
            motion = rigid(np.eye(3), np.eye(3)[column - 2] * step)
        ahead, behind = _view(motion @ POSE).depth_mm, _view(np.linalg.inv(motion) @ POSE).depth_mm
        with np.errstate(divide="ignore", invalid="ignore"):
            numeric = (FOCAL_BASELINE / ahead - FOCAL_BASELINE / behind)[used] / (2 * step)
        difference = np.abs(numeric - slopes[:, column])
        # Facets turn under a few pixels and edges cross a few: the median pixel tells.
        assert np.median(difference) < 0.03 * np.abs(slopes[:, column]).max()


def test_bound_grows_with_the_noise(view: Rendering) -> None:
    fine, coarse = (
        _bound(view, replace(CAMERA, subpixel_px=0.4 * factor)) for factor in (1.0, 2.0)
    )
    # Quantisation, 0.009 px, is the white floor that does not scale.
    assert coarse.plain_axis_deg == pytest.approx(2 * fine.plain_axis_deg, rel=0.02)
    assert coarse.plain_exit_mm == pytest.approx(2 * fine.plain_exit_mm, rel=0.02)
    assert fine.axis_deg < coarse.axis_deg <= 2 * fine.axis_deg


def test_correlated_noise_leaves_less_information_to_a_plain_fit(view: Rendering) -> None:
    white, correlated = (_bound(view, replace(CAMERA, correlation_px=c)) for c in (0.0, 1.0))
    patch_px = np.sqrt(4 * np.pi)  # root of the pixels that one independent patch covers
    ratio = correlated.plain_exit_mm / white.plain_exit_mm
    assert 0.6 * patch_px < ratio < 1.1 * patch_px
    assert white.exit_mm == pytest.approx(white.plain_exit_mm, rel=0.02)  # nothing to whiten


def test_no_plain_fit_beats_the_bound(view: Rendering) -> None:
    """Least squares on simulated noise: its spread is the plain figure, above the bound."""
    bound = _bound(view, CAMERA)
    used = used_pixels(view, FOCAL_BASELINE)
    slopes = disparity_slopes(view, INTRINSICS, used, FOCAL_BASELINE, POSE)
    fit = np.linalg.pinv(slopes)
    rng = np.random.default_rng(3)
    fitted = [
        fit @ (correlated_noise(used.shape, CAMERA.correlation_px, rng)[used] * CAMERA.subpixel_px)
        for _ in range(N_TRIALS)
    ]
    spread = np.cov(np.array(fitted).T)
    axis_deg = np.degrees(np.sqrt(np.linalg.eigvalsh(spread[:2, :2])[-1]) / LEVER_MM)
    exit_mm = np.sqrt(np.linalg.eigvalsh(spread[2:, 2:])[-1])
    assert axis_deg == pytest.approx(bound.plain_axis_deg, rel=3 * SAMPLING_RATIO)
    assert exit_mm == pytest.approx(bound.plain_exit_mm, rel=3 * SAMPLING_RATIO)
    assert bound.axis_deg <= bound.plain_axis_deg
    assert bound.exit_mm <= bound.plain_exit_mm


def test_too_little_in_view_has_no_bound(view: Rendering) -> None:
    hidden = replace(view, labels=np.zeros_like(view.labels))
    assert noise_bound(hidden, INTRINSICS, CAMERA, POSE) is None


def test_slide_along_a_bare_tube_is_left_open() -> None:
    bare = Applicator("BARE", "mobetron", 60.0, 2.0, 900.0, 0.0, 0.0, 0.0)
    pose = rigid(rotation_from_vector([np.pi / 2, 0.0, 0.0]), [0, 450, 500])
    bound = noise_bound(_view(pose, bare), INTRINSICS, CAMERA, pose)
    assert bound is not None
    assert bound.axis_deg is not None
    assert (bound.exit_mm, bound.plain_exit_mm) == (None, None)
