"""What the network sees of a frame: eight planes on a fixed canvas.

The same function feeds training and use; its name is part of every model's manifest, so a
model never meets planes that it was not trained on. Depth is averaged over valid pixels
only: a hole never pulls a depth towards zero.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.letterbox import Letterbox
from tracking.arrays import UInt8

FEATURES: Final = "rgbd-planes-1"  # change the name with any change of the planes
CHANNELS: Final = (
    "red",
    "green",
    "blue",
    "has_color",
    "inverse_depth",
    "has_depth",
    "fine_relief",
    "coarse_relief",
)
CANVAS: Final = (240, 432)  # (height, width): 848x480 at half size, both divisible by 16

COLOR_MID, COLOR_RANGE = 127.5, 127.5
REFERENCE_DEPTH_MM = 400.0  # inverse depth is 1 here: the middle of the working range
MAX_INVERSE_DEPTH = 2.5  # nearer than 160 mm is nearer than any D4xx measures well
MIN_VALID_SHARE = 0.3  # of the source pixels under a canvas pixel: less is a hole
FINE_BOX_PX, FINE_RANGE_MM = 11, 15.0  # edges, small steps, curvature of a tube
COARSE_BOX_PX, COARSE_RANGE_MM = 61, 80.0  # what stands out of its surroundings


def planes(
    depth_mm: NDArray[np.float32], color_rgb: UInt8 | None, letterbox: Letterbox
) -> NDArray[np.float32]:
    """Build the network's input.

    Parameters
    ----------
    depth_mm : (height, width)
        0 where there is no depth.
    color_rgb : (height, width, 3) or None
        In the depth grid; without it the colour planes and `has_color` are 0.

    Returns
    -------
    float32 (1, 8, *canvas)
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
    _depth_planes(depth_mm, letterbox, shown[4:])
    return tensor


def _depth_planes(
    depth_mm: NDArray[np.float32], letterbox: Letterbox, out: NDArray[np.float32]
) -> None:
    """Fill inverse depth, validity and relief at two scales."""
    share = np.asarray(letterbox.shrink((depth_mm > 0).astype(np.float32)), np.float32)
    total = np.asarray(letterbox.shrink(depth_mm), np.float32)
    valid = (share >= MIN_VALID_SHARE).astype(np.float32)
    depth = np.asarray(total / np.maximum(share, MIN_VALID_SHARE) * valid, np.float32)
    out[0] = np.minimum(REFERENCE_DEPTH_MM / np.maximum(depth, 1.0), MAX_INVERSE_DEPTH) * valid
    out[1] = valid
    out[2] = _relief(depth, valid, FINE_BOX_PX, FINE_RANGE_MM)
    out[3] = _relief(depth, valid, COARSE_BOX_PX, COARSE_RANGE_MM)


def _relief(
    depth_mm: NDArray[np.float32], valid: NDArray[np.float32], box_px: int, range_mm: float
) -> NDArray[np.float32]:
    """Depth against the mean of the valid depth around it, clipped to -1..1."""
    box = (box_px, box_px)
    border = cv2.BORDER_REPLICATE
    share = np.asarray(cv2.blur(valid, box, borderType=border), np.float32)
    total = np.asarray(cv2.blur(depth_mm, box, borderType=border), np.float32)
    mean = total / np.maximum(share, 1 / box_px**2)
    relief = np.clip((depth_mm - mean) * (1 / range_mm), -1.0, 1.0) * valid
    return np.asarray(relief, np.float32)
