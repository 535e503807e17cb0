"""Colour of a recorded frame: kept, cropped to the cone, or left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from pipeline.privacy.names import Colour
from tracking.arrays import UInt8, frozen
from tracking.errors import SourceError
from tracking.frame import SourceFrame
from tracking.segmentation import Label

MARGIN_PX = 6  # around the cone: its outline is matted a few pixels to either side

LabelsOf = Callable[[SourceFrame], UInt8]


def with_colour(frame: SourceFrame, mode: Colour, labels_of: LabelsOf | None = None) -> SourceFrame:
    """The frame with as much colour as `mode` leaves; depth and labels stay.

    Parameters
    ----------
    labels_of : callable, optional
        Labels of a frame that stores none, for `Colour.CONE`.

    Raises
    ------
    SourceError
        Nothing says where the cone is.
    """
    if mode is Colour.KEEP:
        return frame
    color = frame.frame.color_rgb
    if mode is Colour.OFF or color is None:
        return replace(frame, frame=replace(frame.frame, color_rgb=None), picture=None)
    labels = frame.labels
    if labels is None and labels_of is not None:
        labels = labels_of(frame)
    if labels is None:
        raise SourceError(
            f"Frame {frame.frame.frame_index} says nowhere where the cone is.",
            expected="stored labels, or a segmenter",
            remedy="Leave the colour out altogether (off).",
        )
    cone = (labels == Label.APPLICATOR.value).astype(np.uint8)
    side = 2 * MARGIN_PX + 1
    near = cv2.dilate(cone, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))) > 0
    cropped = np.where(near[..., None], color, np.uint8(0)).astype(np.uint8)
    # the colour camera's own picture lies on another grid: it goes
    return replace(frame, frame=replace(frame.frame, color_rgb=frozen(cropped)), picture=None)
