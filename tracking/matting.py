"""Sharpen a label outline to sub-pixel by the colours on either side of it.

A network's outline is off by pixels; what it says a few pixels inside and outside is sound.
In between, each pixel's colour is placed between the local mean colour of the applicator and
that of the background. Where the two look alike nothing is known of the edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, UInt8
from tracking.color_sides import scatter_about_mean, shares_between
from tracking.cone_model import EXIT
from tracking.contact import extent_near
from tracking.contour import Outline, outline_of
from tracking.extent import Box, with_margin
from tracking.kernels import square
from tracking.segmentation import EdgeQuality, Label

COLOR_NOISE = 5.0  # 1-sigma of a pixel, grey levels
MIN_CONTRAST = 3.0  # between the sides' mean colours, in units of their scatter: a third of a pixel
DEEP_PX = 5  # from the outline: deeper than a network's outline is off, the sides are themselves
MIN_CORE_FRACTION = 0.02  # of the window
BLUR_PX = 0.7
INSIDE = 0.5  # share of applicator from which a pixel is one
MATTED = EdgeQuality(sigma_px=0.2, correlation_px=4.0, bias_px=3.0)  # the shift: of labels
SHADE = 0.2  # of the light on the bed: it varies by so much from place to place, by shadows
CONTACT_PX = 12  # around the contact of applicator and bed: the windows' reach and a label's error


@dataclass(frozen=True)
class PartlyMatted:
    """Quality of a matted outline: of its exit that of colour, elsewhere the labels'."""

    labels: EdgeQuality

    def of(self, edge: str) -> EdgeQuality:
        """Of the edge of this name."""
        return MATTED if edge == EXIT else self.labels


@dataclass(frozen=True)
class _Pass:
    """Labels further than `core_px` from the outline are believed; `window_px` averages them.

    Where colour tells nothing the labels stand, after the last pass nothing is known: labels are
    off otherwise than colour.
    """

    core_px: int
    window_px: int
    is_last: bool


# Coarse: a network's outline is off by up to three pixels. Fine: near the edge, shading counts.
COARSE = _Pass(core_px=3, window_px=25, is_last=False)
FINE = _Pass(core_px=1, window_px=11, is_last=True)


def needs_matting(quality: EdgeQuality) -> bool:
    """Whether colour can place edges better than the labels do."""
    return quality.sigma_px > MATTED.sigma_px


