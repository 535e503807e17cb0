"""The place of a collar from views that measured cone and collar apart, simulated."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.collar_offset import collar_offset
from calibration.twist import motion
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.transforms import rigid, rotation_from_vector

PLACE = np.array([100.0, 50.0, 900.0])
OFFSET = rigid(rotation_from_vector([0.01, -0.02, 0.4]), [0.3, -0.2, 1.2])
NOISE_MM, NOISE_RAD = 0.1, 1e-3
K_SAFE = 4.0


def views(seed: int, n: int = 25, offset: Float = OFFSET) -> tuple[list[Float], list[Float]]:
    rng = np.random.default_rng(seed)
    sigma = np.repeat([NOISE_RAD, NOISE_MM], 3)
    cones = [rigid(rotation_from_vector(rng.normal(size=3)), PLACE) for _ in range(n)]
    return cones, [cone @ motion(rng.normal(0, sigma)) @ offset for cone in cones]


def test_the_offset_lies_within_its_sigma() -> None:
    ratios = []
    for seed in range(40):
        found = collar_offset(*views(seed))
        miss = found.applicator_from_collar[:3, 3] - OFFSET[:3, 3]
        assert np.linalg.norm(miss) < K_SAFE * found.position_sigma_mm
        ratios.append(miss / (NOISE_MM / 5))  # of the mean of 25 views
    assert np.std(ratios) == pytest.approx(1.0, abs=0.25)
    found = collar_offset(*views(0))
    assert found.n_views == 25
    assert found.along_mm == pytest.approx(1.2, abs=0.1)
    assert found.roll_deg == pytest.approx(np.degrees(0.4), abs=0.2)
    assert found.warnings == ()


def test_views_that_slipped_are_named() -> None:
    cones, collars = views(1)
    collars[4] = cones[4] @ motion(np.array([0, 0, 0, 3.0, 0, 0])) @ OFFSET
    collars[9] = cones[9] @ motion(np.array([0.05, 0, 0, 0, 0, 0])) @ OFFSET
    found = collar_offset(cones, collars)
    assert np.flatnonzero(~found.is_used).tolist() == [4, 9]
    assert found.off_mm[4] == pytest.approx(3.0, abs=0.5)
    assert found.off_deg[9] == pytest.approx(np.degrees(0.05), abs=0.5)


def test_a_roll_that_depth_does_not_tell_is_the_collar_s() -> None:
    cones, collars = views(2)
    rng = np.random.default_rng(3)
    turned = [
        cone @ rigid(rotation_from_vector([0, 0, rng.uniform(-3, 3)]), np.zeros(3))
        for cone in cones
    ]
    found = collar_offset(turned, collars, is_roll_known=False)
    assert found.is_used.all()
    assert found.roll_deg == pytest.approx(0.0, abs=0.2)
    assert found.along_mm == pytest.approx(1.2, abs=0.1)
    assert found.across_mm == pytest.approx(np.hypot(0.3, 0.2), abs=0.1)
    assert found.tilt_deg == pytest.approx(np.degrees(np.hypot(0.01, 0.02)), abs=0.1)


def test_views_from_one_side_are_warned_of() -> None:
    cones = [rigid(rotation_from_vector([0.01 * k, 0, 0]), PLACE) for k in range(6)]
    found = collar_offset(cones, [cone @ OFFSET for cone in cones])
    assert any("one side" in text for text in found.warnings)


def test_two_views_are_refused() -> None:
    with pytest.raises(CalibrationError, match="Too few views"):
        collar_offset(*views(4, n=2))
