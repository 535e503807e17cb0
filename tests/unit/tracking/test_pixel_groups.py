"""Groups of cells: lines do not count, and touching is told from lying beside."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from tracking.pixel_groups import grown, largest_group, loose_groups

CONTACT_MM = 10.0


def _empty() -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    return np.zeros((20, 30), bool)


def test_the_largest_group_counts_its_own_cells_only() -> None:
    mask = _empty()
    mask[2:6, 2:7] = True
    mask[12:15, 20:23] = True
    assert largest_group(mask) == 20
    assert largest_group(_empty()) == 0


def test_a_line_is_no_group() -> None:
    mask = _empty()
    mask[5, :] = True
    mask[:, 8] = True
    assert largest_group(mask) == 0


def test_growing_adds_one_cell_on_every_side() -> None:
    mask = _empty()
    mask[5, 5] = True
    assert grown(mask).sum() == 9


def test_a_group_is_loose_unless_it_touches_at_the_same_depth() -> None:
    others, touching, apart, behind = _empty(), _empty(), _empty(), _empty()
    others[:, 10:15] = True
    touching[3:9, 15:20] = True
    apart[3:9, 22:27] = True
    behind[12:18, 15:20] = True
    depth = np.full(others.shape, 500.0, np.float32)
    depth[behind] = 560.0
    mask = touching | apart | behind
    assert np.array_equal(loose_groups(mask, others, depth, CONTACT_MM), apart | behind)


def test_cells_without_depth_touch_nothing() -> None:
    others, mask = _empty(), _empty()
    others[:, 10:15] = True
    mask[3:9, 15:20] = True
    assert np.array_equal(loose_groups(mask, others, np.zeros(mask.shape, np.float32), 1.0), mask)


@pytest.mark.parametrize("shape", [(40, 30), (1, 30), (30, 1), (2, 2)])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.8, 1.0])
def test_cells_of_squares_are_grouped(shape: tuple[int, int], share: float) -> None:
    mask = np.random.default_rng(3).random(shape) < share
    squares = ndimage.binary_opening(mask, np.ones((2, 2)))
    numbers, n_groups = ndimage.label(squares, np.ones((3, 3)))
    sizes = np.bincount(numbers.ravel(), minlength=n_groups + 1)[1:]
    assert largest_group(mask) == sizes.max(initial=0)
    nothing = np.zeros(shape, bool)
    depth = np.ones(shape, np.float32)
    np.testing.assert_array_equal(loose_groups(mask, nothing, depth, CONTACT_MM), squares)
