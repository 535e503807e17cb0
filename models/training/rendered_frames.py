"""Rendered views of random scenes, as a source hands frames over."""

from __future__ import annotations

import numpy as np

from models.training.random_scenes import LabelledFrame
from tracking.frame import RgbdFrame, SourceFrame

DEPTH_UNIT_MM = 0.1  # 16 bits reach 6.5 m; a wall behind that has no depth, as from a sensor


def as_source_frame(view: LabelledFrame) -> SourceFrame:
    """A view with its true labels; what is too far for the depth's 16 bits has none."""
    steps = np.round(view.depth_mm / DEPTH_UNIT_MM)
    raw = np.where(steps > np.iinfo(np.uint16).max, 0, steps).astype(np.uint16)
    color_rgb = np.ascontiguousarray(view.color_rgb)
    frame = RgbdFrame(0, "", 0, 0, view.intrinsics, raw, DEPTH_UNIT_MM, color_rgb)
    return SourceFrame(frame, labels=view.labels)
