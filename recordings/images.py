"""Images as bytes and back. The only importer of imagecodecs and simplejpeg.

Raw depth in sessions: JPEG-XL, lossless. Labels, and everything in BOP folders: PNG, lossless.
Colour in sessions: JPEG, which loses a little: the recorded colour, not the camera's, is what
every replay sees. Decoders are told the size that is due, so a forged image size allocates
nothing, and they raise ValueError for damaged bytes: no half-decoded image is ever returned.
"""

from __future__ import annotations

from typing import Any

import imagecodecs
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from tracking.arrays import UInt8, UInt16, frozen

GREY_QUALITY = 95  # edges of printed modules move by less than 0.01 px
DEPTH_EFFORT = 1  # a higher effort encodes more slowly and saves a few percent
COLOR_QUALITY = 90  # ringing stays below the sensor's noise
PNG_LEVEL = 1  # a third of the default's time for a few percent more bytes
N_THREADS = 1  # frames are small, and the loop's other threads need the cores


def encode_depth(depth_raw: UInt16) -> bytes:
    """Encode raw depth, uint16 (height, width), without loss as JPEG-XL."""
    return bytes(
        imagecodecs.jpegxl_encode(
            depth_raw, lossless=True, effort=DEPTH_EFFORT, numthreads=N_THREADS
        )
    )


def decode_depth(payload: bytes, shape: tuple[int, int]) -> UInt16:
    """Decode raw depth of exactly `shape` from JPEG-XL; ValueError for anything else."""
    depth_raw = np.empty(shape, np.uint16)
    try:
        imagecodecs.jpegxl_decode(payload, out=depth_raw, numthreads=N_THREADS)
    except (imagecodecs.JpegxlError, ValueError) as error:
        raise ValueError(f"JPEG-XL cannot be decoded: {error}") from error
    return frozen(depth_raw)


def encode_jpeg(color_rgb: UInt8) -> bytes:
    """Encode colour, uint8 (height, width, 3)."""
    pixels = np.ascontiguousarray(color_rgb)
    return bytes(simplejpeg.encode_jpeg(pixels, COLOR_QUALITY, "RGB", "420"))


def decode_jpeg(payload: bytes, shape: tuple[int, int]) -> UInt8:
    """Decode colour of exactly `shape` as RGB; ValueError for anything else."""
    height, width = jpeg_size(payload)
    if (height, width) != shape:
        raise ValueError(f"JPEG is {width}x{height}, expected {shape[1]}x{shape[0]}")
    return frozen(np.asarray(simplejpeg.decode_jpeg(payload, "RGB")))


def encode_grey(grey: UInt8) -> bytes:
    """Encode brightness, uint8 (height, width), as JPEG."""
    pixels = np.ascontiguousarray(grey)[..., None]
    return bytes(simplejpeg.encode_jpeg(pixels, GREY_QUALITY, "GRAY", "Gray"))


def decode_grey(payload: bytes, shape: tuple[int, int]) -> UInt8:
    """Decode brightness of exactly `shape` from JPEG; ValueError for anything else."""
    height, width = jpeg_size(payload)
    if (height, width) != shape:
        raise ValueError(f"JPEG is {width}x{height}, expected {shape[1]}x{shape[0]}")
    return frozen(np.asarray(simplejpeg.decode_jpeg(payload, "GRAY"))[..., 0])


def jpeg_size(payload: bytes) -> tuple[int, int]:
    """(height, width) that a JPEG's header announces; ValueError for damaged bytes."""
    height, width, _, _ = simplejpeg.decode_jpeg_header(payload)
    return int(height), int(width)


def encode_png(pixels: NDArray[Any]) -> bytes:
    """Encode uint8 or uint16, (height, width) or (height, width, 3), without loss."""
    return bytes(imagecodecs.png_encode(np.ascontiguousarray(pixels), level=PNG_LEVEL))


def decode_png(payload: bytes, shape: tuple[int, ...], dtype: type) -> NDArray[Any]:
    """Decode a PNG of exactly `shape` and `dtype`; ValueError for anything else."""
    pixels: NDArray[Any] = np.empty(shape, dtype)
    try:
        imagecodecs.png_decode(payload, out=pixels)
    except (imagecodecs.PngError, ValueError) as error:
        raise ValueError(f"PNG cannot be decoded: {error}") from error
    return frozen(pixels)
