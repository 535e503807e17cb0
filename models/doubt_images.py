"""What depth and colour say about the network's labels, at the labels' own small size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float, UInt8, UInt16
from tracking.compiled import compiled, part
from tracking.extent import bounding_box
from tracking.kernels import square
from tracking.loop_types import (
    BYTE,
    COUNT,
    LABELS,
    MASK,
    NEW_LABELS,
    NEW_MASK,
    NEW_VECTOR,
    RAW,
    RAW_DEPTHS,
    REAL,
    array_in,
    array_out,
)
from tracking.segmentation import Label

Indices = NDArray[np.int64]

THINNING = 4  # shares of a label's pixels need no more
REACH_PX = 3  # labels lie within a pixel or two of the true outline
MIN_STEP = 0.02  # of the distance: 8 mm at 0.4 m, a wall beside what is behind it
MIN_CONTRAST = 24  # of 255, below which an edge is too faint to tell its width
MIN_OUTLINE_PX = 20  # fewer tell no share
DARK_LEVEL, BRIGHT_LEVEL = 8, 250  # 8-bit green: nothing can be told beyond

GREEN = 1  # channel
NO_COLOR = np.zeros((0, 0, 3), np.uint8)
COLORS = array_in(BYTE, 3)


@dataclass(frozen=True)
class LabelShares:
    """Shares of the labels' pixels, 0 where there are none.

    Attributes
    ----------
    applicator_holes, bed_holes : float
        Of a label's pixels: those without depth.
    dark, bright : float
        Of both labels' pixels: those whose green is black, and white; 0 without colour.
    """

    applicator_holes: float
    bed_holes: float
    dark: float
    bright: float

    @classmethod
    def of(cls, labels: UInt8, depth_raw: UInt16, color_rgb: UInt8 | None) -> LabelShares:
        """Ask a frame of any size at the pixels of its labels (h, w)."""
        color = NO_COLOR if color_rgb is None else color_rgb
        applicator, bed = Label.APPLICATOR.value, Label.TUMOR_BED.value
        return cls(*_shares(labels, depth_raw, color, applicator, bed).tolist())


@dataclass(frozen=True, eq=False)
class OutlineCrop:
    """Depth and green around the applicator, and its outline where that can say something.

    Outline beside occluders and at the image's edge says nothing.
    """

    depth_raw: UInt16
    green: UInt8 | None
    outline: Bool

    @classmethod
    def of(cls, labels: UInt8, depth_raw: UInt16, color_rgb: UInt8 | None) -> OutlineCrop:
        """Crop a frame of any size to the applicator of its labels (h, w), which must be there."""
        box = bounding_box(labels == Label.APPLICATOR.value, REACH_PX + 1)
        if box is None:
            raise ValueError("no pixel is called applicator")
        crop = labels[box]
        place = (box[0].start, box[1].start, *crop.shape, *labels.shape)
        outline = _outline(crop, Label.APPLICATOR.value, Label.OCCLUDER.value)
        green = None if color_rgb is None else _green_at(color_rgb, *place)
        return cls(_depth_at(depth_raw, *place), green, outline)


def no_step_share(crop: OutlineCrop) -> float:
    """Share of the outline where depth goes on without a step, among outline with depth."""
    depth = crop.depth_raw
    known = depth - np.uint16(1)  # no depth becomes the farthest
    nearest = np.asarray(cv2.erode(known, square(REACH_PX)), np.uint16)
    farthest = np.asarray(cv2.dilate(depth, square(REACH_PX)), np.uint16)
    return _no_step_share(crop.outline, nearest, farthest)


def blurred_share(crop: OutlineCrop) -> float:
    """How wide the edges of colour along the outline are: 0 sharp, to 1.

    Median of 1 - (largest step between neighbours) / (contrast within reach).
    """
    if crop.green is None:
        return 0.0
    wide = cv2.morphologyEx(crop.green, cv2.MORPH_GRADIENT, square(REACH_PX))
    narrow = cv2.morphologyEx(crop.green, cv2.MORPH_GRADIENT, square(1))
    steep = cv2.dilate(narrow, square(REACH_PX - 1))
    return _blurred_share(crop.outline, np.asarray(wide, np.uint8), np.asarray(steep, np.uint8))


@part
def _sources(n_small: int, n_source: int) -> Indices:
    """A frame's row or column at each of the labels'; a pixel's shift does not matter here."""
    sources = np.empty(n_small, np.int64)
    step = 1.0 / (n_small / n_source)
    for index in range(n_small):
        sources[index] = min(math.floor(index * step), n_source - 1)
    return sources


