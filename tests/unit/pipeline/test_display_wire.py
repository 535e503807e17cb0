"""Messages between session, display server and page: whole, and refused where they are not."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from pipeline.display import wire
from pipeline.display.wire import PREFIX, Image, WireError, pack, pack_for_page, read_prefix, unpack

COLOUR = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
DEPTH = np.arange(24, dtype=np.uint16).reshape(4, 6) * 700


def parts(header: dict[str, Any], **images: Image) -> tuple[bytes, bytes, memoryview]:
    """Prefix, header and images of a packed message."""
    data = b"".join(pack(header, images, 17))
    prefix = read_prefix(data[: PREFIX.size])
    end = PREFIX.size + prefix.header_bytes
    return data[: PREFIX.size], data[PREFIX.size : end], memoryview(data)[end:]


def test_what_is_packed_comes_out() -> None:
    prefix, header, images = parts({"sequence": 3}, colour=COLOUR, depth=DEPTH[:, ::2])
    message = unpack(read_prefix(prefix), header, images)
    assert message.header == {"sequence": 3}
    assert message.exposure_ns == 17
    np.testing.assert_array_equal(message.images["colour"], COLOUR)
    np.testing.assert_array_equal(message.images["depth"], DEPTH[:, ::2])
    assert not message.images["depth"].flags.writeable


def test_a_contiguous_image_is_not_copied() -> None:
    buffers = pack({}, {"colour": COLOUR}, 0)
    assert np.shares_memory(np.frombuffer(buffers[1], np.uint8), COLOUR)


def test_no_nan_is_packed() -> None:
    with pytest.raises(ValueError, match="JSON"):
        pack({"value": float("nan")}, {}, 0)


@pytest.mark.parametrize(
    ("header_bytes", "images_bytes"),
    [
        (0, 0),
        (wire.MAX_HEADER_BYTES + 1, 0),
        (10, wire.MAX_IMAGES_BYTES + 1),
        (2**32 - 1, 2**32 - 1),
    ],
)
def test_lengths_beyond_their_caps_are_refused(header_bytes: int, images_bytes: int) -> None:
    with pytest.raises(WireError, match="at most"):
        read_prefix(PREFIX.pack(header_bytes, images_bytes, 0))


def image(**change: object) -> list[dict[str, Any]]:
    return [{"name": "colour", "shape": [2, 3], "type": "uint8", **change}]


@pytest.mark.parametrize(
    ("header", "n_bytes"),
    [
        (b"{", 0),
        (b"[]", 0),
        (b"{}", 0),
        (json.dumps({"images": [{}] * 9}).encode(), 0),
        (json.dumps({"images": [1]}).encode(), 0),
        (json.dumps({"images": image()}).encode(), 5),
        (json.dumps({"images": image()}).encode(), 7),
        (json.dumps({"images": image(type="float64")}).encode(), 6),
        (json.dumps({"images": image(shape=[-2, -3])}).encode(), 6),
        (json.dumps({"images": image(shape=[10**9, 10**9])}).encode(), 6),
        (json.dumps({"images": image(shape=[6])}).encode(), 6),
        (json.dumps({"images": image(shape="23")}).encode(), 6),
        (json.dumps({"images": image(name=3)}).encode(), 6),
    ],
)
def test_what_contradicts_itself_is_refused(header: bytes, n_bytes: int) -> None:
    prefix = read_prefix(PREFIX.pack(len(header), n_bytes, 0))
    with pytest.raises(WireError):
        unpack(prefix, header, memoryview(bytes(n_bytes)))


def test_a_page_gets_header_picture_and_age() -> None:
    data = pack_for_page(b'{"a": 1}', b"jpeg", 12.5)
    assert wire.unpack_for_page(data) == ({"a": 1}, b"jpeg", 12.5)
    for spoilt in (data[:-1], data + b"x", data[:10]):
        with pytest.raises(WireError):
            wire.unpack_for_page(spoilt)
