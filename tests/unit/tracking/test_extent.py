"""A mask's box, as plain NumPy would say it."""

from __future__ import annotations

import numpy as np
import pytest

from tracking.arrays import Bool
from tracking.extent import bounding_box, extent


def _plain(mask: Bool) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(mask)
    if len(rows) == 0:
        return 0, 0, 0, 0
    return int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (33, 50)])
@pytest.mark.parametrize("share", [0.0, 0.003, 0.05, 1.0])
def test_extent(shape: tuple[int, int], share: float) -> None:
    for seed in range(20):
        mask = np.random.default_rng(seed).random(shape) < share
        assert extent(mask.view(np.uint8)) == _plain(mask)


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0)])
def test_an_empty_image_has_none(shape: tuple[int, int]) -> None:
    assert bounding_box(np.zeros(shape, bool)) is None


def test_a_part_of_an_image_has_its_own_rows_and_columns() -> None:
    image = np.zeros((20, 30), bool)
    image[7:9, 11:16] = True
    assert bounding_box(image[5:, 10:], 3) == (slice(0, 7), slice(0, 9))
