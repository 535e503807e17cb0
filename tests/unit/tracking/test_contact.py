"""Pixels near those of another label, as a dilation would find them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tracking.arrays import UInt8
from tracking.contact import extent_near
from tracking.kernels import square

KIND, OTHER = 1, 2


def _plain(labels: UInt8, reach_px: int) -> tuple[int, ...]:
    others = (labels == OTHER).astype(np.uint8)
    near = np.asarray(cv2.dilate(others, square(reach_px))) > 0
    rows, columns = np.nonzero(near & (labels == KIND))
    if len(rows) == 0:
        return 0, 0, 0, 0
    return int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1


@pytest.mark.parametrize("reach_px", [0, 1, 3, 12, 40])
@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (30, 1), (9, 14), (60, 50)])
def test_extent_of_what_lies_near(shape: tuple[int, int], reach_px: int) -> None:
    rng = np.random.default_rng(shape[0])
    n_found, size = 0, shape[0] * shape[1]
    for n_each in (0, 1, 2, 5):
        for _ in range(20):
            labels = np.zeros(shape, np.uint8)
            for label in (KIND, OTHER, 3):
                labels.reshape(-1)[rng.integers(0, size, n_each)] = label
            found = extent_near(labels, KIND, OTHER, reach_px)
            assert found == _plain(labels, reach_px)
            n_found += found[1] > 0
    assert n_found > 0 or reach_px == 0 or size == 1


def test_an_image_without_pixels() -> None:
    assert extent_near(np.zeros((0, 5), np.uint8), KIND, OTHER, 2) == (0, 0, 0, 0)
    assert extent_near(np.zeros((5, 0), np.uint8), KIND, OTHER, 2) == (0, 0, 0, 0)
