"""What depth and colour say about the network's labels, at the labels' own small size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, UInt8
from tracking.extent import bounding_box
from tracking.kernels import square
from tracking.segmentation import Label

THINNED = np.s_[::4, ::4]  # shares of a label's pixels need no more
REACH_PX = 3  # labels lie within a pixel or two of the true outline
MIN_STEP = 0.02  # of the distance: 8 mm at 0.4 m, a wall beside what is behind it
MIN_CONTRAST = 24  # of 255, below which an edge is too faint to tell its width
MIN_OUTLINE_PX = 20  # fewer tell no share


@dataclass(frozen=True, eq=False)
class SmallFrame:
    """Labels (h, w), and depth and green channel sampled at their pixels."""

    labels: UInt8
    depth_raw: NDArray[np.uint16]
    green: UInt8 | None

    @classmethod
    def of(
        cls, labels: UInt8, depth_raw: NDArray[np.uint16], color_rgb: UInt8 | None
    ) -> SmallFrame:
        """Sample a frame of any size; a pixel's shift does not matter here."""
        size = (labels.shape[1], labels.shape[0])
        depth = cv2.resize(depth_raw, size, interpolation=cv2.INTER_NEAREST)
        if color_rgb is None:
            return cls(labels, np.asarray(depth, np.uint16), None)
        color = np.asarray(cv2.resize(color_rgb, size, interpolation=cv2.INTER_NEAREST))
        green = np.ascontiguousarray(color[..., 1], np.uint8)
        return cls(labels, np.asarray(depth, np.uint16), green)

    def holes(self, label: Label) -> float:
        """Share of a label's pixels without depth; 0 where the label is absent."""
        depth = self.depth_raw[THINNED][self.labels[THINNED] == label.value]
        return float(np.mean(depth == 0)) if depth.size else 0.0


@dataclass(frozen=True, eq=False)
class OutlineCrop:
    """Depth and green around the applicator, and its outline where that can say something.

    Outline beside occluders and at the image's edge says nothing.
    """

    depth_raw: NDArray[np.uint16]
    green: UInt8 | None
    outline: Bool

    @classmethod
    def of(cls, small: SmallFrame) -> OutlineCrop:
        """Crop a frame to its applicator, which must be there."""
        box = bounding_box(small.labels == Label.APPLICATOR.value, REACH_PX + 1)
        if box is None:
            raise ValueError("no pixel is called applicator")
        labels = small.labels[box]
        applicator = (labels == Label.APPLICATOR.value).view(np.uint8)
        inner = cv2.erode(applicator, square(1), borderValue=1)
        outline = applicator > inner
        occluder = (labels == Label.OCCLUDER.value).view(np.uint8)
        if occluder.any():
            outline &= np.asarray(cv2.dilate(occluder, square(REACH_PX))) == 0
        green = None if small.green is None else np.ascontiguousarray(small.green[box])
        return cls(small.depth_raw[box], green, outline)


def no_step_share(crop: OutlineCrop) -> float:
    """Share of the outline where depth goes on without a step, among outline with depth."""
    depth = crop.depth_raw
    known = depth - np.uint16(1)  # no depth becomes the farthest
    nearest = cv2.erode(known, square(REACH_PX))
    farthest = cv2.dilate(depth, square(REACH_PX))
    far = farthest[crop.outline].astype(np.float32)
    near = nearest[crop.outline].astype(np.float32) + 1
    told = far > 0
    if int(np.count_nonzero(told)) < MIN_OUTLINE_PX:
        return 0.0
    return float(np.mean(far[told] < near[told] * (1 + MIN_STEP)))


def blurred_share(crop: OutlineCrop) -> float:
    """How wide the edges of colour along the outline are: 0 sharp, to 1.

    Median of 1 - (largest step between neighbours) / (contrast within reach).
    """
    if crop.green is None:
        return 0.0
    wide = cv2.morphologyEx(crop.green, cv2.MORPH_GRADIENT, square(REACH_PX))[crop.outline]
    narrow = cv2.morphologyEx(crop.green, cv2.MORPH_GRADIENT, square(1))
    steep = cv2.dilate(narrow, square(REACH_PX - 1))[crop.outline]
    clear = wide >= MIN_CONTRAST
    if int(np.count_nonzero(clear)) < MIN_OUTLINE_PX:
        return 0.0
    return float(1 - np.median(steep[clear] / wide[clear].astype(np.float32)))
