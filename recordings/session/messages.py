"""Messages of an MCAP file in file order, up to the first byte that cannot be trusted.

Every length is bounded by what is left of the file before anything is allocated, every
chunk's CRC is checked, and a file that ends without its footer is reported as cut short.
Of a chunk that the cut goes through, the whole messages are handed over: its CRC says nothing
about a part, so they are marked unproven.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, TypeVar

from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, Footer, Message, Metadata, Statistics

MAGIC = b"\x89MCAP0\r\n"
MAX_RECORD_BYTES = 64 * 1024 * 1024  # no frame of a supported camera comes near
FRAMING = struct.Struct("<BQ")
CHUNK_HEAD = struct.Struct("<QQQIIQ")  # times, size, CRC, name of no compression, size of records
FOOTER_BYTES = FRAMING.size + 20 + len(MAGIC)
PARSE_ERRORS = (McapError, struct.error, UnicodeDecodeError, ValueError)

T = TypeVar("T")


class DamagedError(Exception):
    """The file cannot be followed beyond this point; the text says why."""


class CutError(DamagedError):
    """The file ends inside a record; `body` is what there is of a chunk, else empty."""

    def __init__(self, reason: str, body: bytes = b"") -> None:
        super().__init__(reason)
        self.body = body


@dataclass(frozen=True)
class TopicMessage:
    """One message with the name of its topic; `is_proven` if its chunk's CRC matches."""

    topic: str
    data: bytes
    log_time_ns: int
    is_proven: bool


class MessageReader:
    """Reads one MCAP file front to back.

    Raises
    ------
    DamagedError
        From the constructor: no MCAP file. From the iterators: damaged or cut short.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        if stream.read(len(MAGIC)) != MAGIC:
            raise DamagedError("it does not start like an MCAP file")
        self._topics: dict[int, str] = {}

    def metadata(self, name: str) -> dict[str, str]:
        """Return the metadata record `name`, which must precede all chunks."""
        for opcode, body in self._records():
            if opcode == Opcode.METADATA:
                record = _parse(Metadata.read, body)
                if record.name == name:
                    return dict(record.metadata)
            if opcode in (Opcode.CHUNK, Opcode.FOOTER):
                break
        raise DamagedError(f"it has no record {name!r} before its first chunk")

    def message_count(self, topic: str) -> int | None:
        """Return how many messages the summary counts under `topic`; None for a cut file."""
        position = self._stream.tell()
        try:
            return self._count_from_summary(topic)
        except DamagedError:
            return None
        finally:
            self._stream.seek(position)

    def messages(self) -> Iterator[TopicMessage]:
        """Yield every message after the current position; raise at the first damage."""
        try:
            for opcode, body in self._records():
                if opcode == Opcode.CHUNK:
                    records = _split(_checked_data(_parse(Chunk.read, body)))
                    yield from self._topic_messages(records, is_proven=True)
                elif opcode == Opcode.FOOTER:
                    if self._stream.read(len(MAGIC)) != MAGIC:
                        raise DamagedError("its last bytes are missing")
                    return
        except CutError as cut:
            yield from self._topic_messages(_split_cut(cut.body), is_proven=False)
            raise

    def _records(self) -> Iterator[tuple[int, bytes]]:
        while True:
            framing = self._stream.read(FRAMING.size)
            if len(framing) < FRAMING.size:
                raise CutError(f"it is cut short after {self._size} bytes")
            opcode, length = FRAMING.unpack(framing)
            left = self._size - self._stream.tell()
            if length > MAX_RECORD_BYTES:
                raise DamagedError(
                    f"a record of {length} bytes, at most {MAX_RECORD_BYTES} allowed"
                )
            if length > left:
                reason = f"it is cut short: {length} bytes announced, {left} left"
                is_chunk = opcode == Opcode.CHUNK
                raise CutError(reason, _cut_data(self._stream.read(), length) if is_chunk else b"")
            yield opcode, self._stream.read(length)

    def _topic_messages(
        self, records: Iterator[tuple[int, bytes]], *, is_proven: bool
    ) -> Iterator[TopicMessage]:
        for opcode, body in records:
            if opcode == Opcode.CHANNEL:
                channel = _parse(Channel.read, body)
                self._topics[channel.id] = channel.topic
            elif opcode == Opcode.MESSAGE:
                message = _parse(partial(Message.read, length=len(body)), body)
                topic = self._topics.get(message.channel_id)
                if topic is None:
                    raise DamagedError("a message belongs to no known channel")
                yield TopicMessage(topic, message.data, message.log_time, is_proven)

    def _count_from_summary(self, topic: str) -> int | None:
        if self._size < FOOTER_BYTES + len(MAGIC):
            return None
        self._stream.seek(self._size - FOOTER_BYTES)
        opcode, body = next(self._records())
        if opcode != Opcode.FOOTER:
            return None
        start = _parse(Footer.read, body).summary_start
        if not 0 < start < self._size:
            return None
        self._stream.seek(start)
        ids: set[int] = set()
        counts: dict[int, int] = {}
        for opcode, body in self._records():
            if opcode == Opcode.CHANNEL:
                channel = _parse(Channel.read, body)
                ids |= {channel.id} if channel.topic == topic else set()
            elif opcode == Opcode.STATISTICS:
                counts = _parse(Statistics.read, body).channel_message_counts
            elif opcode == Opcode.FOOTER:
                break
        return sum(counts.get(channel_id, 0) for channel_id in ids)


def _checked_data(chunk: Chunk) -> bytes:
    """Return the records of a whole chunk; DamagedError unless its CRC matches."""
    if chunk.compression:
        raise DamagedError(f"its chunks are compressed ({chunk.compression}), ours never are")
    if len(chunk.data) != chunk.uncompressed_size:
        raise DamagedError("a chunk is shorter than it says")
    if zlib.crc32(chunk.data) != chunk.uncompressed_crc:
        raise DamagedError("a chunk's checksum does not match")
    return bytes(chunk.data)


def _cut_data(body: bytes, announced: int) -> bytes:
    """Return what there is of the records of a chunk that was cut; empty unless it says so itself.

    The chunk's three lengths must agree: a length that was changed is no cut.
    """
    if len(body) < CHUNK_HEAD.size:
        return b""
    _, _, uncompressed, _, n_compression, n_records = CHUNK_HEAD.unpack_from(body)
    is_ours = n_compression == 0 and uncompressed == n_records == announced - CHUNK_HEAD.size
    return body[CHUNK_HEAD.size :] if is_ours else b""


def _split_cut(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (opcode, body) of the whole records at the start of a chunk that was cut."""
    with suppress(DamagedError):  # the cut, of which the caller knows
        yield from _split(data)


def _split(data: bytes) -> Iterator[tuple[int, bytes]]:
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


def _parse(read: Callable[[ReadDataStream], T], body: bytes) -> T:
    """Parse one record from bytes that are all in memory: no length can ask for more."""
    try:
        return read(ReadDataStream(io.BytesIO(body)))
    except PARSE_ERRORS as error:
        raise DamagedError(f"a record cannot be read ({error})") from error
