"""Still pictures as files and bytes; the same pixels always give the same bytes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from tracking.arrays import UInt8
from tracking.errors import FaultError

JPEG_QUALITY = 88  # text of the overlay stays clean


def write_png(path: Path, pixels: UInt8) -> None:
    """Write grey (height, width) or RGB (height, width, 3) pixels as PNG."""
    path.write_bytes(_encoded(".png", pixels, []))


def jpeg_bytes(color_rgb: UInt8) -> bytes:
    """Encode RGB pixels as JPEG."""
    return _encoded(".jpg", color_rgb, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])


def _encoded(suffix: str, pixels: UInt8, parameters: list[int]) -> bytes:
    shown = pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., ::-1])
    is_encoded, buffer = cv2.imencode(suffix, shown, parameters)
    if not is_encoded:
        raise FaultError(f"A {suffix} picture of shape {pixels.shape} could not be encoded.")
    return bytes(buffer)
