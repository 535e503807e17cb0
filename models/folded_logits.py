"""A network's answer for blocks of pixels at once, unfolded into logits of pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.compiled import compiled
from tracking.loop_types import COUNT, SINGLE, array_in, array_out


@compiled(array_out(SINGLE, 3), array_in(SINGLE, 3), COUNT)
def unfolded(folded: NDArray[np.float32], stride: int) -> NDArray[np.float32]:
    """Logits (n_classes, stride * h, stride * w) of planes (n_classes * stride^2, h, w).

    Each class's planes are those of a block's pixels, row by row: ONNX calls it DepthToSpace
    (CRD), for which onnxruntime takes six times as long.
    """
    n_planes, n_rows, n_columns = folded.shape
    n_classes = n_planes // (stride * stride)
    logits = np.empty((n_classes, stride * n_rows, stride * n_columns), np.float32)
    for label in range(n_classes):
        for row in range(n_rows):
            for down in range(stride):
                line = logits[label, stride * row + down]
                for right in range(stride):
                    plane = folded[(label * stride + down) * stride + right, row]
                    for column in range(n_columns):
                        line[stride * column + right] = plane[column]
    return logits
