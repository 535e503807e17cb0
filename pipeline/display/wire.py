"""Messages from the session to the display server, and frames from the server to a page.

`PROTOCOL.md` describes both. Every length is held to a cap before anything is taken for it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import frozen

PROTOCOL = 2
PICTURE, FRAME = "picture", "frame"  # kinds of message
MAX_HEADER_BYTES = 512 * 1024
MAX_IMAGES_BYTES = 64 * 1024 * 1024  # colour, depth and labels of 4K frames
MAX_IMAGES = 4
MAX_SIDE_PX = 8192
PREFIX = struct.Struct(">IIQ")  # header bytes, image bytes, exposure ns on CLOCK_MONOTONIC
PAGE_PREFIX = struct.Struct(">IId")  # header bytes, picture bytes, age ms

Image = NDArray[np.uint8] | NDArray[np.uint16]
_TYPES: dict[str, type[np.uint8] | type[np.uint16]] = {"uint8": np.uint8, "uint16": np.uint16}


class WireError(ValueError):
    """What came is no message of this protocol."""


@dataclass(frozen=True, eq=False)
class Message:
    """One message of the session.

    Attributes
    ----------
    header
        What the page is shown and what is drawn from.
    images
        By name; read-only.
    exposure_ns
        Of the frame, on CLOCK_MONOTONIC.
    """

    header: Mapping[str, Any]
    images: Mapping[str, Image]
    exposure_ns: int

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture ahead of its frame."""
        return self.header.get("kind") == PICTURE


@dataclass(frozen=True)
class Prefix:
    """What a message announces of itself."""

    header_bytes: int
    images_bytes: int
    exposure_ns: int


def pack(
    header: Mapping[str, object], images: Mapping[str, Image], exposure_ns: int
) -> list[memoryview]:
    """Return the message as buffers to be sent one after the other; no image is copied.

    Raises
    ------
    ValueError
        A number is NaN, an image has a type of no use here, or a cap is exceeded.
    """
    listed = [
        {"name": name, "shape": list(image.shape), "type": str(image.dtype)}
        for name, image in images.items()
    ]
    told = json.dumps({**header, "images": listed}, allow_nan=False).encode()
    whole = [np.ascontiguousarray(image) for image in images.values()]
    n_bytes = sum(image.nbytes for image in whole)
    _check_lengths(len(told), n_bytes)
    prefix = PREFIX.pack(len(told), n_bytes, max(exposure_ns, 0))
    return [memoryview(prefix + told), *(image.data.cast("B") for image in whole)]


def read_prefix(data: bytes) -> Prefix:
    """Read the first bytes of a message. Raises WireError beyond a cap."""
    prefix = Prefix(*PREFIX.unpack(data))
    _check_lengths(prefix.header_bytes, prefix.images_bytes)
    return prefix


def unpack(prefix: Prefix, header: bytes, images: memoryview) -> Message:
    """Read the rest of a message. Raises WireError where it contradicts itself."""
    try:
        table = json.loads(header)
    except ValueError as error:
        raise WireError("the header is no JSON") from error
    if not isinstance(table, dict):
        raise WireError("the header is no table")
    return Message(table, _images(table.pop("images", None), images), prefix.exposure_ns)


def pack_for_page(header: bytes, picture: bytes, age_ms: float) -> bytes:
    """Return one frame as a page gets it; no picture where that went ahead."""
    return b"".join((PAGE_PREFIX.pack(len(header), len(picture), age_ms), header, picture))


def pack_picture_for_page(number: int, picture: bytes) -> bytes:
    """Return a picture as a page gets it ahead of its frame."""
    header = {"protocol": PROTOCOL, "kind": PICTURE, "number": number}
    return pack_for_page(json.dumps(header).encode(), picture, 0.0)


def unpack_for_page(data: bytes) -> tuple[dict[str, object], bytes, float]:
    """Header, picture and age in ms of a frame, or of a picture. Raises WireError for neither."""
    if len(data) < PAGE_PREFIX.size:
        raise WireError("too short for a frame")
    n_header, n_picture, age_ms = PAGE_PREFIX.unpack_from(data)
    if len(data) != PAGE_PREFIX.size + n_header + n_picture:
        raise WireError("a frame's lengths contradict each other")
    end = PAGE_PREFIX.size + n_header
    return json.loads(data[PAGE_PREFIX.size : end]), data[end:], age_ms


def _check_lengths(header_bytes: int, images_bytes: int) -> None:
    if not 0 < header_bytes <= MAX_HEADER_BYTES:
        raise WireError(f"a header of {header_bytes} bytes; at most {MAX_HEADER_BYTES}")
    if images_bytes > MAX_IMAGES_BYTES:
        raise WireError(f"images of {images_bytes} bytes; at most {MAX_IMAGES_BYTES}")


def _images(listed: object, data: memoryview) -> dict[str, Image]:
    if not isinstance(listed, list) or len(listed) > MAX_IMAGES:
        raise WireError("no list of images")
    found: dict[str, Image] = {}
    start = 0
    for entry in listed:
        name, shape, kind = _entry(entry)
        n_bytes = int(np.prod(shape)) * np.dtype(kind).itemsize
        if start + n_bytes > len(data):
            raise WireError("fewer image bytes than the header lists")
        found[name] = frozen(np.frombuffer(data[start : start + n_bytes], kind).reshape(shape))
        start += n_bytes
    if start != len(data):
        raise WireError("more image bytes than the header lists")
    return found


def _entry(entry: object) -> tuple[str, Sequence[int], type[np.uint8] | type[np.uint16]]:
    if not isinstance(entry, dict):
        raise WireError("an image is not described")
    name, shape, kind = entry.get("name"), entry.get("shape"), _TYPES.get(str(entry.get("type")))
    if not isinstance(name, str) or kind is None or not isinstance(shape, list):
        raise WireError("an image is not described")
    is_size = all(isinstance(side, int) and 0 < side <= MAX_SIDE_PX for side in shape)
    if len(shape) not in (2, 3) or not is_size:
        raise WireError("an image has no possible shape")
    return name, shape, kind
