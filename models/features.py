"""What the network sees of a frame: ten planes on a fixed canvas.

The same function feeds training and use; its name is part of every model's manifest, so a
model never meets planes that it was not trained on. Depth is averaged over valid pixels
only: a hole never pulls a depth towards zero.

Depth is told as the size that a millimetre has on the canvas: what is so many pixels wide is
then so many millimetres wide, whatever the camera. Slopes are against the viewing ray, so that
a tube's flanks look the same wherever they lie in the image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.letterbox import Letterbox
from models.plane_loops import halved, relief_of, scale_of, slopes_of
from models.two_at_once import both
from tracking.arrays import UInt8

Float32 = NDArray[np.float32]

FEATURES: Final = "rgbd-planes-2"  # change the name with any change of the planes
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

COLOR_MID, COLOR_RANGE = 127.5, 127.5
LEVELS = (np.arange(256) * (1 / COLOR_RANGE)).astype(np.float32) - np.float32(
    COLOR_MID / COLOR_RANGE
)
MAX_PX_PER_MM = 2.5  # a D405 at 120 mm; nearer than that nothing measures well
MIN_VALID_SHARE = 0.3  # of the source pixels under a canvas pixel: less is a hole
SLOPE_BOX_PX = 5  # of the depth that slopes are taken of: a fifth of a pixel's noise
FINE_BOX_PX, FINE_RANGE_MM = 11, 15.0  # edges, small steps, curvature of a tube
COARSE_BOX_PX, COARSE_RANGE_MM = 61, 80.0  # what stands out of its surroundings


def planes(
    depth_mm: Float32,
    color_rgb: UInt8 | None,
    focal_px: float,
    letterbox: Letterbox,
) -> Float32:
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
    float32 (1, 10, *canvas)
        Everything is 0 outside the letterbox's window.
    """
    tensor, shown = _empty(letterbox)
    seen = _Seen.of(depth_mm, focal_px, letterbox)

    def picture_and_scale() -> None:
        _paint(shown, color_rgb, letterbox)
        _scale_and_coarse(shown, seen)

    both(picture_and_scale, lambda: _form(shown, seen))
    return tensor


def planes_ahead(depth_mm: Float32, focal_px: float, letterbox: Letterbox) -> Float32:
    """All that `planes` makes of depth alone, by one thread; `painted` completes it."""
    tensor, shown = _empty(letterbox)
    seen = _Seen.of(depth_mm, focal_px, letterbox)
    _scale_and_coarse(shown, seen)
    _form(shown, seen)
    return tensor


def painted(tensor: Float32, color_rgb: UInt8 | None, letterbox: Letterbox) -> Float32:
    """The planes of depth with those of colour, in place: as `planes` makes them."""
    _paint(tensor[0, :, *letterbox.window], color_rgb, letterbox)
    return tensor


def _paint(shown: Float32, color_rgb: UInt8 | None, letterbox: Letterbox) -> None:
    """The planes of colour."""
    if color_rgb is None:
        shown[:4] = 0.0
        return
    for channel, levels in enumerate(cv2.split(letterbox.shrink(color_rgb))):
        shown[channel] = cv2.LUT(levels, LEVELS)
    shown[3] = 1.0


@dataclass(frozen=True, eq=False)
class _Seen:
    """The depth at the canvas's scale, 1 where it is valid (else 0), and the focal length there."""

    depth_mm: Float32
    valid: Float32
    focal_px: float

    @classmethod
    def of(cls, depth_mm: Float32, focal_px: float, letterbox: Letterbox) -> _Seen:
        canvas_focal_px = focal_px * letterbox.fitted[1] / letterbox.source[1]
        return cls(*_shrunk(depth_mm, letterbox), canvas_focal_px)


def _scale_and_coarse(shown: Float32, seen: _Seen) -> None:
    shown[4] = scale_of(seen.depth_mm, seen.valid, seen.focal_px, MAX_PX_PER_MM)
    shown[5] = seen.valid
    shown[9] = _relief(seen.depth_mm, seen.valid, COARSE_BOX_PX, COARSE_RANGE_MM)


def _form(shown: Float32, seen: _Seen) -> None:
    shown[6], shown[7] = _slopes(seen.depth_mm, seen.valid, seen.focal_px)
    shown[8] = _relief(seen.depth_mm, seen.valid, FINE_BOX_PX, FINE_RANGE_MM)


def _empty(letterbox: Letterbox) -> tuple[Float32, Float32]:
    """Planes that are 0 outside the letterbox's window, and that window, not yet filled."""
    tensor = np.empty((1, len(CHANNELS), *letterbox.canvas), np.float32)
    rows, columns = letterbox.window
    tensor[..., : rows.start, :] = tensor[..., rows.stop :, :] = 0.0
    tensor[..., rows, : columns.start] = tensor[..., rows, columns.stop :] = 0.0
    return tensor, tensor[0, :, rows, columns]


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


def _slopes(depth_mm: Float32, valid: Float32, focal_px: float) -> tuple[Float32, Float32]:
    """Sine of the angle by which the surface recedes to the right and downwards, -1 to 1.

    A surface across the viewing ray has none. With g = f grad(log z), which is free of scale,
    the surface's unit normal has the components g / sqrt(1 + g.g).
    """
    share, mean = _blurred(valid, SLOPE_BOX_PX), _blurred(depth_mm, SLOPE_BOX_PX)
    np.maximum(share, 1 / SLOPE_BOX_PX**2, out=share)
    np.divide(mean, share, out=mean)
    log_depth = np.asarray(cv2.log(np.maximum(mean, 1.0)), np.float32)
    return slopes_of(log_depth, mean, valid, focal_px)


def _relief(depth_mm: Float32, valid: Float32, box_px: int, range_mm: float) -> Float32:
    """Depth against the mean of the valid depth around it, clipped to -1..1."""
    mean, share = _blurred(depth_mm, box_px), _blurred(valid, box_px)
    return relief_of(depth_mm, valid, mean, share, 1 / box_px**2, range_mm)


def _blurred(plane: Float32, box_px: int) -> Float32:
    """Mean over a square box."""
    blurred = cv2.blur(plane, (box_px, box_px), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.float32)
