"""Records of a ROS 1 bag (format 2.0): parse and build. Lengths are bounded by what is there."""

from __future__ import annotations

import bz2
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

import lz4.frame

MAGIC = b"#ROSBAG V2.0\n"
MAX_CHUNK_BYTES = 256 * 1024 * 1024  # the recorder closes chunks after about one image
BAG_HEADER_BYTES = 4096  # padded, so that it can be rewritten in place

OP_MESSAGE: Final = 2
OP_BAG_HEADER: Final = 3
OP_INDEX: Final = 4
OP_CHUNK: Final = 5
OP_CHUNK_INFO: Final = 6
OP_CONNECTION: Final = 7

STEP_BYTES = 64 * 1024
U32 = struct.Struct("<I")
U64 = struct.Struct("<Q")


class CutError(Exception):
    """The bytes end inside a record, or are none."""


@dataclass(frozen=True)
class BagRecord:
    """One record; `offset` and `end` are its place in its file or chunk."""

    offset: int
    end: int
    fields: Mapping[str, bytes]
    data: bytes

    @property
    def op(self) -> int:
        """Kind of the record."""
        value = self.fields.get("op", b"\0")
        return value[0] if value else 0

    def u32(self, name: str) -> int:
        """Return a 32-bit field; CutError where it is missing."""
        value = self.fields.get(name, b"")
        if len(value) != U32.size:
            raise CutError(f"field {name} is missing")
        return int(U32.unpack(value)[0])

    def text(self, name: str) -> str:
        """Return a text field, "" where it is missing."""
        return self.fields.get(name, b"").decode("utf-8", "replace")


def read_record(stream: BinaryIO, size: int) -> BagRecord | None:
    """Return the next record of a file of `size` bytes, None at its end."""
    offset = stream.tell()
    if offset == size:
        return None
    header = _read_block(stream, size)
    data = _read_block(stream, size)
    return BagRecord(offset, stream.tell(), parse_fields(header), data)


def _read_block(stream: BinaryIO, size: int) -> bytes:
    prefix = stream.read(U32.size)
    if len(prefix) < U32.size:
        raise CutError(f"cut short after {size} bytes")
    (length,) = U32.unpack(prefix)
    left = size - stream.tell()
    if length > left:
        raise CutError(f"cut short: {length} bytes announced, {left} left")
    if length > MAX_CHUNK_BYTES:
        raise CutError(f"a block of {length} bytes, at most {MAX_CHUNK_BYTES} allowed")
    return stream.read(length)


def records_in(data: bytes) -> Iterator[BagRecord]:
    """Yield the whole records of an uncompressed chunk; an incomplete last one is left out."""
    offset = 0
    while True:
        header, middle = _block(data, offset)
        body, end = _block(data, middle)
        if header is None or body is None:
            return
        yield BagRecord(offset, end, parse_fields(header), body)
        offset = end


def _block(data: bytes, offset: int) -> tuple[bytes | None, int]:
    start = offset + U32.size
    if start > len(data):
        return None, offset
    (length,) = U32.unpack_from(data, offset)
    if length > len(data) - start:
        return None, offset
    return data[start : start + length], start + length


def cut_record(data: bytes, offset: int) -> BagRecord | None:
    """Return the record that starts at `offset` with as much of its data as there is."""
    header, middle = _block(data, offset)
    if header is None:
        return None
    return BagRecord(offset, len(data), parse_fields(header), data[middle + U32.size :])


def parse_fields(header: bytes) -> dict[str, bytes]:
    """Parse a record's header; CutError where it is malformed."""
    fields: dict[str, bytes] = {}
    offset = 0
    while offset < len(header):
        field, offset_after = _block(header, offset)
        if field is None or b"=" not in field:
            raise CutError("a record's header is malformed")
        name, value = field.split(b"=", 1)
        fields[name.decode("ascii", "replace")] = value
        offset = offset_after
    return fields


def build_record(fields: Mapping[str, bytes], data: bytes) -> bytes:
    """Serialise one record."""
    parts = [name.encode() + b"=" + value for name, value in fields.items()]
    header = b"".join(U32.pack(len(part)) + part for part in parts)
    return U32.pack(len(header)) + header + U32.pack(len(data)) + data


def decompress(compression: str, data: bytes, size: int) -> tuple[bytes, bool]:
    """Return what a chunk holds, and whether that is all of it, proven by its checksum if any.

    A chunk that was cut gives what stands before the cut; uncompressed chunks carry no checksum.
    """
    if not 0 <= size <= MAX_CHUNK_BYTES:
        raise CutError(f"a chunk of {size} bytes, at most {MAX_CHUNK_BYTES} allowed")
    if compression == "none":
        return data[:size], len(data) == size
    if compression not in ("lz4", "bz2"):
        raise CutError(f"unknown compression {compression!r}")
    decoder = lz4.frame.LZ4FrameDecompressor() if compression == "lz4" else bz2.BZ2Decompressor()
    output = bytearray()
    try:
        for start in range(0, len(data), STEP_BYTES):
            if decoder.eof or len(output) > size:
                break
            output += decoder.decompress(data[start : start + STEP_BYTES], size + 1 - len(output))
    except (RuntimeError, OSError) as error:
        raise CutError(f"a chunk cannot be decompressed ({error})") from error
    return bytes(output), decoder.eof and len(output) == size
