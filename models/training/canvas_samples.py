"""Labelled frames brought onto the network's canvas, as they are cached and augmented."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.features import CANVAS, MIN_VALID_SHARE
from models.letterbox import Letterbox
from models.training.random_scenes import LabelledFrame
from tracking.arrays import UInt8
from tracking.segmentation import Label

IGNORED = 255  # label of canvas pixels outside the image


@dataclass(frozen=True, eq=False)
class CanvasSample:
    """Depth (mm, 0 none), colour and labels on the canvas; label `IGNORED` outside the image.

    `focal_px` is the camera's in canvas pixels.
    """

    depth_mm: NDArray[np.float32]
    color_rgb: UInt8
    labels: UInt8
    focal_px: float


def to_canvas(frame: LabelledFrame, canvas: tuple[int, int] = CANVAS) -> CanvasSample:
    """Letterbox a frame as the runtime does; labels by the majority of the area."""
    letterbox = Letterbox.fit(frame.intrinsics.shape, canvas)
    share = letterbox.shrink((frame.depth_mm > 0).astype(np.float32))
    total = letterbox.shrink(frame.depth_mm)
    depth = np.zeros(canvas, np.float32)
    depth[letterbox.window] = np.where(share >= MIN_VALID_SHARE, total / np.maximum(share, 0.01), 0)
    color = np.zeros((*canvas, 3), np.uint8)
    color[letterbox.window] = letterbox.shrink(frame.color_rgb)
    labels = np.full(canvas, IGNORED, np.uint8)
    votes = [letterbox.shrink((frame.labels == label).astype(np.float32)) for label in Label]
    labels[letterbox.window] = np.argmax(votes, axis=0)
    focal_px = frame.intrinsics.fx * letterbox.fitted[1] / letterbox.source[1]
    return CanvasSample(depth, color, labels, focal_px)
