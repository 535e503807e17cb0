"""What the network sees of a frame: ten planes on a fixed canvas.

The same function feeds training and use; its name is part of every model's manifest, so a
model never meets planes that it was not trained on. Depth is averaged over valid pixels
only: a hole never pulls a depth towards zero.

Depth is told as the size that a millimetre has on the canvas: what is so many pixels wide is
then so many millimetres wide, whatever the camera. Slopes are against the viewing ray, so that
a tube's flanks look the same wherever they lie in the image.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.letterbox import Letterbox
from tracking.arrays import UInt8

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
MAX_PX_PER_MM = 2.5  # a D405 at 120 mm; nearer than that nothing measures well
MIN_VALID_SHARE = 0.3  # of the source pixels under a canvas pixel: less is a hole
SLOPE_BOX_PX = 5  # of the depth that slopes are taken of: a fifth of a pixel's noise
FINE_BOX_PX, FINE_RANGE_MM = 11, 15.0  # edges, small steps, curvature of a tube
COARSE_BOX_PX, COARSE_RANGE_MM = 61, 80.0  # what stands out of its surroundings


def planes(
    depth_mm: NDArray[np.float32],
    color_rgb: UInt8 | None,
    focal_px: float,
    letterbox: Letterbox,
) -> NDArray[np.float32]:
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
    tensor = np.zeros((1, len(CHANNELS), *letterbox.canvas), np.float32)
    shown = tensor[0, :, *letterbox.window]
    if color_rgb is not None:
        small = letterbox.shrink(color_rgb)
        for channel in range(3):
            np.multiply(small[..., channel], 1 / COLOR_RANGE, out=shown[channel])
        shown[:3] -= COLOR_MID / COLOR_RANGE
        shown[3] = 1.0
    canvas_focal_px = focal_px * letterbox.fitted[1] / letterbox.source[1]
    _depth_planes(depth_mm, canvas_focal_px, letterbox, shown[4:])
    return tensor


def _depth_planes(
    depth_mm: NDArray[np.float32],
    focal_px: float,
    letterbox: Letterbox,
    out: NDArray[np.float32],
) -> None:
    """Fill scale, validity, slopes, and relief at two scales."""
    share = np.asarray(letterbox.shrink((depth_mm > 0).astype(np.float32)), np.float32)
    total = np.asarray(letterbox.shrink(depth_mm), np.float32)
    valid = (share >= MIN_VALID_SHARE).astype(np.float32)
    depth = np.asarray(total / np.maximum(share, MIN_VALID_SHARE) * valid, np.float32)
    out[0] = np.minimum(np.float32(focal_px) / np.maximum(depth, 1.0), MAX_PX_PER_MM) * valid
    out[1] = valid
    _slopes(depth, valid, focal_px, out[2:4])
    out[4] = _relief(depth, valid, FINE_BOX_PX, FINE_RANGE_MM)
    out[5] = _relief(depth, valid, COARSE_BOX_PX, COARSE_RANGE_MM)


def _slopes(
    depth_mm: NDArray[np.float32],
    valid: NDArray[np.float32],
    focal_px: float,
    out: NDArray[np.float32],
) -> None:
    """Sine of the angle by which the surface recedes to the right and downwards, -1 to 1.

    A surface across the viewing ray has none. With g = f grad(log z), which is free of scale,
    the surface's unit normal has the components g / sqrt(1 + g.g).
    """
    mean = _valid_mean(depth_mm, valid, SLOPE_BOX_PX)
    log_depth = np.asarray(cv2.log(np.maximum(mean, 1.0)), np.float32)
    known = (mean > 0).astype(np.float32)
    steps = []
    for along_x, along_y in ((1, 0), (0, 1)):
        kernel = np.array([-0.5, 0.0, 0.5], np.float32) * np.float32(focal_px)
        kernel = kernel[None, :] if along_x else kernel[:, None]
        step = cv2.filter2D(log_depth, -1, kernel, borderType=cv2.BORDER_REPLICATE)
        box = (1 + 2 * along_x, 1 + 2 * along_y)
        sure = np.asarray(cv2.erode(known, np.ones(box[::-1], np.uint8)), np.float32)
        steps.append(np.asarray(step, np.float32) * sure * valid)
    right, down = steps
    scale = 1 / np.sqrt(1 + right * right + down * down)
    np.multiply(right, scale, out=out[0])
    np.multiply(down, scale, out=out[1])


def _relief(
    depth_mm: NDArray[np.float32], valid: NDArray[np.float32], box_px: int, range_mm: float
) -> NDArray[np.float32]:
    """Depth against the mean of the valid depth around it, clipped to -1..1."""
    mean = _valid_mean(depth_mm, valid, box_px)
    relief = np.clip((depth_mm - mean) * (1 / range_mm), -1.0, 1.0) * valid
    return np.asarray(relief, np.float32)


def _valid_mean(
    depth_mm: NDArray[np.float32], valid: NDArray[np.float32], box_px: int
) -> NDArray[np.float32]:
    """Mean of the valid depth in a square box, 0 where there is none."""
    box, border = (box_px, box_px), cv2.BORDER_REPLICATE
    share = np.asarray(cv2.blur(valid, box, borderType=border), np.float32)
    total = np.asarray(cv2.blur(depth_mm, box, borderType=border), np.float32)
    return np.asarray(total / np.maximum(share, 1 / box_px**2), np.float32)