@compiled(NEW_VECTOR, LABELS, RAW_DEPTHS, COLORS, COUNT, COUNT)
def _shares(labels: UInt8, depth_raw: UInt16, color_rgb: UInt8, applicator: int, bed: int) -> Float:
    """See `LabelShares`; `color_rgb` is empty where there is none."""
    height, width = labels.shape
    rows, columns = _sources(height, len(depth_raw)), _sources(width, depth_raw.shape[1])
    has_color = color_rgb.size > 0
    n_applicator, n_bed, applicator_holes, bed_holes, n_dark, n_bright = 0, 0, 0, 0, 0, 0
    for row in range(0, height, THINNING):
        v = rows[row]
        for column in range(0, width, THINNING):
            label = labels[row, column]
            if label not in (applicator, bed):
                continue
            u = columns[column]
            is_hole = depth_raw[v, u] == 0
            if label == applicator:
                n_applicator += 1
                applicator_holes += is_hole
            else:
                n_bed += 1
                bed_holes += is_hole
            if has_color:
                level = color_rgb[v, u, GREEN]
                n_dark += level <= DARK_LEVEL
                n_bright += level >= BRIGHT_LEVEL
    n_measured = max(n_applicator + n_bed, 1)
    shares = np.empty(4)
    shares[0] = applicator_holes / max(n_applicator, 1)
    shares[1] = bed_holes / max(n_bed, 1)
    shares[2], shares[3] = n_dark / n_measured, n_bright / n_measured
    return shares


@compiled(array_out(RAW, 2), RAW_DEPTHS, COUNT, COUNT, COUNT, COUNT, COUNT, COUNT)
def _depth_at(
    depth_raw: UInt16, top: int, left: int, n_rows: int, n_columns: int, height: int, width: int
) -> UInt16:
    """Depth at a crop (n_rows, n_columns) of labels (height, width) from (top, left) on."""
    result = np.empty((n_rows, n_columns), np.uint16)
    rows, columns = _sources(height, len(depth_raw)), _sources(width, depth_raw.shape[1])
    for row in range(n_rows):
        line = depth_raw[rows[top + row]]
        for column in range(n_columns):
            result[row, column] = line[columns[left + column]]
    return result


@compiled(NEW_LABELS, COLORS, COUNT, COUNT, COUNT, COUNT, COUNT, COUNT)
def _green_at(
    color_rgb: UInt8, top: int, left: int, n_rows: int, n_columns: int, height: int, width: int
) -> UInt8:
    """Green, as `_depth_at` for depth."""
    result = np.empty((n_rows, n_columns), np.uint8)
    rows, columns = _sources(height, len(color_rgb)), _sources(width, color_rgb.shape[1])
    for row in range(n_rows):
        line = color_rgb[rows[top + row]]
        for column in range(n_columns):
            result[row, column] = line[columns[left + column], GREEN]
    return result


@part
def _has_within(labels: UInt8, label: int, row: int, column: int, reach: int) -> bool:
    """Whether a label lies within reach of a pixel."""
    for v in range(max(row - reach, 0), min(row + reach + 1, labels.shape[0])):
        for u in range(max(column - reach, 0), min(column + reach + 1, labels.shape[1])):
            if labels[v, u] == label:
                return True
    return False


@compiled(NEW_MASK, LABELS, COUNT, COUNT)
def _outline(labels: UInt8, applicator: int, occluder: int) -> Bool:
    """The applicator's pixels beside another label, out of the occluders' reach."""
    height, width = labels.shape
    outline = np.zeros((height, width), np.bool_)
    for row in range(height):
        line = labels[row]
        around = labels[max(row - 1, 0)], line, labels[min(row + 1, height - 1)]
        for column in range(width):
            if line[column] != applicator:
                continue
            left, right = max(column - 1, 0), min(column + 1, width - 1)
            is_inner = True
            for beside in around:
                is_inner &= beside[left] == applicator
                is_inner &= beside[column] == applicator
                is_inner &= beside[right] == applicator
            if not is_inner:
                outline[row, column] = not _has_within(labels, occluder, row, column, REACH_PX)
    return outline


@compiled(REAL, MASK, RAW_DEPTHS, RAW_DEPTHS)
def _no_step_share(outline: Bool, nearest: UInt16, farthest: UInt16) -> float:
    """See `no_step_share`; `nearest` is less by one."""
    n_told, n_smooth = 0, 0
    for row in range(outline.shape[0]):
        for column in range(outline.shape[1]):
            if outline[row, column] and farthest[row, column] > 0:
                near = np.float32(nearest[row, column]) + np.float32(1.0)
                n_told += 1
                allowed = near * np.float32(1 + MIN_STEP)
                n_smooth += int(np.float32(farthest[row, column]) < allowed)
    return n_smooth / n_told if n_told >= MIN_OUTLINE_PX else 0.0


@compiled(REAL, MASK, LABELS, LABELS)
def _blurred_share(outline: Bool, wide: UInt8, steep: UInt8) -> float:
    """See `blurred_share`: `wide` is the contrast within reach, `steep` the largest step."""
    ratios, n = np.empty(outline.size, np.float32), 0
    for row in range(outline.shape[0]):
        for column in range(outline.shape[1]):
            if outline[row, column] and wide[row, column] >= MIN_CONTRAST:
                ratios[n] = np.float32(steep[row, column]) / np.float32(wide[row, column])
                n += 1
    return 1.0 - float(np.median(ratios[:n])) if n >= MIN_OUTLINE_PX else 0.0
