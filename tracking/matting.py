"""Sharpen a label outline to sub-pixel by the colours on either side of it.

A network's outline is off by pixels; what it says a few pixels inside and outside is sound.
In between, each pixel's colour is placed between the local mean colour of the applicator and
that of the background; where the two look alike the labels stand.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.applicator_pixels import bounding_box
from tracking.arrays import Bool, UInt8
from tracking.contour import MIN_KNOWN_FRACTION, SEARCH_PX, Outline
from tracking.segmentation import EdgeQuality, Label

MIN_CONTRAST = 20.0  # grey levels between the sides' mean colours: four times the sensor's noise
MIN_CORE_FRACTION = 0.02  # of the window
BLUR_PX = 0.7
INSIDE = 0.5  # share of applicator from which a pixel is one
MATTED = EdgeQuality(sigma_px=0.2, correlation_px=4.0, bias_px=1.5)  # seen: 0.1-0.2, 0-1.3 px


@dataclass(frozen=True)
class _Pass:
    """Labels further than `core_px` from the outline are believed; `window_px` averages them."""

    core_px: int
    window_px: int


# Coarse: a network's outline is off by up to three pixels. Fine: near the edge, shading counts.
COARSE, FINE = _Pass(core_px=3, window_px=25), _Pass(core_px=1, window_px=11)


def needs_matting(quality: EdgeQuality) -> bool:
    """Whether colour can place edges better than the labels do."""
    return quality.sigma_px > MATTED.sigma_px


def matted_outline(labels: UInt8, color_rgb: UInt8) -> Outline | None:
    """Outline of the applicator from labels and colour; None where there is no applicator."""
    box = bounding_box(labels == Label.APPLICATOR, int(2 * SEARCH_PX) + COARSE.core_px)
    if box is None:
        return None
    crop, color = labels[box], color_rgb[box].astype(np.float32)
    applicator, occluder = crop == Label.APPLICATOR, crop == Label.OCCLUDER
    coarse = _matte(applicator, occluder, color, COARSE)
    fraction = _matte((coarse >= INSIDE) & ~occluder, occluder, color, FINE)
    known = cv2.GaussianBlur(
        (~occluder).astype(np.float32), (0, 0), 1.0, borderType=cv2.BORDER_CONSTANT
    )
    fraction[known <= MIN_KNOWN_FRACTION] = np.nan
    return Outline(fraction, (box[1].start, box[0].start))


def _matte(
    applicator: Bool, occluder: Bool, color: NDArray[np.float32], settings: _Pass
) -> NDArray[np.float32]:
    """Share of applicator in every pixel by its colour between the two sides' local means."""
    inside = _core(applicator, settings.core_px)
    outside = _core(~applicator & ~occluder, settings.core_px)
    inside_share, outside_share = (_mean(core, settings.window_px) for core in (inside, outside))
    inside_color, outside_color = (
        _mean(color * core[..., None], settings.window_px) / np.maximum(share, 1e-6)[..., None]
        for core, share in ((inside, inside_share), (outside, outside_share))
    )
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
    return cv2.GaussianBlur(fraction, (0, 0), BLUR_PX).astype(np.float32)


def _core(mask: Bool, core_px: int) -> NDArray[np.float32]:
    """Pixels further than `core_px` from the mask's outline, as 0 or 1."""
    kernel = np.ones((2 * core_px + 1,) * 2, np.uint8)
    return cv2.erode(mask.astype(np.uint8), kernel, borderValue=0).astype(np.float32)


def _mean(image: NDArray[np.float32], window_px: int) -> NDArray[np.float32]:
    blurred = cv2.blur(image, (window_px, window_px), borderType=cv2.BORDER_CONSTANT)
    return blurred.astype(np.float32)
