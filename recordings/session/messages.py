"""Messages of an MCAP file in file order, up to the first byte that cannot be trusted.

Every length is bounded by what is left of the file before anything is allocated, every
chunk's CRC is checked, and a file that ends without its footer is reported as cut short.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
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
FOOTER_BYTES = FRAMING.size + 20 + len(MAGIC)
PARSE_ERRORS = (McapError, struct.error, UnicodeDecodeError, ValueError)

T = TypeVar("T")


class DamagedError(Exception):
    """The file cannot be followed beyond this point; the text says why."""


@dataclass(frozen=True)
class TopicMessage:
    """One message with the name of its topic."""

    topic: str
    data: bytes


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
        for opcode, body in self._records():
            if opcode == Opcode.CHUNK:
                yield from self._chunk_messages(_parse(Chunk.read, body))
            elif opcode == Opcode.FOOTER:
                if self._stream.read(len(MAGIC)) != MAGIC:
                    raise DamagedError("its last bytes are missing")
                return

    def _records(self) -> Iterator[tuple[int, bytes]]:
        while True:
            framing = self._stream.read(FRAMING.size)
            if len(framing) < FRAMING.size:
                raise DamagedError(f"it is cut short after {self._size} bytes")
            opcode, length = FRAMING.unpack(framing)
            left = self._size - self._stream.tell()
            if length > left:
                raise DamagedError(f"it is cut short: {length} bytes announced, {left} left")
            if length > MAX_RECORD_BYTES:
                raise DamagedError(
                    f"a record of {length} bytes, at most {MAX_RECORD_BYTES} allowed"
                )
            yield opcode, self._stream.read(length)

    def _chunk_messages(self, chunk: Chunk) -> Iterator[TopicMessage]:
        if chunk.compression:
            raise DamagedError(f"its chunks are compressed ({chunk.compression}), ours never are")
        if len(chunk.data) != chunk.uncompressed_size:
            raise DamagedError("a chunk is shorter than it says")
        if zlib.crc32(chunk.data) != chunk.uncompressed_crc:
            raise DamagedError("a chunk's checksum does not match")
        for opcode, body in _split(chunk.data):
            if opcode == Opcode.CHANNEL:
                channel = _parse(Channel.read, body)
                self._topics[channel.id] = channel.topic
            elif opcode == Opcode.MESSAGE:
                message = _parse(partial(Message.read, length=len(body)), body)
                topic = self._topics.get(message.channel_id)
                if topic is None:
                    raise DamagedError("a message belongs to no known channel")
                yield TopicMessage(topic, message.data)

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