def matted_outline(labels: UInt8, color_rgb: UInt8, box: Box | None = None) -> Outline | None:
    """Outline of the applicator, sharpened by colour where its exit lies: where it meets the bed.

    And half the exit's width above and aside, as far as its arc may end beyond the bed, on skin or
    cloth: it counts as sharp all along. Elsewhere the labels stand. None where the applicator does
    not meet the bed, or colour tells less than half of where it does. `box` is the applicator's,
    where it is known.
    """
    outline = outline_of(labels, box)
    if outline is None:
        return None
    left, top = outline.origin_px
    height, width = outline.inside_fraction.shape
    around = labels[top : top + height, left : left + width]
    first, stop, start, end = extent_near(
        around, Label.TUMOR_BED.value, Label.APPLICATOR.value, CONTACT_PX
    )
    if stop == 0:
        return None
    _, _, exit_start, exit_end = extent_near(
        around, Label.APPLICATOR.value, Label.TUMOR_BED.value, CONTACT_PX
    )
    contact = slice(top + first, top + stop), slice(left + start, left + end)
    near = with_margin(contact, CONTACT_PX)
    precision = _precision(labels, color_rgb, near)
    above, columns = with_margin(contact, max(CONTACT_PX, (exit_end - exit_start) // 2))
    rows = slice(above.start, near[0].stop)
    applicator, occluder, color = _cut(labels, color_rgb, (rows, columns))
    coarse, _, _ = _matte(applicator, occluder, color, COARSE, precision)
    sharper = (_smooth(coarse) >= INSIDE) & ~occluder
    fine, n_told, n_untold = _matte(sharper, occluder, color, FINE, precision)
    if n_untold > n_told:
        return None
    return _pasted(outline, _smooth(fine), (columns.start, rows.start))


def _pasted(outline: Outline, fraction: NDArray[np.float32], origin_px: tuple[int, int]) -> Outline:
    """The outline with a sharper part; where it is unknown, behind occluders, it stays so."""
    whole = outline.inside_fraction.copy()
    u, v = origin_px[0] - outline.origin_px[0], origin_px[1] - outline.origin_px[1]
    top, left = max(0, v), max(0, u)
    target = whole[top : v + fraction.shape[0], left : u + fraction.shape[1]]
    source = fraction[top - v :, left - u :][: target.shape[0], : target.shape[1]]
    np.copyto(target, source, where=~np.isnan(target))
    return Outline(whole, outline.origin_px)


def _matte(
    applicator: Bool,
    occluder: Bool,
    color_rgba: UInt8,
    settings: _Pass,
    precision: NDArray[np.float32],
) -> tuple[NDArray[np.float32], int, int]:
    """Place every pixel's colour between the two sides' local means, as a share of applicator.

    Colours are told apart by Fisher's discriminant: `precision` (3, 3) is the inverse of how
    either side's colours vary by themselves. Across the edge of a shadow that is along the bed's
    own colour, which then says little. With it: how many pixels near the outline colour decides,
    and does not.
    """
    inside = _core(applicator, settings.core_px)
    outside = _core(~(applicator | occluder), settings.core_px)
    return shares_between(
        applicator,
        occluder,
        inside,
        outside,
        color_rgba,
        _sums(color_rgba, inside, settings.window_px),
        _sums(color_rgba, outside, settings.window_px),
        precision,
        MIN_CORE_FRACTION * settings.window_px**2,
        MIN_CONTRAST**2,
        settings.is_last,
    )


def _cut(labels: UInt8, color_rgb: UInt8, box: Box) -> tuple[Bool, Bool, UInt8]:
    """Applicator, occluder and colour (h, w, 4) of a part of the image."""
    crop = labels[box]
    color = cv2.cvtColor(color_rgb[box], cv2.COLOR_RGB2RGBA).astype(np.uint8, copy=False)
    return crop == Label.APPLICATOR.value, crop == Label.OCCLUDER.value, color


def _precision(labels: UInt8, color_rgb: UInt8, box: Box) -> NDArray[np.float32]:
    """Inverse (3, 3) of the covariance of the sides' colours in a part of the image.

    About their local means, with the sensor's noise in it; every second row and column tell as
    much. Of where applicator and bed meet alone: what varies on cloth and skin is not to blur it.
    More or less light on the bed moves its colour towards black or away from it, at the edge of a
    shadow within a pixel: that direction is believed the less.
    """
    applicator, occluder, color_rgba = _cut(labels, color_rgb, box)
    total = np.diag([COLOR_NOISE**2] * 3)
    color_thinned = color_rgba[::2, ::2].copy()
    for side in (applicator, ~(applicator | occluder)):
        core = _core(side, DEEP_PX)[::2, ::2].copy()
        sums = _sums(color_thinned, core, COARSE.window_px // 2 + 1)
        total += scatter_about_mean(core, color_thinned, sums)
    mean = np.array(cv2.mean(color_rgba, (labels[box] == Label.TUMOR_BED.value).view(np.uint8))[:3])
    total += SHADE**2 * np.outer(mean, mean)
    return np.linalg.inv(total).astype(np.float32)


def _smooth(fraction: NDArray[np.float32]) -> NDArray[np.float32]:
    return cv2.GaussianBlur(fraction, (0, 0), BLUR_PX).astype(np.float32, copy=False)


def _core(mask: Bool, core_px: int) -> UInt8:
    """Pixels further than `core_px` from the mask's outline, as 0 or 1."""
    core = cv2.erode(mask.view(np.uint8), square(core_px))
    return core.astype(np.uint8, copy=False)


def _sums(color_rgba: UInt8, core: UInt8, window_px: int) -> NDArray[np.float32]:
    """Sums of the core's colours in a window around every pixel, `COUNTED` their number."""
    masked = cv2.bitwise_and(color_rgba, color_rgba, mask=core)
    sums = cv2.boxFilter(
        masked, cv2.CV_32F, (window_px,) * 2, normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    return sums.astype(np.float32, copy=False)
