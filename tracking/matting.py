"""Sharpen a label outline to sub-pixel by the colours on either side of it.

A network's outline is off by pixels; what it says a few pixels inside and outside is sound.
In between, each pixel's colour is placed between the local mean colour of the applicator and
that of the background; where the two look alike the labels stand.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.applicator_pixels import bounding_box
from tracking.arrays import UInt8
from tracking.contour import MIN_KNOWN_FRACTION, SEARCH_PX, Outline
from tracking.segmentation import EdgeQuality, Label

CORE_PX = 4  # from the label outline: beyond, labels are believed
WINDOW_PX = 25  # over which the two sides' colours are averaged
MIN_CONTRAST = 20.0  # grey levels between the sides' mean colours: four times the sensor's noise
MIN_CORE_FRACTION = 0.02  # of the window
BLUR_PX = 0.7
MATTED = EdgeQuality(sigma_px=0.3, correlation_px=4.0, bias_px=1.5)  # seen: 0.15-0.3, 0-1.4 px


def needs_matting(quality: EdgeQuality) -> bool:
    """Whether colour can place edges better than the labels do."""
    return quality.sigma_px > MATTED.sigma_px


def matted_outline(labels: UInt8, color_rgb: UInt8) -> Outline | None:
    """Outline of the applicator from labels and colour; None where there is no applicator."""
    box = bounding_box(labels == Label.APPLICATOR, int(2 * SEARCH_PX) + CORE_PX)
    if box is None:
        return None
    crop, color = labels[box], color_rgb[box].astype(np.float32)
    applicator = crop == Label.APPLICATOR
    inside = _core(applicator)
    outside = _core((crop != Label.APPLICATOR) & (crop != Label.OCCLUDER))
    inside_share, outside_share = _mean(inside), _mean(outside)
    inside_color = _mean(color * inside[..., None]) / np.maximum(inside_share, 1e-6)[..., None]
    outside_color = _mean(color * outside[..., None]) / np.maximum(outside_share, 1e-6)[..., None]
    difference = inside_color - outside_color
    contrast = np.einsum("ijk,ijk->ij", difference, difference)
    share = np.einsum("ijk,ijk->ij", color - outside_color, difference)
    share = np.clip(share / np.maximum(contrast, 1e-6), 0.0, 1.0)
    is_open = (
        (inside + outside == 0)
        & (inside_share > MIN_CORE_FRACTION)
        & (outside_share > MIN_CORE_FRACTION)
        & (contrast > MIN_CONTRAST**2)
    )
    fraction = np.where(is_open, share, applicator.astype(np.float32)).astype(np.float32)
    fraction = cv2.GaussianBlur(fraction, (0, 0), BLUR_PX).astype(np.float32)
    known = cv2.GaussianBlur(
        (crop != Label.OCCLUDER).astype(np.float32), (0, 0), 1.0, borderType=cv2.BORDER_CONSTANT
    )
    fraction[known <= MIN_KNOWN_FRACTION] = np.nan
    return Outline(fraction, (box[1].start, box[0].start))


def _core(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Pixels further than `CORE_PX` from the mask's outline, as 0 or 1."""
    kernel = np.ones((2 * CORE_PX + 1,) * 2, np.uint8)
    return cv2.erode(mask.astype(np.uint8), kernel, borderValue=0).astype(np.float32)


def _mean(image: NDArray[np.float32]) -> NDArray[np.float32]:
    blurred = cv2.blur(image, (WINDOW_PX, WINDOW_PX), borderType=cv2.BORDER_CONSTANT)
    return blurred.astype(np.float32)
