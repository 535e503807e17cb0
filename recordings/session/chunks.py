"""Records and chunks of an MCAP file as bytes: bounded, followed only where they prove right."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError

MAX_RECORD_BYTES = 16 * 1024 * 1024  # a chunk holds one frame's largest image and a little more
MAX_OTHER_BYTES = 4 * 1024 * 1024  # header with its texts, statistics, indexes
FRAMING = struct.Struct("<BQ")
CHUNK_HEAD = struct.Struct("<QQQIIQ")  # times, size, CRC, name of no compression, size of records
PARSE_ERRORS = (McapError, struct.error, UnicodeDecodeError, ValueError)

Bytes = bytes | memoryview
T = TypeVar("T")


class DamagedError(Exception):
    """The file cannot be followed beyond this point; the text says why."""


class CutError(DamagedError):
    """The file ends inside a record; `body` is what there is of a chunk's records, else empty."""

    def __init__(self, reason: str, body: Bytes = b"") -> None:
        super().__init__(reason)
        self.body = body


def one_more(n: int, most: int, what: str) -> int:
    """Count records that bring nothing; DamagedError where there are more than `most` in a row."""
    if n >= most:
        raise DamagedError(f"more than {most} {what}")
    return n + 1


def checked_data(body: Bytes) -> memoryview:
    """Return the records of a whole chunk; DamagedError unless its CRC matches."""
    if len(body) < CHUNK_HEAD.size:
        raise DamagedError("a chunk is shorter than it says")
    _, _, uncompressed, crc, n_compression, n_records = CHUNK_HEAD.unpack_from(body)
    if n_compression:
        name = bytes(body[32 : 32 + min(n_compression, 16)]).decode("ascii", "replace")
        raise DamagedError(f"its chunks are compressed ({name}), ours never are")
    data = memoryview(body)[CHUNK_HEAD.size :]
    if not len(data) == uncompressed == n_records:
        raise DamagedError("a chunk is shorter than it says")
    if zlib.crc32(data) != crc:
        raise DamagedError("a chunk's checksum does not match")
    return data


def cut_data(body: Bytes, announced: int) -> Bytes:
    """Return what there is of the records of a chunk that was cut; empty unless it says so itself.

    The chunk's three lengths must agree: a length that was changed is no cut.
    """
    if len(body) < CHUNK_HEAD.size:
        return b""
    _, _, uncompressed, _, n_compression, n_records = CHUNK_HEAD.unpack_from(body)
    is_ours = n_compression == 0 and uncompressed == n_records == announced - CHUNK_HEAD.size
    return body[CHUNK_HEAD.size :] if is_ours else b""


def split_cut(data: Bytes) -> Iterator[tuple[int, Bytes]]:
    """Yield (opcode, body) of the whole records at the start of a chunk that was cut."""
    with suppress(DamagedError):  # the cut, of which the caller knows
        yield from split(data)


def split(data: Bytes) -> Iterator[tuple[int, Bytes]]:
    """Yield (opcode, body) of the records inside a chunk."""
    offset = 0
    while offset < len(data):
        if len(data) - offset < FRAMING.size:
            raise DamagedError("a chunk ends inside a record")
        opcode, length = FRAMING.unpack_from(data, offset)
        offset += FRAMING.size
        if length > len(data) - offset:
            raise DamagedError("a chunk ends inside a record")
        yield opcode, data[offset : offset + length]
        offset += length


def parsed(read: Callable[[ReadDataStream], T], body: Bytes) -> T:
    """Parse one record from bytes that are all in memory: no length can ask for more."""
    try:
        return read(ReadDataStream(io.BytesIO(body)))
    except PARSE_ERRORS as error:
        raise DamagedError(f"a record cannot be read ({error})") from error
