"""Where an image of any size lies on the network's canvas, without a sub-pixel shift.

The way back is `models.labelling.label_image`.

Both grids have pixel centres at integers, so image edges lie at -0.5 and size - 0.5.
Resizing maps edge to edge (`u_canvas = (u + 0.5) * scale - 0.5 + offset`), which is what
OpenCV's area and linear interpolation do; its nearest neighbour does not and is not used.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32] | NDArray[np.uint8]


@dataclass(frozen=True)
class Letterbox:
    """One scale for both axes, centred; what is left over stays empty.

    Sizes are (height, width). `fitted` is the image's size on the canvas, `top` and `left` the
    canvas pixels before it.
    """

    source: tuple[int, int]
    canvas: tuple[int, int]
    fitted: tuple[int, int]
    top: int
    left: int

    @classmethod
    def fit(cls, source: tuple[int, int], canvas: tuple[int, int]) -> Letterbox:
        """Fit an image of `source` size into a canvas, as large as it goes."""
        scale = min(canvas[0] / source[0], canvas[1] / source[1])
        fitted = (max(1, round(source[0] * scale)), max(1, round(source[1] * scale)))
        top, left = (canvas[0] - fitted[0]) // 2, (canvas[1] - fitted[1]) // 2
        return cls(source, canvas, fitted, top, left)

    @property
    def window(self) -> tuple[slice, slice]:
        """The canvas pixels that show the image."""
        rows = slice(self.top, self.top + self.fitted[0])
        return rows, slice(self.left, self.left + self.fitted[1])

    def shrink(self, image: Image) -> Image:
        """Resize an image to its fitted size: area mean where smaller, linear where larger."""
        if self.fitted == self.source:
            return image
        is_smaller = self.fitted[0] < self.source[0]
        interpolation = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
        resized: Image = cv2.resize(image, self.fitted[::-1], interpolation=interpolation)  # type: ignore[assignment]
        return resized
