from __future__ import annotations

import numpy as np
import pytest

from tracking.fiducial import MAX_SHIFT_MM, is_in_place
from tracking.rig import Fiducial

FIDUCIAL = Fiducial(region_px=(4, 2, 12, 8), depth_mm=300.0)


def depth_with(region_mm: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    depth = np.full((20, 30), 900.0, np.float32)
    depth[2:8, 4:12] = region_mm
    return depth


@pytest.mark.parametrize("shift_mm", [0.0, MAX_SHIFT_MM, -MAX_SHIFT_MM])
def test_within_the_shift_it_is_in_place(shift_mm: float) -> None:
    assert is_in_place(FIDUCIAL, depth_with(300.0 + shift_mm))


@pytest.mark.parametrize("shift_mm", [0.6, -0.6, 50.0])
def test_beyond_the_shift_it_is_not(shift_mm: float) -> None:
    assert not is_in_place(FIDUCIAL, depth_with(300.0 + shift_mm))


def test_only_its_own_region_counts() -> None:
    depth = depth_with(300.0)
    depth[2:8, 4:6] = 900.0  # a quarter covered: the median holds
    assert is_in_place(FIDUCIAL, depth)


def test_half_of_it_must_be_measured() -> None:
    depth = depth_with(300.0)
    depth[2:8, 4:9] = 0.0
    assert not is_in_place(FIDUCIAL, depth)
    assert not is_in_place(FIDUCIAL, np.zeros((20, 30), np.float32))


def test_nan_never_counts_as_in_place() -> None:
    assert not is_in_place(FIDUCIAL, depth_with(float("nan")))


def test_a_region_outside_the_image_is_not_in_place() -> None:
    outside = Fiducial(region_px=(100, 100, 120, 120), depth_mm=300.0)
    assert not is_in_place(outside, depth_with(300.0))
