"""Whole frames of a damaged session, before and behind the damage.

Chunks are searched, not followed: one that lies behind damage is found by its own head, and
believed where its checksum matches. What is handed over are the file's own bytes.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

from mcap.opcode import Opcode

from recordings.session import schema
from recordings.session.chunks import (
    CHUNK_HEAD,
    FRAMING,
    MAX_OTHER_BYTES,
    MAX_RECORD_BYTES,
    DamagedError,
    cut_data,
)
from recordings.session.messages import MessageReader, TopicMessage
from recordings.session.reader import assembled
from recordings.session.records import MAGIC
from recordings.session.writer import EncodedFrame
from recordings.source import SourceHeader
from tracking.errors import SourceError

# Opcode and length, times, size of the records, CRC, no compression, size: lengths below 4 GiB.
_CHUNK = re.compile(rb"\x06.{4}\x00{4}.{16}.{4}\x00{4}.{4}\x00{4}.{4}\x00{4}", re.DOTALL)
CHECKED_TIMES = 4  # a file in which more bytes look like chunks than this is no recording


@dataclass(frozen=True)
class Salvaged:
    """One whole frame as it lies in the file, at the position that it had there."""

    position: int
    frame: EncodedFrame
    frame_index: int
    stamp_ns: int


def salvaged(path: Path, header: SourceHeader) -> Iterator[Salvaged]:
    """Yield every frame of which all parts are whole, each proven by its hashes, in order.

    Raises
    ------
    SourceError
        The file cannot be read.
    """
    try:
        with path.open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as data:
            yield from _frames(data, header, _topics(stream))
    except OSError as error:
        raise SourceError(f"{path} cannot be read.", actual=error.strerror or str(error)) from error


def _topics(stream: BinaryIO) -> dict[int, str]:
    """Topics by channel: the file's own, where its end is whole, else those of today's files."""
    try:
        named = MessageReader(stream).topics()
    except DamagedError:
        named = {}
    return named or dict(enumerate(schema.TOPICS, start=1))


def _frames(data: mmap, header: SourceHeader, topics: dict[int, str]) -> Iterator[Salvaged]:
    parts: defaultdict[int, dict[str, bytes]] = defaultdict(dict)
    last = -1
    for message in _messages(data, topics):
        position = message.sequence
        if position <= last:
            continue
        if message.topic in schema.PART_TOPICS:
            parts[position][message.topic] = message.data
        if message.topic != schema.FRAME_TOPIC:
            continue
        own = parts.pop(position, {})
        parts.clear()
        try:
            frame = assembled(message, own, position, header).frame
        except DamagedError:
            continue
        last = position
        record = schema.FrameHeadRecord.model_validate_json(message.data)
        yield Salvaged(
            position, EncodedFrame(record, tuple(own.items())), frame.frame_index, frame.stamp_ns
        )


def _messages(data: mmap, topics: dict[int, str]) -> Iterator[TopicMessage]:
    reader = MessageReader(BytesIO(MAGIC))
    reader.name_topics(topics)
    end = len(MAGIC)
    for start, end in _chunks(data):
        try:
            yield from reader.of_chunk(data[start + FRAMING.size : end])
        except DamagedError:
            continue
    yield from reader.of_cut_chunk(_cut_records(data, end))


def _chunks(data: mmap) -> Iterator[tuple[int, int]]:
    """Where each whole chunk's record starts and ends."""
    position, budget = len(MAGIC), CHECKED_TIMES * len(data)
    while (found := _CHUNK.search(data, position)) is not None:
        start = found.start()
        position = start + 1
        _, length = FRAMING.unpack_from(data, start)
        body, end = start + FRAMING.size, start + FRAMING.size + length
        _, _, size, crc, _, n_records = CHUNK_HEAD.unpack_from(data, body)
        is_chunk = size == n_records == length - CHUNK_HEAD.size and length <= MAX_RECORD_BYTES
        if not is_chunk or end > len(data):
            continue
        budget -= length
        if budget < 0:
            return
        if zlib.crc32(data[body + CHUNK_HEAD.size : end]) == crc:
            yield start, end
            position = end


def _cut_records(data: mmap, position: int) -> bytes:
    """What there is of the records of the chunk that the file ends in; empty where it does not."""
    while len(data) - position >= FRAMING.size:
        opcode, length = FRAMING.unpack_from(data, position)
        body = position + FRAMING.size
        if opcode == Opcode.CHUNK:
            is_cut = len(data) - body < length <= MAX_RECORD_BYTES
            return bytes(cut_data(data[body:], length)) if is_cut else b""
        if length > min(MAX_OTHER_BYTES, len(data) - body):
            return b""
        position = body + length
    return b""
