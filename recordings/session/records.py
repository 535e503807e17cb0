"""Records of an MCAP file where they lie: each length is bounded before anything is allocated."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

from mcap.opcode import Opcode
from mcap.records import Footer, Metadata

from recordings.session.chunks import (
    FRAMING,
    MAX_OTHER_BYTES,
    MAX_RECORD_BYTES,
    CutError,
    DamagedError,
    cut_data,
    one_more,
    parsed,
)

MAGIC = b"\x89MCAP0\r\n"
CRC_BYTES = 4
FOOTER_BYTES = FRAMING.size + 16 + CRC_BYTES + len(MAGIC)
MAX_ENTRIES = 8  # of a metadata record: ours have two
LENGTH = struct.Struct("<I")
MAX_IDLE_RECORDS = 256  # in a row that are no message; a chunk has an index a topic behind it


class RecordFile:
    """A stream of records, its position and its size.

    Raises
    ------
    DamagedError
        From the constructor: no MCAP file.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        if stream.read(len(MAGIC)) != MAGIC:
            raise DamagedError("it does not start like an MCAP file")

    def following(self) -> Iterator[tuple[int, bytes]]:
        """Yield (opcode, body) from the position on; DamagedError where one cannot be followed."""
        while True:
            framing = self.stream.read(FRAMING.size)
            if len(framing) < FRAMING.size:
                raise CutError(f"it is cut short after {self.size} bytes")
            opcode, length = FRAMING.unpack(framing)
            left = self.size - self.stream.tell()
            most = MAX_RECORD_BYTES if opcode == Opcode.CHUNK else MAX_OTHER_BYTES
            if length > most:
                raise DamagedError(f"a record of {length} bytes, at most {most} allowed")
            if length > left:
                reason = f"it is cut short: {length} bytes announced, {left} left"
                is_chunk = opcode == Opcode.CHUNK
                raise CutError(reason, cut_data(self.stream.read(), length) if is_chunk else b"")
            yield opcode, self.stream.read(length)

    def placed(self, place: int, kind: Opcode) -> Iterator[bytes]:
        """Bodies of the records of one kind that lie in a row from `place` on."""
        if not 0 < place < self.size:
            return
        self.stream.seek(place)
        for n_seen, (opcode, body) in enumerate(self.following()):
            if opcode != kind or n_seen >= MAX_IDLE_RECORDS:
                return
            yield body

    def footer(self, earliest: int) -> Footer | None:
        """The footer at the file's end, if it lies behind `earliest`; None for a cut file."""
        start = self.size - FOOTER_BYTES
        if start < earliest:
            return None
        self.stream.seek(start)
        framing = self.stream.read(FRAMING.size)
        body = self.stream.read(FOOTER_BYTES - FRAMING.size - len(MAGIC))
        if FRAMING.unpack(framing) != (Opcode.FOOTER, len(body)):
            return None
        return parsed(Footer.read, body) if self.stream.read(len(MAGIC)) == MAGIC else None


def metadata_of(body: bytes) -> Metadata:
    """Parse a metadata record; DamagedError where it has more than a few entries.

    They are counted by their lengths before any is read: a record of 4 MiB can hold half a million.
    """
    place = _behind_text(body, 0)
    end = min(len(body), place + LENGTH.size + _length(body, place))
    place += LENGTH.size
    n_entries = 0
    while place < end:
        n_entries = one_more(n_entries, MAX_ENTRIES, "entries of a metadata record")
        place = _behind_text(body, _behind_text(body, place))
    record: Metadata = parsed(Metadata.read, body)
    return record


def _behind_text(body: bytes, place: int) -> int:
    return place + LENGTH.size + _length(body, place)


def _length(body: bytes, place: int) -> int:
    if place + LENGTH.size > len(body):
        raise DamagedError("a metadata record is shorter than it says")
    (length,) = LENGTH.unpack_from(body, place)
    return int(length)
