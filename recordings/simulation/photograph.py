"""What the colour camera makes of a rendered picture: slight blur and sensor noise."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from tracking.arrays import UInt8

BLUR_PX = 0.7  # standard deviation: lens and the warp to the depth grid
NOISE_LEVELS = 1.0  # standard deviation in 8-bit levels, well lit


def photograph(color_rgb: UInt8, rng: np.random.Generator) -> UInt8:
    """Return the picture (height, width, 3) as the camera delivers it."""
    blurred = ndimage.gaussian_filter(color_rgb.astype(np.float32), (BLUR_PX, BLUR_PX, 0))
    noise = rng.standard_normal(color_rgb.shape[:2], dtype=np.float32) * np.float32(NOISE_LEVELS)
    noisy: UInt8 = np.clip(np.round(blurred + noise[..., None]), 0, 255).astype(np.uint8)
    return noisy
