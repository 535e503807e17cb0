"""What the network sees of a frame: ten planes of bytes on a fixed canvas.

The same function feeds training and use; its name is part of every model's manifest, so a
model never meets planes that it was not trained on. Depth is averaged over valid pixels
only: a hole never pulls a depth towards zero.

Depth is told as the size that a millimetre has on the canvas: what is so many pixels wide is
then so many millimetres wide, whatever the camera; in equal steps of its logarithm, so that the
same thing twice as far is the same thing a fixed number of steps lower. Slopes are against the
viewing ray, so that a tube's flanks look the same wherever they lie in the image.

Bytes are what an 8-bit network computes with, and what it is trained on. The planes of two by two
pixels lie next to each other (`plane_loops.fold_in`), as the first convolution reads them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.letterbox import Letterbox
from models.plane_loops import (
    FOLD,
    FULL,
    N_COLOR,
    ZERO,
    fold_in,
    halved,
    paint_in,
    relief_of,
    scale_of,
    slopes_of,
)
from models.two_at_once import both
from tracking.arrays import UInt8

Float32 = NDArray[np.float32]

FEATURES: Final = "rgbd-planes-3"  # change the name with any change of the planes
CHANNELS: Final = (
    "red",
    "green",
    "blue",
    "has_color",
    "px_per_mm",
    "has_depth",
    "slope_right",
    "slope_down",
    "fine_relief",
    "coarse_relief",
)
CANVAS: Final = (240, 432)  # (height, width): 848x480 at half size, both divisible by 16

WITHOUT_DEPTH = (0, 0, ZERO, ZERO, ZERO, ZERO)  # bytes from `px_per_mm` on
FAINTEST_PX_PER_MM = 0.02  # byte 1: 10 m before a D435
STEPS_PER_DOUBLING = 36  # 255 is 2.7 px per mm, a D405 at 80 mm
MIN_VALID_SHARE = 0.3  # of the source pixels under a canvas pixel: less is a hole
SLOPE_BOX_PX = 5  # of the depth that slopes are taken of: a fifth of a pixel's noise
FINE_BOX_PX, FINE_RANGE_MM = 11, 15.0  # edges, small steps, curvature of a tube
COARSE_BOX_PX, COARSE_RANGE_MM = 61, 80.0  # what stands out of its surroundings


def planes(
    depth_mm: Float32,
    color_rgb: UInt8 | None,
    focal_px: float,
    letterbox: Letterbox,
) -> UInt8:
    """Build the network's input.

    Parameters
    ----------
    depth_mm : (height, width)
        0 where there is no depth.
    color_rgb : (height, width, 3) or None
        In the depth grid; without it the colour planes and `has_color` are 0.
    focal_px
        Of the depth grid.

    Returns
    -------
    uint8 (1, h / 2, w / 2, 40) for a canvas (h, w)
        `px_per_mm` 1 to 255 and `has_depth` 255, both 0 without depth; colours as they are and
        `has_color` 255, all 128 without a picture; slopes and reliefs 0 to 255 for -1 to 1, 128 for
        0 and without depth.
        Outside the letterbox's window there is neither colour nor depth.
    """
    folded, seen = _empty(letterbox), _Seen.of(depth_mm, focal_px, letterbox)

    def picture_and_relief() -> None:
        _paint(folded, color_rgb, letterbox)
        _fold_relief(folded, seen)

    both(picture_and_relief, lambda: _fold_form(folded, seen))
    return folded[None]


def planes_ahead(depth_mm: Float32, focal_px: float, letterbox: Letterbox) -> UInt8:
    """All that `planes` makes of depth alone, by one thread; `painted` completes it."""
    folded, seen = _empty(letterbox), _Seen.of(depth_mm, focal_px, letterbox)
    _fold_relief(folded, seen)
    _fold_form(folded, seen)
    return folded[None]


def painted(tensor: UInt8, color_rgb: UInt8 | None, letterbox: Letterbox) -> UInt8:
    """The planes of depth with those of colour, in place and once: as `planes` makes them."""
    _paint(tensor[0], color_rgb, letterbox)
    return tensor


def _empty(letterbox: Letterbox) -> UInt8:
    """Planes of nothing."""
    return _nothing(letterbox.canvas).copy()


@cache
def _nothing(canvas: tuple[int, int]) -> UInt8:
    pixel = np.array([*(ZERO,) * N_COLOR, *WITHOUT_DEPTH], np.uint8)
    return np.tile(pixel, (canvas[0] // FOLD, canvas[1] // FOLD, FOLD**2))


def _paint(folded: UInt8, color_rgb: UInt8 | None, letterbox: Letterbox) -> None:
    """The planes of colour."""
    if color_rgb is not None:
        picture = np.asarray(letterbox.shrink(color_rgb), np.uint8)
        paint_in(folded, picture, letterbox.top, letterbox.left)


@dataclass(frozen=True, eq=False)
class _Seen:
    """The depth at the canvas's scale, 1 where it is valid (else 0), and where that lies."""

    depth_mm: Float32
    valid: Float32
    focal_px: float
    top: int
    left: int

    @classmethod
    def of(cls, depth_mm: Float32, focal_px: float, letterbox: Letterbox) -> _Seen:
        canvas_focal_px = focal_px * letterbox.fitted[1] / letterbox.source[1]
        shrunk = _shrunk(depth_mm, letterbox)
        return cls(*shrunk, canvas_focal_px, letterbox.top, letterbox.left)


