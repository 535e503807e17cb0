"""What a colour picture shows of the bed's own pattern: vessels, blood, threads.

The green channel, which haemoglobin absorbs most; its logarithm, so that a change of light or
exposure is an offset; less its own blur, so that offsets and slow shadows go. Pixels that are not
bed, next to something in front of it, or blinded by a gleam have no pattern. Nor have those near
what lies around the bed: where the wound's edge hides the bed changes with the view and with every
breath, a network takes some of it for bed, and no vessel is as clear as that edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float, UInt8, frozen
from tracking.kernels import square
from tracking.segmentation import Label

Float32 = NDArray[np.float32]

FINE_PX = 1.5  # standard deviation of the fine blur: a vessel of 2 mm at half a metre
WIDE_PX = 17  # side of the window whose mean is taken off: 20 mm there
DARK, GLEAM = 10, 250  # levels: below, noise; above, the lamp's mirror image
WHOLE = 0.7  # of the fine blur's weight must lie on the bed
MARGIN_PX = 2
AROUND_PX = WIDE_PX // 2 + round(2 * FINE_PX)  # what is this near to the bed's outline tells of it
SPECK_PX = 5  # of what is not bed, within it: a mislabelled gleam is no outline
GREEN = 1
LOGARITHM = frozen(np.log(np.maximum(np.arange(256), 1)).astype(np.float32))


@dataclass(frozen=True, eq=False)
class BedTexture:
    """The pattern in a window of the frame.

    Attributes
    ----------
    values : float32 (rows, columns)
        Logarithm of brightness over its surroundings', NaN where there is no pattern.
    corner_px : (2,)
        Column and row of the window's first pixel.
    """

    values: Float32
    corner_px: tuple[int, int]

    def at(self, u: Float32, v: Float32) -> Float32:
        """Values between pixels, in the shape of u and v; NaN beyond the pattern."""
        u, v = u - np.float32(self.corner_px[0]), v - np.float32(self.corner_px[1])
        found = cv2.remap(
            self.values, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=np.nan
        )
        return found.astype(np.float32, copy=False)

    def with_slopes_at(self, u: Float, v: Float) -> tuple[Float, Float, Float]:
        """Values (n,) and their slopes per pixel to the right and downwards; NaN as above."""
        across = np.stack([u - 1, u + 1, u, u, u]).astype(np.float32)
        down = np.stack([v, v, v - 1, v + 1, v]).astype(np.float32)
        left, right, above, below, middle = self.at(across, down).astype(np.float64)
        return middle, (right - left) / 2, (below - above) / 2


def bed_texture(color_rgb: UInt8 | None, labels: UInt8, hidden: UInt8) -> BedTexture | None:
    """Pattern of the bed in a frame; None without colour or bed. `hidden`: not to be used."""
    if color_rgb is None:
        return None
    bed = (labels == np.uint8(Label.TUMOR_BED)).view(np.uint8)
    x, y, width, height = cv2.boundingRect(bed)
    if width <= 2 * MARGIN_PX or height <= 2 * MARGIN_PX:
        return None
    window = slice(y, y + height), slice(x, x + width)
    inside = _far_from(labels == np.uint8(Label.OTHER), window)
    green = np.ascontiguousarray(color_rgb[(*window, GREEN)])
    usable = (
        (bed[window] != 0) & inside & (hidden[window] == 0) & (green >= DARK) & (green <= GLEAM)
    )
    weight = usable.astype(np.float32)
    bright = np.where(usable, LOGARITHM[green], np.float32(0))
    fine, fine_weight = _fine(bright), _fine(weight)
    wide, wide_weight = _wide(bright), _wide(weight)
    whole = usable & (fine_weight > WHOLE)
    values = np.full(green.shape, np.nan, np.float32)
    np.divide(fine, fine_weight, out=values, where=whole)
    np.subtract(values, wide / np.maximum(wide_weight, 1e-6), out=values, where=whole)
    return BedTexture(frozen(values), (x, y))


def _far_from(around: Bool, window: tuple[slice, slice]) -> Bool:
    """Pixels of the window that are farther than `AROUND_PX` from what lies around the bed."""
    wide = [slice(max(one.start - AROUND_PX, 0), one.stop + AROUND_PX) for one in window]
    outer = np.ascontiguousarray(around[wide[0], wide[1]]).view(np.uint8)
    whole = cv2.morphologyEx(outer, cv2.MORPH_OPEN, square(SPECK_PX // 2))
    near = cv2.dilate(whole, square(AROUND_PX))
    rows, columns = (
        slice(one.start - outside.start, one.stop - outside.start)
        for one, outside in zip(window, wide, strict=True)
    )
    far: Bool = near[rows, columns] == 0
    return far


def _fine(values: Float32) -> Float32:
    blurred = cv2.GaussianBlur(values, (0, 0), FINE_PX, borderType=cv2.BORDER_CONSTANT)
    return blurred.astype(np.float32, copy=False)


def _wide(values: Float32) -> Float32:
    mean = cv2.blur(values, (WIDE_PX, WIDE_PX), borderType=cv2.BORDER_CONSTANT)
    return mean.astype(np.float32, copy=False)
