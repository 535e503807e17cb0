"""The network's planes, as OpenCV and NumPy would say them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.letterbox import Letterbox
from models.plane_loops import fold_in, halved, paint_in, relief_of, scale_of, slopes_of
from tests.folded_planes import by_plane, values

Float32 = NDArray[np.float32]

SHAPE = (48, 80)
FOCAL_PX = 212.0
STEP = 1 / 128  # of a byte


def _depth(seed: int, shape: tuple[int, int] = SHAPE) -> Float32:
    """A rough surface with a step and holes."""
    rng = np.random.default_rng(seed)
    v, u = np.mgrid[: shape[0], : shape[1]]
    depth = 400 + 0.3 * u + 0.2 * v + 60.0 * (u > shape[1] // 2) + rng.normal(0, 0.5, shape)
    depth[rng.random(shape) < 0.2] = 0.0
    depth[5:12, 8:20] = 0.0
    return np.asarray(depth, np.float32)


@pytest.mark.parametrize("seed", range(3))
def test_half_the_size(seed: int) -> None:
    depth = _depth(seed, (SHAPE[0] * 2, SHAPE[1] * 2))
    letterbox = Letterbox.fit(depth.shape, SHAPE)
    share = letterbox.shrink((depth > 0).astype(np.float32))
    valid = share >= 0.3
    assert 0 < valid.sum() < valid.size
    mean = np.where(valid, letterbox.shrink(depth) / np.maximum(share, 0.3), 0)
    found, is_valid = halved(depth, 0.3)
    np.testing.assert_array_equal(is_valid, valid.astype(np.float32))
    np.testing.assert_allclose(found, mean, rtol=1e-6)


def _planes(seed: int) -> tuple[Float32, Float32]:
    depth = _depth(seed)
    return depth, (depth > 0).astype(np.float32)


def test_scale_is_a_logarithm_and_0_in_holes() -> None:
    depth, valid = _planes(1)
    depth[0, 0], valid[0, 0] = 1.0, 1.0  # nearer than 255 steps tell
    depth[0, 1], valid[0, 1] = 60_000.0, 1.0  # farther than the first
    log = np.log(np.maximum(depth, 1.0)).astype(np.float32)
    found = scale_of(log, valid, np.log(10_000.0), 36 / np.log(2))
    expected = np.clip(1 + 36 * np.log2(10_000.0 / np.maximum(depth, 1.0)), 1, 255)
    assert np.abs(found[valid > 0] - expected[valid > 0]).max() <= 0.51
    assert not found[valid == 0].any()
    assert (found[0, 0], found[0, 1]) == (255, 1)
    half_as_far = scale_of(log - np.float32(np.log(2)), valid, np.log(10_000.0), 36 / np.log(2))
    assert set((half_as_far - found)[(found > 1) & (half_as_far < 255)].tolist()) == {36}


@pytest.mark.parametrize("box_px", [11, 31])
def test_relief(box_px: int) -> None:
    depth, valid = _planes(2)
    blurred, share = (
        cv2.blur(plane, (box_px, box_px)).astype(np.float32) for plane in (depth, valid)
    )
    mean = blurred / np.maximum(share, 0.4)
    expected = np.clip((depth - mean) / 15.0, -1, 1) * valid
    found = relief_of(depth, valid, blurred, share, 0.4, 15.0)
    np.testing.assert_allclose(values(found), np.minimum(expected, 1 - STEP), atol=0.51 * STEP)
    assert {0, 128, 255} <= set(np.unique(found).tolist())


def test_slopes() -> None:
    mean, valid = _planes(3)
    mean = cv2.blur(mean, (3, 3)).astype(np.float32)
    mean[:, 30] = 0.0
    log = np.log(np.maximum(mean, 1.0)).astype(np.float32)
    kernel = np.array([[-0.5, 0.0, 0.5]]) * FOCAL_PX
    known = (mean > 0).astype(np.uint8)
    steps = []
    for along in (kernel, kernel.T):
        step = cv2.filter2D(log, cv2.CV_32F, along, borderType=cv2.BORDER_REPLICATE)
        sure = np.asarray(cv2.erode(known, np.ones(along.shape, np.uint8)), bool) & (valid > 0)
        steps.append(np.asarray(step) * sure)
    length = np.sqrt(steps[0] ** 2 + steps[1] ** 2 + 1)
    right, down = (values(one) for one in slopes_of(log, mean, valid, FOCAL_PX))
    for found, step in ((right, steps[0]), (down, steps[1])):
        sine = np.minimum(step / length, 1 - STEP)
        np.testing.assert_allclose(found, sine, atol=0.55 * STEP)
    assert not right[:, 29:32].any()
    assert down[:, 29].any()


@pytest.mark.parametrize(("top", "left"), [(0, 0), (0, 3), (1, 2), (3, 5)])
def test_planes_are_folded_in_where_they_belong(top: int, left: int) -> None:
    rng = np.random.default_rng(top)
    folded = np.full((5, 8, 40), 7, np.uint8)
    shown, picture = (rng.integers(0, 255, size, np.uint8) for size in ((2, 6, 9), (6, 9, 3)))
    assert fold_in(folded, shown, 8, top, left) == shown.size
    assert paint_in(folded, picture, top, left) == 4 * 6 * 9
    expected = np.full((10, 10, 16), 7, np.uint8)
    window = np.s_[top : top + 6, left : left + 9]
    expected[(slice(8, 10), *window)] = shown
    expected[(slice(0, 3), *window)] = picture.transpose(2, 0, 1)
    expected[(3, *window)] = 255
    np.testing.assert_array_equal(by_plane(folded), expected)


@pytest.mark.parametrize(
    ("top", "left", "first", "why"),
    [(-1, 0, 0, "rows"), (5, 0, 0, "rows"), (0, 8, 0, "columns"), (0, 0, 9, "planes")],
)
def test_nothing_is_written_beside_the_canvas(top: int, left: int, first: int, why: str) -> None:
    folded = np.zeros((5, 8, 40), np.uint8)
    with pytest.raises(ValueError, match=f"{why} that there are not"):
        fold_in(folded, np.ones((2, 6, 9), np.uint8), first, top, left)
    if why != "planes":
        with pytest.raises(ValueError, match=f"{why} that there are not"):
            paint_in(folded, np.ones((6, 9, 3), np.uint8), top, left)
    with pytest.raises(ValueError, match="colours that there are not"):
        paint_in(folded, np.ones((6, 9, 4), np.uint8), 0, 0)
    assert not folded.any()
