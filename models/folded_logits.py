"""A network's answer for blocks of pixels at once, unfolded into logits of pixels."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracking.compiled import compiled
from tracking.loop_types import COUNT, SINGLE, array_in, array_out

BLOCK: Final = 4  # pixels a side that are answered at once


@compiled(array_out(SINGLE, 3), array_in(SINGLE, 3), COUNT, COUNT, COUNT, COUNT)
def unfolded(
    folded: NDArray[np.float32], top: int, left: int, height: int, width: int
) -> NDArray[np.float32]:
    """Logits (n_classes, height, width) of the pixels from (top, left) on.

    A place of `folded` (h, w, n_classes * 16) holds those of a block of pixels: of each class row
    by row. ONNX calls it DepthToSpace (CRD), for which onnxruntime takes five times as long.
    """
    n_classes = folded.shape[2] // (BLOCK * BLOCK)
    if top < 0 or left < 0 or top + height > BLOCK * folded.shape[0]:
        raise ValueError("rows that there are not")
    if left + width > BLOCK * folded.shape[1]:
        raise ValueError("columns that there are not")
    logits = np.empty((n_classes, height, width), np.float32)
    before = min(-left % BLOCK, width)  # columns of a block that begins outside
    first, n_whole = (left + before) // BLOCK, (width - before) // BLOCK
    done = before + n_whole * BLOCK
    for row in range(height):
        blocks, down = folded[(top + row) // BLOCK], (top + row) % BLOCK
        for label in range(n_classes):
            line, start = logits[label, row], (label * BLOCK + down) * BLOCK
            for column in range(before):
                at = left + column
                line[column] = blocks[at // BLOCK, start + at % BLOCK]
            for block in range(n_whole):  # its four columns written out: a move of 16 bytes
                column, source = before + block * BLOCK, blocks[first + block]
                line[column] = source[start]
                line[column + 1] = source[start + 1]
                line[column + 2] = source[start + 2]
                line[column + 3] = source[start + 3]
            for column in range(done, width):
                line[column] = blocks[first + n_whole, start + column - done]
    return logits
