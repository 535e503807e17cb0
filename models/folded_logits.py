"""A network's answer for blocks of pixels at once, unfolded into logits of pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.compiled import compiled
from tracking.loop_types import COUNT, SINGLE, array_in, array_out


@compiled(array_out(SINGLE, 3), array_in(SINGLE, 3), COUNT, COUNT, COUNT, COUNT, COUNT)
def unfolded(
    folded: NDArray[np.float32], stride: int, top: int, left: int, height: int, width: int
) -> NDArray[np.float32]:
    """Logits (n_classes, height, width) of the pixels from (top, left) on.

    Each class's planes of `folded` (n_classes * stride^2, h, w) are those of a block's pixels, row
    by row: ONNX calls it DepthToSpace (CRD), for which onnxruntime takes six times as long.
    """
    n_classes = len(folded) // (stride * stride)
    if top < 0 or left < 0 or top + height > stride * folded.shape[1]:
        raise ValueError("rows that there are not")
    if left + width > stride * folded.shape[2]:
        raise ValueError("columns that there are not")
    logits = np.empty((n_classes, height, width), np.float32)
    for label in range(n_classes):
        for row in range(height):
            line, v = logits[label, row], (top + row) // stride
            plane = (label * stride + (top + row) % stride) * stride
            for right in range(stride):
                source = folded[plane + right, v]
                first = (right - left) % stride  # column of the window that this plane begins at
                block = (left + first) // stride
                for column in range(first, width, stride):
                    line[column] = source[block]
                    block += 1
    return logits