def _fold_form(folded: UInt8, seen: _Seen) -> None:
    """Planes of scale, validity and slope."""
    log_depth = np.asarray(cv2.log(np.maximum(seen.depth_mm, 1.0)), np.float32)
    log_farthest = math.log(seen.focal_px / FAINTEST_PX_PER_MM)
    scale = scale_of(log_depth, seen.valid, log_farthest, STEPS_PER_DOUBLING / math.log(2.0))
    has_depth = seen.valid.astype(np.uint8) * np.uint8(FULL)
    shown = np.stack([scale, has_depth, *_slopes(seen.depth_mm, seen.valid, seen.focal_px)])
    fold_in(folded, shown, N_COLOR, seen.top, seen.left)


def _fold_relief(folded: UInt8, seen: _Seen) -> None:
    """Planes of relief, the last ones."""
    fine = _relief(seen.depth_mm, seen.valid, FINE_BOX_PX, FINE_RANGE_MM)
    coarse = _relief(seen.depth_mm, seen.valid, COARSE_BOX_PX, COARSE_RANGE_MM)
    first = CHANNELS.index("fine_relief")
    fold_in(folded, np.stack([fine, coarse]), first, seen.top, seen.left)


def _shrunk(depth_mm: Float32, letterbox: Letterbox) -> tuple[Float32, Float32]:
    """Mean of the valid depth under each pixel, 0 where too little is valid; and 1 where not."""
    height, width = letterbox.fitted
    if depth_mm.shape == (2 * height, 2 * width):
        return halved(depth_mm, MIN_VALID_SHARE)
    has_depth = cv2.threshold(depth_mm, 0, 1, cv2.THRESH_BINARY)[1]
    share = np.asarray(letterbox.shrink(np.asarray(has_depth, np.float32)), np.float32)
    total = np.asarray(letterbox.shrink(depth_mm), np.float32)
    valid = (share >= MIN_VALID_SHARE).astype(np.float32)
    depth = total / np.maximum(share, MIN_VALID_SHARE) * valid
    return np.asarray(depth, np.float32), valid


def _slopes(depth_mm: Float32, valid: Float32, focal_px: float) -> tuple[UInt8, UInt8]:
    """Sine of the angle by which the surface recedes to the right and downwards, -1 to 1.

    A surface across the viewing ray has none. With g = f grad(log z), which is free of scale,
    the surface's unit normal has the components g / sqrt(1 + g.g).
    """
    share, mean = _blurred(valid, SLOPE_BOX_PX), _blurred(depth_mm, SLOPE_BOX_PX)
    np.maximum(share, 1 / SLOPE_BOX_PX**2, out=share)
    np.divide(mean, share, out=mean)
    log_depth = np.asarray(cv2.log(np.maximum(mean, 1.0)), np.float32)
    return slopes_of(log_depth, mean, valid, focal_px)


def _relief(depth_mm: Float32, valid: Float32, box_px: int, range_mm: float) -> UInt8:
    """Depth against the mean of the valid depth around it, clipped to -1..1."""
    mean, share = _blurred(depth_mm, box_px), _blurred(valid, box_px)
    return relief_of(depth_mm, valid, mean, share, 1 / box_px**2, range_mm)


def _blurred(plane: Float32, box_px: int) -> Float32:
    """Mean over a square box."""
    blurred = cv2.blur(plane, (box_px, box_px), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.float32)
