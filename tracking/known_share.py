"""Share of applicator among what is known, in an image that was smoothed with zeros around it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, frozen
from tracking.compiled import compiled
from tracking.loop_types import COUNT, SINGLE, array_in, array_out

BLUR_PX = 1.0  # averages the pixel grid's steps along an edge
REACH_PX = 4  # of the blur
MIN_KNOWN_FRACTION = 0.8  # less is too near an occluder

Image = NDArray[np.float32]

_KERNEL = frozen(cv2.getGaussianKernel(2 * REACH_PX + 1, BLUR_PX, cv2.CV_32F))


def smooth(mask: Bool) -> Image:
    """Gaussian mean in which pixels outside the image count as unset."""
    image = cv2.sepFilter2D(
        mask.view(np.uint8), cv2.CV_32F, _KERNEL, _KERNEL, borderType=cv2.BORDER_CONSTANT
    )
    return image.astype(np.float32, copy=False)


# Of an image in which all is known: its middle stands for all that lies `REACH_PX` from the border.
_ALL_KNOWN = frozen(smooth(np.ones((2 * REACH_PX + 1,) * 2, bool)))


def known_share(mask: Bool, is_known: Bool) -> Image:
    """Gaussian mean of a mask among the pixels that are known.

    NaN where unknown pixels or the image's border leave too little to judge by.
    """
    share = smooth(mask)
    if min(share.shape) >= len(_ALL_KNOWN) and is_known.all():
        _divide_border(share, _ALL_KNOWN)
        return share
    known = smooth(is_known)
    share = cv2.divide(share, known).astype(np.float32, copy=False)
    share[known <= MIN_KNOWN_FRACTION] = np.nan
    return share


@compiled(COUNT, array_out(SINGLE, 2), array_in(SINGLE, 2))
def _divide_border(share: Image, known: Image) -> int:
    """Divide by what is known at the border, in place: of how many pixels too little is known.

    `known` (2 `REACH_PX` + 1,) * 2: of the smallest image that has a border all round.
    """
    n_rows, n_columns = share.shape
    n_unknown = 0
    for row in range(n_rows):
        is_middle = REACH_PX <= row < n_rows - REACH_PX
        known_row = min(row, REACH_PX) if row < n_rows - REACH_PX else row - n_rows + len(known)
        column = 0
        while column < n_columns:
            if is_middle and column == REACH_PX:
                column = n_columns - REACH_PX
            if column < n_columns - REACH_PX:
                known_column = min(column, REACH_PX)
            else:
                known_column = column - n_columns + len(known)
            part_known = known[known_row, known_column]
            share[row, column] /= part_known
            if part_known <= np.float32(MIN_KNOWN_FRACTION):
                share[row, column] = np.nan
                n_unknown += 1
            column += 1
    return n_unknown
