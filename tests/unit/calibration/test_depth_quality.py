from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calibration.depth_quality import depth_quality
from tests.plane_recordings import FOCAL_BASELINE, TILT, simulated_plane

DISTANCE_MM = 500.0
WHITE_PX = 0.08


def test_the_figures_are_those_that_were_put_in() -> None:
    found = depth_quality(simulated_plane(WHITE_PX, 1.5, DISTANCE_MM, unit_mm=0.01), DISTANCE_MM)
    assert found.distance_mm == pytest.approx(DISTANCE_MM, abs=0.05)
    tilt = np.degrees(np.arctan(np.hypot(TILT[0], TILT[1])))
    assert found.tilt_deg == pytest.approx(tilt, abs=0.05)
    assert found.fill_rate_percent == 100.0
    assert found.z_accuracy_percent == pytest.approx(0.0, abs=0.02)
    # the tilt moves z, and with it sigma_z, by 5 % over the region; trimming 1 % takes 2 % of rms
    cosine = np.cos(np.radians(tilt))
    sigma_mm = DISTANCE_MM**2 / FOCAL_BASELINE * WHITE_PX
    assert found.plane_rms_mm == pytest.approx(sigma_mm * cosine, rel=0.05)
    assert found.subpixel_rms_px == pytest.approx(WHITE_PX, rel=0.05)
    assert found.temporal_noise_percent == pytest.approx(100 * sigma_mm / DISTANCE_MM, rel=0.05)


def test_a_plane_measured_too_far_has_a_positive_z_accuracy() -> None:
    found = depth_quality(simulated_plane(0.05, 1.5, offset_mm=5.0, n_frames=5), DISTANCE_MM)
    assert found.z_accuracy_percent == pytest.approx(1.0, abs=0.03)


def test_holes_lower_the_fill_rate() -> None:
    plane = simulated_plane(0.05, 1.5, n_frames=5)
    depth = plane.depth_mm.copy()
    depth[:, ::4] = 0.0
    found = depth_quality(replace(plane, depth_mm=depth))
    assert found.fill_rate_percent == pytest.approx(75.0, abs=0.3)
    assert found.z_accuracy_percent is None
    assert "z_accuracy" not in {m.name for m in found.metrics}


def test_a_drift_shows() -> None:
    plane = simulated_plane(0.05, 1.5, n_frames=20)
    drifting = plane.depth_mm + np.linspace(0, 0.5, 20, dtype=np.float32)[:, None, None]
    found = depth_quality(replace(plane, depth_mm=drifting))
    assert found.drift_mm == pytest.approx(0.5, abs=0.1)
