from __future__ import annotations

import numpy as np
import pytest

from calibration.qa.drift import BLOCK_NS, drift
from tracking.errors import CalibrationError

PERIOD_NS = 2 * 10**9


def _run(minutes: float, bias_mm: np.ndarray, seed: int = 0) -> tuple[list[int], list[float]]:
    stamps = list(range(0, int(minutes * BLOCK_NS) + 1, PERIOD_NS))
    grid = np.linspace(0.0, 1.0, len(bias_mm))
    noise = np.random.default_rng(seed).normal(0.0, 0.02, len(stamps))
    at = np.interp(np.linspace(0.0, 1.0, len(stamps)), grid, bias_mm)
    return stamps, (at + noise).tolist()


def test_the_figure_is_the_largest_difference_between_two_minutes() -> None:
    found = drift(*_run(90, np.array([0.0, 1.2, 1.5, 0.9])), wanted_minutes=90)
    assert len(found.points) == 90
    assert found.metric.name == "warm_up_drift"
    assert found.metric.sigma is not None
    assert abs(found.metric.value - 1.5) < 0.06  # a minute's mean is below the peak
    assert 0.002 < found.metric.sigma < 0.02


def test_depth_that_shrinks_has_the_other_sign() -> None:
    found = drift(*_run(10, np.array([0.0, -0.8])), wanted_minutes=10)
    assert -0.85 < found.metric.value < -0.65


def test_a_camera_that_stays_has_no_drift_beyond_its_noise() -> None:
    metric = drift(*_run(90, np.zeros(2)), wanted_minutes=90).metric
    assert abs(metric.value) < 0.03


def test_a_run_that_is_too_short_says_nothing() -> None:
    with pytest.raises(CalibrationError, match="too short"):
        drift(*_run(60, np.zeros(2)), wanted_minutes=90)
    with pytest.raises(CalibrationError, match="too short"):
        drift([], [], wanted_minutes=3)


def test_a_plate_that_was_covered_says_nothing() -> None:
    stamps, biases = _run(90, np.zeros(2))
    covered = [np.nan if 600 < k < 1200 else value for k, value in enumerate(biases)]
    with pytest.raises(CalibrationError, match="not seen for long enough"):
        drift(stamps, covered, wanted_minutes=90)
    brief = [np.nan if 600 < k < 620 else value for k, value in enumerate(biases)]
    assert len(drift(stamps, brief, wanted_minutes=90).points) >= 90
