"""Answers for blocks of pixels, unfolded as ONNX says."""

from __future__ import annotations

import numpy as np
import pytest

from models.folded_logits import BLOCK, unfolded


@pytest.mark.parametrize(("n_classes", "size"), [(4, (2, 3)), (2, (1, 1)), (1, (3, 2))])
def test_blocks_become_pixels(n_classes: int, size: tuple[int, int]) -> None:
    """By the definition of DepthToSpace, mode CRD; every row, and every range of columns."""
    rng = np.random.default_rng(n_classes)
    folded = rng.normal(size=(*size, n_classes * BLOCK**2)).astype(np.float32)
    blocks = folded.reshape(*size, n_classes, BLOCK, BLOCK)
    expected = blocks.transpose(2, 0, 3, 1, 4).reshape(n_classes, BLOCK * size[0], BLOCK * size[1])
    height, width = expected.shape[1:]
    for top in range(height):
        np.testing.assert_array_equal(
            unfolded(folded, top, 0, 1, width), expected[:, top : top + 1]
        )
    for left in range(width):
        for right in range(left + 1, width + 1):
            part = unfolded(folded, 1, left, height - 1, right - left)
            np.testing.assert_array_equal(part, expected[:, 1:, left:right])


@pytest.mark.parametrize("window", [(-1, 0, 2, 2), (0, -1, 2, 2), (9, 0, 4, 2), (0, 13, 2, 8)])
def test_a_window_past_the_canvas_is_refused(window: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="that there are not"):
        unfolded(np.zeros((3, 5, 64), np.float32), *window)
