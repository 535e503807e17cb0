from __future__ import annotations

import numpy as np
import pytest

from calibration.pivot import calibrate_pivot
from calibration.twist import motion
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.transforms import rigid, rotation_from_vector

TIP = np.array([2.0, -5.0, 180.0])
REST = np.array([100.0, 50.0, 900.0])
NOISE_MM = 0.1
K_SAFE = 4.0


def poses(n: int, seed: int, tilt_rad: float = 0.6) -> list[Float]:
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        turn = rotation_from_vector([*rng.uniform(-tilt_rad, tilt_rad, 2), rng.uniform(-1, 1)])
        found.append(rigid(turn, REST - turn @ TIP + rng.normal(0, NOISE_MM, 3)))
    return found


def test_the_tip_lies_within_its_sigma() -> None:
    ratios = []
    for seed in range(40):
        found = calibrate_pivot(poses(30, seed))
        ratios.append((found.tip_tool_mm - TIP) / np.sqrt(np.diag(found.covariance_mm2)))
        assert np.linalg.norm(found.tip_tool_mm - TIP) < K_SAFE * found.sigma_mm
    assert np.std(ratios) == pytest.approx(1.0, abs=0.25)  # of 120: 6.5 % standard error


def test_poses_that_slipped_are_named() -> None:
    given = poses(20, 1)
    for i in (3, 11):
        given[i] = motion(np.array([0, 0, 0, 3.0, -2.0, 1.0])) @ given[i]
    found = calibrate_pivot(given)
    assert found.outliers == (3, 11)
    assert found.outlier_mm == pytest.approx([np.sqrt(14.0)] * 2, rel=0.1)
    assert np.linalg.norm(found.tip_tool_mm - TIP) < K_SAFE * found.sigma_mm


@pytest.mark.parametrize(("n", "tilt_rad"), [(5, 0.6), (20, 0.0)])
def test_too_little_is_refused(n: int, tilt_rad: float) -> None:
    with pytest.raises(CalibrationError, match="pointer's tip"):
        calibrate_pivot(poses(n, 2, tilt_rad))


def test_a_fifth_that_slipped_far_is_named_and_survived() -> None:
    for seed in range(10):
        given = poses(20, seed)
        rng = np.random.default_rng(seed)
        slipped = np.sort(rng.choice(20, 4, replace=False))
        for i in slipped:
            way = rng.normal(size=3)
            given[i] = motion(np.array([0, 0, 0, *(20 * way / np.linalg.norm(way))])) @ given[i]
        found = calibrate_pivot(given)
        assert found.outliers == tuple(slipped.tolist())
        assert np.linalg.norm(found.tip_tool_mm - TIP) < K_SAFE * found.sigma_mm


def test_a_tip_that_does_not_rest_is_refused() -> None:
    rng = np.random.default_rng(5)
    given = [rigid(p[:3, :3], p[:3, 3] + rng.normal(0, 3.0, 3)) for p in poses(20, 4)]
    with pytest.raises(CalibrationError, match="did not rest"):
        calibrate_pivot(given)


@pytest.mark.parametrize(("factor", "unit"), [(0.001, '"m"'), (1000.0, '"mm"')])
def test_another_unit_is_named(factor: float, unit: str) -> None:
    given = [rigid(p[:3, :3], p[:3, 3] * factor) for p in poses(20, 6)]
    with pytest.raises(CalibrationError, match="No pointer") as refused:
        calibrate_pivot(given)
    assert f"look like {unit}" in refused.value.actual


def test_a_tool_whose_origin_is_its_tip_is_one() -> None:
    rng = np.random.default_rng(7)
    given = [rigid(p[:3, :3], REST + rng.normal(0, NOISE_MM, 3)) for p in poses(20, 6)]
    assert np.linalg.norm(calibrate_pivot(given).tip_tool_mm) < 1.0
