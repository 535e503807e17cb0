"""The choice of what labels the pixels, shared by the commands that run the tracker."""

from __future__ import annotations

from enum import StrEnum


class SegmenterName(StrEnum):
    """What labels the pixels."""

    ONNX = "onnx"
    MASKS = "masks"
