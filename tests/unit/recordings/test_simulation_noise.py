"""Stereo noise: its statistics on a plane, and each artefact on the side where it belongs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recordings.simulation.render import Rendering, render
from recordings.simulation.scene import Material, Part, Scene
from recordings.simulation.shapes import box, sheet
from recordings.simulation.stereo_noise import (
    DISPARITY_STEPS_PER_PX,
    DepthCamera,
    correlated_noise,
    hidden_from_second,
    measure,
)
from tracking.camera import CameraIntrinsics
from tracking.segmentation import Label
from tracking.transforms import rigid

INTRINSICS = CameraIntrinsics(320, 240, 300.0, 300.0, 159.5, 119.5)
FINE = DepthCamera(
    baseline_mm=50.0, subpixel_px=0.08, correlation_px=1.5, depth_unit_mm=0.01, has_artefacts=False
)
FOCAL_BASELINE = INTRINSICS.fx * FINE.baseline_mm
# 320 x 240 pixels hold 2700 independent patches at 1.5 px: the estimated spread errs by 1.4 %.
SPREAD_RATIO = 0.06
GREY = Material((0.5, 0.5, 0.5))


def _view(*parts: Part) -> Rendering:
    return render(Scene(parts), INTRINSICS, np.eye(4))


def _plane(z_mm: float) -> Part:
    flat = sheet(lambda x, _: np.zeros_like(x), (-2000.0, 2000.0), (-2000.0, 2000.0), 4000.0)
    return Part("plane", flat, rigid(np.eye(3), [0, 0, z_mm]), Label.OTHER, GREY)


def _plate(z_mm: float, width_mm: float = 60.0) -> Part:
    pose = rigid(np.eye(3), [0, 0, z_mm])
    return Part("plate", box((width_mm, width_mm, 1.0)), pose, Label.APPLICATOR, GREY)


def _disparity(raw: np.ndarray, camera: DepthCamera) -> np.ndarray:
    return FOCAL_BASELINE / (raw * camera.depth_unit_mm)


@pytest.mark.parametrize("z_mm", [300.0, 500.0, 640.0])
def test_noise_is_constant_in_disparity(z_mm: float) -> None:
    raw = measure(_view(_plane(z_mm)), INTRINSICS, FINE, np.random.default_rng(5))
    spread_px = _disparity(raw, FINE).std()
    expected_px = np.hypot(FINE.subpixel_px, 1 / DISPARITY_STEPS_PER_PX / np.sqrt(12))
    assert spread_px == pytest.approx(expected_px, rel=SPREAD_RATIO)
    spread_mm = (raw * FINE.depth_unit_mm).std()
    assert spread_mm == pytest.approx(z_mm**2 / FOCAL_BASELINE * expected_px, rel=SPREAD_RATIO)


@pytest.mark.parametrize("correlation_px", [0.0, 0.7, 1.5, 3.0])
def test_noise_has_the_stated_autocorrelation(correlation_px: float) -> None:
    noise = correlated_noise((480, 640), correlation_px, np.random.default_rng(6))
    assert noise.std() == pytest.approx(1.0, rel=SPREAD_RATIO)
    for shift in ((0, 1), (2, 0), (2, 2), (0, 5)):
        measured = float((noise * np.roll(noise, shift, axis=(0, 1))).mean() / noise.var())
        distance2 = shift[0] ** 2 + shift[1] ** 2
        expected = np.exp(-distance2 / (4 * correlation_px**2)) if correlation_px else 0.0
        assert measured == pytest.approx(expected, abs=0.05)  # sampling error of the estimate


def test_disparity_is_quantised_to_32nds() -> None:
    raw = measure(_view(_plane(500.0)), INTRINSICS, FINE, np.random.default_rng(7))
    steps = _disparity(raw, FINE) * DISPARITY_STEPS_PER_PX
    assert np.abs(steps - np.round(steps)).max() < 0.03  # what rounding to 0.01 mm leaves
    assert len(np.unique(np.round(steps))) > 10


def test_band_hidden_from_the_second_imager_lies_left_of_a_near_plate() -> None:
    near, far = 300.0, 600.0
    camera = replace(FINE, has_artefacts=True, flying_share=0.0, dropout_share=0.0)
    view = _view(_plane(far), _plate(near))
    raw = measure(view, INTRINSICS, camera, np.random.default_rng(8))
    row = raw[120]
    plate = np.flatnonzero(view.labels[120] == Label.APPLICATOR)
    band_px = FOCAL_BASELINE / near - FOCAL_BASELINE / far  # 25 px
    left = row[: plate[0]]
    hidden = plate[0] - 1 - np.flatnonzero(left)[-1]
    assert hidden == pytest.approx(band_px, abs=1.5)  # a pixel at either end
    assert row[plate[-1] + 1 : plate[-1] + 40].all()
    assert row[plate].all()
    outside_px = FOCAL_BASELINE / far  # lands left of the second image
    assert not row[: int(outside_px) - 1].any()
    assert row[int(outside_px) + 1 : int(outside_px) + 20].all()


def test_nothing_is_hidden_on_a_plane_in_view() -> None:
    disparity = np.full((4, 50), 5.0, np.float32)
    assert np.array_equal(hidden_from_second(disparity)[0], np.arange(50) < 5)


def test_flying_pixels_lie_between_the_surfaces_at_edges_only() -> None:
    camera = replace(FINE, has_artefacts=True, flying_share=1.0, dropout_share=0.0, subpixel_px=0.0)
    view = _view(_plane(600.0), _plate(300.0))
    z = measure(view, INTRINSICS, camera, np.random.default_rng(9)) * camera.depth_unit_mm
    between = (z > 310) & (z < 590)
    assert between.any()
    v, u = np.nonzero(between)
    plate_v, plate_u = np.nonzero(view.labels == Label.APPLICATOR)
    far_off = np.maximum(
        np.maximum(plate_u.min() - u, u - plate_u.max()),
        np.maximum(plate_v.min() - v, v - plate_v.max()),
    )
    assert far_off.max() <= 2
    without = replace(camera, flying_share=0.0)
    z = measure(view, INTRINSICS, without, np.random.default_rng(9)) * camera.depth_unit_mm
    assert not ((z > 310) & (z < 590)).any()


def test_glare_makes_holes_and_false_depth() -> None:
    view = _view(_plane(500.0))
    highlight = np.zeros_like(view.highlight)
    highlight[100:140, 150:250] = 1.0
    camera = replace(FINE, has_artefacts=True, dropout_share=0.0)
    raw = measure(replace(view, highlight=highlight), INTRINSICS, camera, np.random.default_rng(10))
    z = raw[100:140, 150:250] * camera.depth_unit_mm
    assert 0.5 < (z == 0).mean() < 0.95
    assert ((z > 0) & (np.abs(z - 500) > 20)).mean() > 0.1
    assert raw[200, 100:].all()


def test_clear_wall_gives_holes_or_the_background() -> None:
    clear = Material((0.8, 0.8, 0.8), transparent_depth=0.8)
    pose = rigid(np.eye(3), [0, 0, 300.5])
    window = Part("window", box((60.0, 60, 1.0)), pose, Label.APPLICATOR, clear)
    view = _view(_plane(600.0), window)
    camera = replace(FINE, has_artefacts=True, flying_share=0.0, dropout_share=0.0)
    z = measure(view, INTRINSICS, camera, np.random.default_rng(11)) * camera.depth_unit_mm
    inside = z[view.labels == Label.APPLICATOR]
    assert 0.05 < (np.abs(inside - 600) < 10).mean() < 0.6
    assert 0.1 < (np.abs(inside - 300) < 5).mean() < 0.4
    assert (inside == 0).any()


def test_drop_outs_lose_about_their_share() -> None:
    camera = replace(FINE, has_artefacts=True, dropout_share=0.05)
    raw = measure(_view(_plane(500.0)), INTRINSICS, camera, np.random.default_rng(12))
    in_view = raw[:, 40:]
    assert 0.02 < (in_view == 0).mean() < 0.09


@pytest.mark.parametrize(("z_mm", "is_seen"), [(90.0, False), (110.0, True), (1200.0, False)])
def test_range_ends_depth(z_mm: float, is_seen: bool) -> None:
    camera = replace(FINE, min_z_mm=100.0, max_z_mm=1000.0, depth_unit_mm=0.1)
    raw = measure(_view(_plane(z_mm)), INTRINSICS, camera, np.random.default_rng(13))
    assert raw.any() == is_seen


def test_same_seed_same_bytes_and_other_seed_other_bytes() -> None:
    view = _view(_plane(500.0), _plate(300.0))
    camera = replace(FINE, has_artefacts=True)
    first, second, other = (
        measure(view, INTRINSICS, camera, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert first.tobytes() == second.tobytes()
    assert first.tobytes() != other.tobytes()


def test_nothing_seen_has_no_depth() -> None:
    raw = measure(_view(), INTRINSICS, FINE, np.random.default_rng(1))
    assert not raw.any()


@pytest.mark.parametrize(
    ("baseline_mm", "subpixel_px", "depth_unit_mm", "named"),
    [
        (0.0, 0.1, 1.0, "baseline_mm"),
        (50.0, -0.1, 1.0, "subpixel_px"),
        (50.0, 0.1, float("nan"), "depth_unit_mm"),
    ],
)
def test_impossible_cameras_are_refused(
    baseline_mm: float, subpixel_px: float, depth_unit_mm: float, named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        DepthCamera(baseline_mm, subpixel_px, 1.5, depth_unit_mm)
