"""Rendered views of random scenes, as a source hands frames over."""

from __future__ import annotations

import numpy as np

from models.training.random_scenes import LabelledFrame
from models.training.raw_depth import DEPTH_UNIT_MM, raw_depth
from tracking.frame import RgbdFrame, SourceFrame


def as_source_frame(view: LabelledFrame) -> SourceFrame:
    """A view with its true labels; what is too far for the depth's 16 bits has none."""
    raw = raw_depth(view.depth_mm)
    color_rgb = np.ascontiguousarray(view.color_rgb)
    frame = RgbdFrame(0, "", 0, 0, view.intrinsics, raw, DEPTH_UNIT_MM, color_rgb)
    return SourceFrame(frame, labels=view.labels)
