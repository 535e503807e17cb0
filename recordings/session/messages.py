"""Messages of an MCAP file in file order, up to the first byte that cannot be trusted.

Every length is bounded by what is left of the file before anything is allocated, every
chunk's CRC is checked, and a file that ends without its footer is reported as cut short.
Of a chunk that the cut goes through, the whole messages are handed over: its CRC says nothing
about a part, so they are marked unproven. Behind the last message nothing is followed: the summary
is proven by its CRC.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from mcap.opcode import Opcode
from mcap.records import Channel, Footer, Message, Metadata, Statistics

from recordings.session.chunks import (
    FRAMING,
    MAX_OTHER_BYTES,
    MAX_RECORD_BYTES,
    CutError,
    DamagedError,
    checked_data,
    cut_data,
    one_more,
    parsed,
    split,
    split_cut,
)
from recordings.session.schema import MAX_PART_BYTES

MAGIC = b"\x89MCAP0\r\n"
CRC_BYTES = 4
FOOTER_BYTES = FRAMING.size + 16 + CRC_BYTES + len(MAGIC)
MAX_RECORDS_BEFORE_HEADER = 64  # the session's header is the second record
MAX_IDLE_RECORDS = 256  # in a row that are no message; a chunk has an index a topic behind it
NO_MESSAGE = "records in a row hold no message"
PIECE_BYTES = 1 << 20  # that are read of a summary at a time


@dataclass(frozen=True)
class TopicMessage:
    """One message with the name of its topic.

    `is_proven` if its chunk's CRC matches; `sequence` is the position of its frame.
    """

    topic: str
    data: bytes
    log_time_ns: int
    is_proven: bool
    sequence: int


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
        self._chunk_places: list[int] | None = None
        self._start = len(MAGIC)  # where chunks are looked for

    def metadata(self, name: str) -> dict[str, str]:
        """Return the metadata record `name`, which must precede all chunks."""
        for n_seen, (opcode, body) in enumerate(self._records()):
            if opcode == Opcode.METADATA:
                record = parsed(Metadata.read, body)
                if record.name == name:
                    self._start = self._stream.tell()
                    return dict(record.metadata)
            if opcode in (Opcode.CHUNK, Opcode.FOOTER) or n_seen >= MAX_RECORDS_BEFORE_HEADER:
                break
        raise DamagedError(f"it has no record {name!r} before its first chunk")

    def message_count(self, topic: str) -> int | None:
        """Return how many messages the summary counts under `topic`; None for a cut file."""
        summary = self._summary()
        if summary is None:
            return None
        topics, counts = summary
        count = sum(counts.get(channel, 0) for channel, name in topics.items() if name == topic)
        return count if count <= self._size else None  # else it says what cannot be

    def topics(self) -> dict[int, str]:
        """Return the channels that the summary names, by number; none for a cut file."""
        summary = self._summary()
        return {} if summary is None else summary[0]

    def seek(self, sequence: int) -> None:
        """Go to the first chunk that may hold messages of `sequence`; heads alone are read before.

        Back too, wherever was read before. The chunks' order is that of their sequences. Raises
        DamagedError where the file cannot be followed to the first chunk.
        """
        if self._chunk_places is None:
            self._chunk_places = self._find_chunks(self._start)
        places = self._chunk_places
        if not places:
            raise DamagedError("it has no chunk")
        self._first_sequence(places[0])  # where the channels are named
        low, high = 0, len(places)
        while high - low > 1:  # the chunk at `low` begins before `sequence`, or is the first
            middle = (low + high) // 2
            if self._first_sequence(places[middle]) < sequence:
                low = middle
            else:
                high = middle
        self._stream.seek(places[low])

    def messages(self) -> Iterator[TopicMessage]:
        """Yield every message after the current position; raise at the first damage."""
        n_idle = 0
        try:
            for opcode, body in self._records():
                n_idle = one_more(n_idle, MAX_IDLE_RECORDS, NO_MESSAGE)
                if opcode == Opcode.CHUNK:
                    for message in self.of_chunk(body):
                        n_idle = 0
                        yield message
                elif opcode == Opcode.DATA_END:
                    self._check_end()
                    return
                del body  # before the next one is read: each may have 16 MiB
        except CutError as cut:
            yield from self.of_cut_chunk(cut.body)
            raise

    def of_chunk(self, body: bytes | memoryview) -> Iterator[TopicMessage]:
        """Messages of a whole chunk; DamagedError unless its CRC matches."""
        yield from self._topic_messages(split(checked_data(body)), is_proven=True)

    def of_cut_chunk(self, records: bytes | memoryview) -> Iterator[TopicMessage]:
        """Whole messages at the start of a cut chunk's records, up to one that is none.

        The caller knows that the file ends here.
        """
        with suppress(DamagedError):
            yield from self._topic_messages(split_cut(records), is_proven=False)

    def name_topics(self, topics: dict[int, str]) -> None:
        """Know channels that the file itself may have lost."""
        self._topics.update(topics)

    def _find_chunks(self, start: int) -> list[int]:
        """Where chunks begin, up to a length that cannot be followed, or records without end."""
        places, place, n_idle = list[int](), start, 0
        while place + FRAMING.size <= self._size and n_idle < MAX_IDLE_RECORDS:
            self._stream.seek(place)
            opcode, length = FRAMING.unpack(self._stream.read(FRAMING.size))
            is_cut = place + FRAMING.size + length > self._size
            if opcode == Opcode.DATA_END or length > MAX_RECORD_BYTES or is_cut:
                break  # what is whole of a cut chunk is read behind the one before
            n_idle += 1
            if opcode == Opcode.CHUNK:
                places.append(place)
                n_idle = 0
            place += FRAMING.size + length
        return places

    def _first_sequence(self, place: int) -> int:
        self._stream.seek(place)
        opcode, body = next(self._records())
        first = next(self.of_chunk(body), None) if opcode == Opcode.CHUNK else None
        if first is None:
            raise DamagedError("a chunk without messages")
        return first.sequence

    def _records(self) -> Iterator[tuple[int, bytes]]:
        while True:
            framing = self._stream.read(FRAMING.size)
            if len(framing) < FRAMING.size:
                raise CutError(f"it is cut short after {self._size} bytes")
            opcode, length = FRAMING.unpack(framing)
            left = self._size - self._stream.tell()
            most = MAX_RECORD_BYTES if opcode == Opcode.CHUNK else MAX_OTHER_BYTES
            if length > most:
                raise DamagedError(f"a record of {length} bytes, at most {most} allowed")
            if length > left:
                reason = f"it is cut short: {length} bytes announced, {left} left"
                is_chunk = opcode == Opcode.CHUNK
                raise CutError(reason, cut_data(self._stream.read(), length) if is_chunk else b"")
            yield opcode, self._stream.read(length)

    def _topic_messages(
        self, records: Iterator[tuple[int, bytes | memoryview]], *, is_proven: bool
    ) -> Iterator[TopicMessage]:
        n_idle = 0
        for opcode, body in records:
            n_idle = one_more(n_idle, MAX_IDLE_RECORDS, NO_MESSAGE)
            if opcode == Opcode.CHANNEL:
                channel = parsed(Channel.read, body)
                self._topics[channel.id] = channel.topic
            elif opcode == Opcode.MESSAGE:
                n_idle = 0
                if len(body) > MAX_PART_BYTES:
                    raise DamagedError(f"a message of {len(body)} bytes, at most {MAX_PART_BYTES}")
                message = parsed(partial(Message.read, length=len(body)), body)
                topic = self._topics.get(message.channel_id)
                if topic is None:
                    raise DamagedError("a message belongs to no known channel")
                yield TopicMessage(
                    topic, message.data, message.log_time, is_proven, message.sequence
                )

    def _check_end(self) -> None:
        """Footer, last bytes and the summary's CRC; CutError where they are not there."""
        if (footer := self._footer(self._stream.tell())) is None:
            raise CutError(f"it is cut short after {self._size} bytes")
        if not footer.summary_crc:
            return
        left = self._size - len(MAGIC) - CRC_BYTES - footer.summary_start
        if not 0 < left < self._size:
            raise DamagedError("its footer does not say where the summary is")
        self._stream.seek(footer.summary_start)
        crc = 0
        while left > 0 and (piece := self._stream.read(min(left, PIECE_BYTES))):
            crc, left = zlib.crc32(piece, crc), left - len(piece)
        if crc != footer.summary_crc:
            raise DamagedError("its summary's checksum does not match")

    def _footer(self, earliest: int) -> Footer | None:
        """The footer at the file's end, if it lies behind `earliest`; None for a cut file."""
        start = self._size - FOOTER_BYTES
        if start < earliest:
            return None
        self._stream.seek(start)
        framing = self._stream.read(FRAMING.size)
        body = self._stream.read(FOOTER_BYTES - FRAMING.size - len(MAGIC))
        if FRAMING.unpack(framing) != (Opcode.FOOTER, len(body)):
            return None
        return parsed(Footer.read, body) if self._stream.read(len(MAGIC)) == MAGIC else None

    def _summary(self) -> tuple[dict[int, str], dict[int, int]] | None:
        """Topics by channel, and how many messages each has; the position stays."""
        position = self._stream.tell()
        try:
            return self._read_summary()
        except DamagedError:
            return None
        finally:
            self._stream.seek(position)

    def _read_summary(self) -> tuple[dict[int, str], dict[int, int]] | None:
        footer = self._footer(len(MAGIC))
        if footer is None or not 0 < footer.summary_start < self._size:
            return None
        self._stream.seek(footer.summary_start)
        topics: dict[int, str] = {}
        for n_seen, (opcode, body) in enumerate(self._records()):
            if opcode == Opcode.CHANNEL:
                channel = parsed(Channel.read, body)
                topics[channel.id] = channel.topic
            elif opcode == Opcode.STATISTICS:  # channels come before it
                return topics, parsed(Statistics.read, body).channel_message_counts
            elif opcode != Opcode.SCHEMA or n_seen > MAX_IDLE_RECORDS:
                return None  # not where a summary starts
        return None
