"""A pixel's colour between the mean colours on the two sides of an outline, pixel by pixel.

Colours are those of a camera, 8 bit; sums of them over windows have four channels, the last one
`COUNTED` times the number of pixels. All in single precision, as the images are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float, UInt8
from tracking.compiled import compiled, part
from tracking.loop_types import (
    BYTE,
    COUNT,
    FLAG,
    LABELS,
    MASK,
    NEW_DEPTHS,
    NEW_ROWS,
    REAL,
    SINGLE,
    array_in,
    several,
)

COUNTED = 255  # what OpenCV fills a fourth channel with: its sum counts pixels
N_SCATTER_PIXELS = 1000

Image = NDArray[np.float32]

COLOR = array_in(BYTE, 3)
SUMS = array_in(SINGLE, 3)


@part
def _n_counted(sums: Image) -> np.float32:
    return np.float32(sums[3] / np.float32(COUNTED))


@part
def _product_plus(first: np.float32, second: np.float32, third: np.float32) -> np.float32:
    """Rounded once, as in a product of matrices."""
    return np.float32(np.float64(first) * np.float64(second) + np.float64(third))


@compiled(NEW_ROWS, LABELS, COLOR, SUMS)
def scatter_about_mean(core: UInt8, color: UInt8, sums: Image) -> Float:
    """Covariance (3, 3) of a side's colours about their local means, zeros where it has none.

    `core` is 1 where a pixel is surely of this side; `sums` over a window around every pixel.
    """
    n_rows, n_columns = core.shape
    n_core = 0
    for row in range(n_rows):
        for column in range(n_columns):
            n_core += core[row, column]
    covariance, off = np.zeros((3, 3)), np.empty(3)
    every, n_skipped, n_taken = 1 + n_core // N_SCATTER_PIXELS, 0, 0
    for row in range(n_rows):
        for column in range(n_columns):
            if core[row, column] == 0:
                continue
            if n_skipped > 0:
                n_skipped -= 1
                continue
            n_skipped = every - 1
            n_taken += 1
            here = sums[row, column]
            n_around = max(_n_counted(here), np.float32(1.0))
            for channel in range(3):
                mean = here[channel] / n_around
                off[channel] = np.float64(np.float32(color[row, column, channel]) - mean)
            for first in range(3):
                for second in range(3):
                    covariance[first, second] += off[first] * off[second]
    return covariance / max(n_taken, 1)


@compiled(
    several(NEW_DEPTHS, COUNT, COUNT),
    *(MASK, MASK, LABELS, LABELS, COLOR, SUMS, SUMS),
    *(array_in(SINGLE, 2), REAL, REAL, FLAG),
)
def shares_between(
    applicator: Bool,
    occluder: Bool,
    inside: UInt8,
    outside: UInt8,
    color: UInt8,
    inside_sums: Image,
    outside_sums: Image,
    inverse_scatter: Image,
    min_count: float,
    min_contrast: float,
    is_blanked: bool,
) -> tuple[Image, int, int]:
    """Share of applicator in every pixel.

    Parameters
    ----------
    applicator, occluder : what the labels say; they stand but between the sides' cores
    inside, outside : the cores, 1 where a pixel is surely of this side
    inside_sums, outside_sums : over a window around every pixel, of the cores' colours
    inverse_scatter : (3, 3) of either side's colours
    min_count : pixels of either core that a window must hold more than
    min_contrast : squared, in units of the scatter, that the sides' means must differ by more than
    is_blanked : whether a pixel of which colour tells nothing is NaN, or what the labels say

    Returns
    -------
    shares : of applicator
    n_told, n_untold : pixels between the cores that colour decides, and does not
    """
    n_rows, n_columns = applicator.shape
    shares = np.empty((n_rows, n_columns), np.float32)
    least_count, least_contrast = np.float32(min_count), np.float32(min_contrast)
    one, zero = np.float32(1.0), np.float32(0.0)
    difference = np.empty(3, np.float32)
    n_told = n_untold = 0
    for row in range(n_rows):
        for column in range(n_columns):
            shares[row, column] = one if applicator[row, column] else zero
            if inside[row, column] or outside[row, column] or occluder[row, column]:
                continue
            n_inside = _n_counted(inside_sums[row, column])
            n_outside = _n_counted(outside_sums[row, column])
            for channel in range(3):
                difference[channel] = inside_sums[row, column, channel] / max(n_inside, one)
                difference[channel] -= outside_sums[row, column, channel] / max(n_outside, one)
            contrast = share = zero
            for channel in range(3):
                direction = inverse_scatter[channel, 0] * difference[0]
                for other in range(1, 3):
                    direction = _product_plus(
                        inverse_scatter[channel, other], difference[other], direction
                    )
                beside = outside_sums[row, column, channel] / max(n_outside, one)
                off = np.float32(color[row, column, channel]) - beside
                contrast += difference[channel] * direction
                share += off * direction
            if n_inside > least_count and n_outside > least_count and contrast > least_contrast:
                n_told += 1
                shares[row, column] = min(max(share / max(contrast, np.float32(1e-6)), zero), one)
            else:
                n_untold += 1
                if is_blanked:
                    shares[row, column] = np.float32(np.nan)
    return shares, n_told, n_untold
