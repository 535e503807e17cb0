"""The camera's image, or its depth where the recording leaves colour out, with label tints."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.overlay.canvas import Canvas
from pipeline.overlay.palette import TINTS
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.arrays import UInt8
from tracking.frame import RgbdFrame

TINT_STRENGTH = 0.30
DEPTH_PERCENTILES = (2.0, 98.0)  # the range shown: a few flying pixels must not flatten it
AREA_BELOW_SCALE = 0.7  # above it linear interpolation does not alias visibly, and is quicker
PERCENTILE_STEP = 7  # of pixels: every seventh is enough for a display range

_TINT_TABLE = np.zeros((256, 1, 3), dtype=np.uint8)  # of every label code
_TINT_TABLE[: len(TINTS), 0] = TINTS


class Picture:
    """Colour, or depth as grey (near is bright, no depth is black)."""

    def draw(self, canvas: Canvas, result: FrameResult, context: RunContext) -> None:
        """Fill the picture's box."""
        frame = result.source_frame.frame
        shown = depth_picture(frame) if frame.color_rgb is None else frame.color_rgb
        box = canvas.picture_box
        method = cv2.INTER_AREA if canvas.scale < AREA_BELOW_SCALE else cv2.INTER_LINEAR
        cv2.resize(shown, (box.width, box.height), dst=canvas.picture, interpolation=method)


class MaskTint:
    """Tint of bed, applicator and occluder pixels, each with its outline."""

    def draw(self, canvas: Canvas, result: FrameResult, context: RunContext) -> None:
        """Blend the tints over the picture."""
        box = canvas.picture_box
        labels = cv2.resize(
            result.segmentation.labels, (box.width, box.height), interpolation=cv2.INTER_NEAREST
        )
        picture = canvas.picture
        tint = cv2.LUT(cv2.merge([labels, labels, labels]), _TINT_TABLE)
        blended = cv2.addWeighted(picture, 1.0 - TINT_STRENGTH, tint, TINT_STRENGTH, 0.0)
        cv2.copyTo(blended, labels, picture)  # where the label is not OTHER, which is 0


def depth_picture(frame: RgbdFrame) -> UInt8:
    """Grey RGB image of the depth, (height, width, 3)."""
    depth_mm = frame.depth_mm
    seen = depth_mm[depth_mm > 0][::PERCENTILE_STEP]
    if seen.size == 0:
        return np.zeros((*depth_mm.shape, 3), dtype=np.uint8)
    near, far = np.percentile(seen, DEPTH_PERCENTILES)
    nearness = 1.0 - (depth_mm - near) / max(float(far - near), 1.0)
    grey = np.where(depth_mm > 0, 40 + 200 * np.clip(nearness, 0, 1), 0).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)
