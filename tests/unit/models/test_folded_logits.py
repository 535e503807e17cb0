"""Answers for blocks of pixels, unfolded as ONNX says."""

from __future__ import annotations

import numpy as np
import pytest

from models.folded_logits import unfolded


@pytest.mark.parametrize(
    ("n_classes", "stride", "size"), [(4, 2, (3, 5)), (2, 3, (1, 1)), (4, 1, (2, 2))]
)
def test_blocks_become_pixels(n_classes: int, stride: int, size: tuple[int, int]) -> None:
    """By the definition of DepthToSpace, mode CRD."""
    rng = np.random.default_rng(stride)
    folded = rng.normal(size=(n_classes * stride**2, *size)).astype(np.float32)
    blocks = folded.reshape(n_classes, stride, stride, *size)
    expected = blocks.transpose(0, 3, 1, 4, 2).reshape(
        n_classes, stride * size[0], stride * size[1]
    )
    height, width = expected.shape[1:]
    np.testing.assert_array_equal(unfolded(folded, stride, 0, 0, height, width), expected)
    for top in range(height):
        for left in range(width):
            part = unfolded(folded, stride, top, left, height - top, width - left)
            np.testing.assert_array_equal(part, expected[:, top:, left:])
            part = unfolded(folded, stride, top, left, 1, 1)
            np.testing.assert_array_equal(part, expected[:, top : top + 1, left : left + 1])


@pytest.mark.parametrize("window", [(-1, 0, 2, 2), (0, -1, 2, 2), (3, 0, 4, 2), (0, 3, 2, 8)])
def test_a_window_past_the_canvas_is_refused(window: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="that there are not"):
        unfolded(np.zeros((16, 3, 5), np.float32), 2, *window)
