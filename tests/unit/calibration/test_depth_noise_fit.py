"""The noise model is recovered from 40 frames of a plane, whichever generator made them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calibration.depth_noise_fit import NoiseFit, fit_noise
from calibration.plane_frames import PlaneFrames, Region
from tests.plane_recordings import GRID, independent_plane, simulated_plane
from tracking.errors import CalibrationError

WITHIN = 0.10  # the task's: of the true standard deviation and correlation length
TRUTHS = [(0.05, 1.0, 0.1), (0.08, 1.5, 1.0), (0.12, 3.0, 0.5)]


@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("plane", [simulated_plane, independent_plane])
def test_noise_and_its_correlation_come_back(
    plane: type, truth: tuple[float, float, float]
) -> None:
    subpixel, correlation, unit = truth
    found = fit_noise(plane(subpixel, correlation, unit_mm=unit, seed=7))
    assert found.subpixel_px == pytest.approx(subpixel, rel=WITHIN)
    assert found.correlation_px == pytest.approx(correlation, rel=WITHIN)
    assert found.row_correlation_px == pytest.approx(correlation, rel=WITHIN)
    assert found.column_correlation_px == pytest.approx(correlation, rel=WITHIN)
    assert found.fixed_px < 0.3 * subpixel


def test_white_noise_has_no_correlation() -> None:
    found = fit_noise(simulated_plane(0.08, 0.0))
    assert found.correlation_px == 0.0
    assert found.subpixel_px == pytest.approx(0.08, rel=WITHIN)


def test_the_sigmas_say_how_far_off_the_fit_is() -> None:
    """Of 40 small recordings: the scatter of the fits is what their sigmas say, within a third."""
    region = Region(380, 200, 470, 280)
    fits = [
        fit_noise(simulated_plane(0.08, 1.5, seed=k, n_frames=6, region=region)) for k in range(40)
    ]
    for name in ("subpixel", "correlation"):
        values = [getattr(f, f"{name}_px") for f in fits]
        sigmas = [getattr(f, f"{name}_sigma_px") for f in fits]
        assert np.std(values) == pytest.approx(np.median(sigmas), rel=1 / 3)


def test_what_stays_from_frame_to_frame_is_part_of_the_noise() -> None:
    """A pattern of 0.06 px that every frame shares beside 0.08 px that changes: 0.1 px in all."""
    pattern = _disparity(simulated_plane(0.06, 1.5, seed=3, n_frames=2, unit_mm=0.001))[0]
    plane = simulated_plane(0.08, 1.5, seed=4, unit_mm=0.001)
    smooth = plane.fit.design @ plane.fit.coefficients
    depth = plane.focal_baseline / (_disparity(plane) + pattern - smooth)
    found = fit_noise(replace(plane, depth_mm=depth.astype(np.float32)))
    assert found.subpixel_px == pytest.approx(0.1, rel=WITHIN)
    assert found.temporal_px == pytest.approx(0.08, rel=WITHIN)
    assert found.fixed_px == pytest.approx(0.06, rel=WITHIN)


def test_holes_flying_pixels_and_nan_do_not_disturb() -> None:
    plane = simulated_plane(0.08, 1.5)
    rng = np.random.default_rng(5)
    depth = plane.depth_mm.copy()
    depth[rng.random(depth.shape) < 0.1] = 0.0
    depth[rng.random(depth.shape) < 0.005] *= 1.3
    depth[rng.random(depth.shape) < 0.001] = np.nan
    found = fit_noise(replace(plane, depth_mm=depth))
    assert found.subpixel_px == pytest.approx(0.08, rel=WITHIN)
    assert found.correlation_px == pytest.approx(1.5, rel=WITHIN)
    assert plane.fit.fill_fraction == 1.0


def test_the_metrics_carry_the_figures_and_their_units() -> None:
    found = fit_noise(simulated_plane(0.08, 1.5, n_frames=4))
    by_name = {m.name: m for m in found.metrics}
    assert by_name["subpixel_noise"].value == found.subpixel_px
    assert by_name["subpixel_noise"].sigma == found.subpixel_sigma_px
    assert {m.unit for m in found.metrics} == {"px"}


def _fit(plane: PlaneFrames) -> NoiseFit:
    return fit_noise(plane)


def test_a_coarse_depth_unit_is_refused() -> None:
    with pytest.raises(CalibrationError, match="depth unit is too coarse"):
        _fit(simulated_plane(0.01, 1.5, 300.0, unit_mm=2.0))


def test_a_stream_that_stands_still_is_refused() -> None:
    plane = simulated_plane(0.08, 1.5, n_frames=2)
    still = replace(plane, depth_mm=np.repeat(plane.depth_mm[:1], 5, axis=0))
    with pytest.raises(CalibrationError, match="same picture"):
        _fit(still)


def test_an_edge_in_the_region_is_refused() -> None:
    plane = simulated_plane(0.08, 1.5, n_frames=3)
    depth = plane.depth_mm.copy()
    depth[:, :, :60] += 40.0
    with pytest.raises(CalibrationError, match="something else than one plane"):
        _fit(replace(plane, depth_mm=depth))


def test_a_region_without_depth_is_refused() -> None:
    plane = simulated_plane(0.08, 1.5, n_frames=3)
    depth = plane.depth_mm.copy()
    depth[:, 5:] = 0.0
    with pytest.raises(CalibrationError, match="too little depth"):
        _fit(replace(plane, depth_mm=depth))


def test_one_frame_is_refused() -> None:
    plane = simulated_plane(0.08, 1.5, n_frames=2)
    with pytest.raises(CalibrationError, match="Too few frames"):
        replace(plane, depth_mm=plane.depth_mm[:1])


def test_a_region_outside_the_picture_is_refused() -> None:
    plane = simulated_plane(0.08, 1.5, n_frames=2)
    with pytest.raises(CalibrationError, match="does not lie in the picture"):
        replace(plane, region=Region(800, 0, GRID.width + 1, 100))


def _disparity(plane: PlaneFrames) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.asarray(plane.focal_baseline / plane.depth_mm.astype(np.float64))
