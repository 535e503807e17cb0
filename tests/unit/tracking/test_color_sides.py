"""Colours between two sides, as plain NumPy would say it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tracking.arrays import Bool, Float, UInt8
from tracking.color_sides import (
    COUNTED,
    N_SCATTER_PIXELS,
    scatter_about_mean,
    shares_between,
)

WINDOW_PX = 9
INVERSE = np.linalg.inv(np.array([[40.0, 9.0, 3.0], [9.0, 50.0, 5.0], [3.0, 5.0, 60.0]]))
MIN_COUNT, MIN_CONTRAST = 4.0, 9.0


def _color(shape: tuple[int, int]) -> UInt8:
    """Red above and grey below; alike on the right."""
    rng = np.random.default_rng(5)
    color = np.full((*shape, 4), COUNTED, np.uint8)
    color[..., :3] = rng.normal(120.0, 4.0, (*shape, 3))
    color[: shape[0] // 2, : shape[1] // 2, 0] += 60
    return color


def _sums(color: UInt8, core: UInt8) -> NDArray[np.float32]:
    masked = np.where(core[..., None] > 0, color, 0).astype(np.float32)
    window = (WINDOW_PX, WINDOW_PX)
    sums = cv2.boxFilter(
        masked, cv2.CV_32F, window, normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    return sums.astype(np.float32)


def _mean(sums: NDArray[np.float32]) -> tuple[Float, Float]:
    count = (sums[..., 3] / COUNTED).astype(np.float64)
    return sums[..., :3] / np.maximum(count, 1.0)[..., None], count


@pytest.mark.parametrize("n_core", [0, 1, 700, N_SCATTER_PIXELS, 2500])
def test_scatter_of_a_side(n_core: int) -> None:
    color = _color((60, 50))
    core = np.zeros((60, 50), np.uint8)
    core.reshape(-1)[np.random.default_rng(n_core).permutation(3000)[:n_core]] = 1
    sums = _sums(color, core)
    off = (color[..., :3] - _mean(sums)[0])[core > 0][:: 1 + n_core // N_SCATTER_PIXELS]
    expected = off.T @ off / max(len(off), 1)
    np.testing.assert_allclose(
        scatter_about_mean(core, color, sums), expected, rtol=1e-4, atol=1e-4
    )


def _sides(shape: tuple[int, int]) -> tuple[Bool, Bool, UInt8, UInt8]:
    """Applicator above, an occluder in a corner, and the cores 3 px from where they meet."""
    row, column = np.mgrid[: shape[0], : shape[1]]
    occluder = (row > shape[0] - 8) & (column < 10)
    applicator = row < shape[0] // 2
    inside, outside = row < shape[0] // 2 - 3, (row > shape[0] // 2 + 3) & ~occluder
    return applicator, occluder, inside.astype(np.uint8), outside.astype(np.uint8)


@pytest.mark.parametrize("is_blanked", [True, False])
def test_shares_between_the_sides(is_blanked: bool) -> None:
    shape = (40, 50)
    color = _color(shape)
    applicator, occluder, inside, outside = _sides(shape)
    sums = _sums(color, inside), _sums(color, outside)
    shares, n_told, n_untold = shares_between(
        applicator, occluder, inside, outside, color, *sums, INVERSE, MIN_COUNT, MIN_CONTRAST,
        is_blanked,
    )  # fmt: skip
    (inner, n_inner), (outer, n_outer) = (_mean(each) for each in sums)
    direction = (inner - outer) @ INVERSE
    contrast = ((inner - outer) * direction).sum(axis=2)
    between = (inside == 0) & (outside == 0) & ~occluder
    told = between & (n_inner > MIN_COUNT) & (n_outer > MIN_COUNT) & (contrast > MIN_CONTRAST)
    assert 0 < told.sum() < between.sum()
    assert (n_told, n_untold) == (told.sum(), (between & ~told).sum())
    share = ((color[..., :3] - outer) * direction).sum(axis=2) / np.maximum(contrast, 1e-6)
    expected = np.where(told, np.clip(share, 0.0, 1.0), applicator)
    expected[between & ~told & is_blanked] = np.nan
    np.testing.assert_allclose(shares, expected, atol=1e-5)


def test_a_side_without_a_core_tells_nothing() -> None:
    shape = (20, 30)
    color, nothing = _color(shape), np.zeros(shape, np.uint8)
    applicator, occluder, inside, _ = _sides(shape)
    sums = _sums(color, inside), _sums(color, nothing)
    shares, n_told, n_untold = shares_between(
        applicator, occluder, inside, nothing, color, *sums, INVERSE, 0.0, 0.0, False
    )
    assert (n_told, n_untold) == (0, np.sum((inside == 0) & ~occluder))
    np.testing.assert_array_equal(shares, applicator)
