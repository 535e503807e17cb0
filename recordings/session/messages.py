"""Messages of an MCAP file in file order, up to the first byte that cannot be trusted.

Every length is bounded by what is left of the file before anything is allocated, every
chunk's CRC is checked, and a file that ends without its footer is reported as cut short.
Of a chunk that the cut goes through, the whole messages are handed over: its CRC says nothing
about a part, so they are marked unproven. Behind the last message nothing is followed: the summary
is proven by its CRC.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from mcap.opcode import Opcode
from mcap.records import Channel, Message

from recordings.session.chunks import (
    FRAMING,
    MAX_RECORD_BYTES,
    CutError,
    DamagedError,
    checked_data,
    one_more,
    parsed,
    split,
    split_cut,
)
from recordings.session.records import MAGIC, MAX_IDLE_RECORDS, RecordFile, metadata_of
from recordings.session.schema import MAX_PART_BYTES
from recordings.session.summary import check_end, last_metadata, read_summary

MAX_RECORDS_BEFORE_HEADER = 64  # the session's header is the second record
NO_MESSAGE = "records in a row hold no message"


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
        self._stream, self._records = stream, RecordFile(stream)
        self._topics: dict[int, str] = {}
        self._chunk_places: list[int] | None = None
        self._start = len(MAGIC)  # where chunks are looked for

    def metadata(self, name: str) -> dict[str, str]:
        """Return the metadata record `name`, which must precede all chunks."""
        for n_seen, (opcode, body) in enumerate(self._records.following()):
            if opcode == Opcode.METADATA:
                record = metadata_of(body)
                if record.name == name:
                    self._start = self._stream.tell()
                    return dict(record.metadata)
            if opcode in (Opcode.CHUNK, Opcode.FOOTER) or n_seen >= MAX_RECORDS_BEFORE_HEADER:
                break
        raise DamagedError(f"it has no record {name!r} before its first chunk")

    def message_count(self, topic: str) -> int | None:
        """Return how many messages the summary counts under `topic`; None for a cut file."""
        summary = read_summary(self._records)
        if summary is None:
            return None
        channels = [channel for channel, name in summary.topics.items() if name == topic]
        count = sum(summary.counts.get(channel, 0) for channel in channels)
        return count if count <= self._records.size else None  # else it says what cannot be

    def last_metadata(self, name: str) -> dict[str, str] | None:
        """Return the last metadata record `name` that the summary places; None without."""
        return last_metadata(self._records, name)

    def topics(self) -> dict[int, str]:
        """Return the channels that the summary names, by number; none for a cut file."""
        summary = read_summary(self._records)
        return {} if summary is None else summary.topics

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
            for opcode, body in self._records.following():
                n_idle = one_more(n_idle, MAX_IDLE_RECORDS, NO_MESSAGE)
                if opcode == Opcode.CHUNK:
                    for message in self.of_chunk(body):
                        n_idle = 0
                        yield message
                elif opcode == Opcode.DATA_END:
                    check_end(self._records)
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
        while place + FRAMING.size <= self._records.size and n_idle < MAX_IDLE_RECORDS:
            self._stream.seek(place)
            opcode, length = FRAMING.unpack(self._stream.read(FRAMING.size))
            is_cut = place + FRAMING.size + length > self._records.size
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
        opcode, body = next(self._records.following())
        first = next(self.of_chunk(body), None) if opcode == Opcode.CHUNK else None
        if first is None:
            raise DamagedError("a chunk without messages")
        return first.sequence

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
