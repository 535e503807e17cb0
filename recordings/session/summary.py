"""What the end of an MCAP file says of it: channels, counts, and where its metadata lie."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from mcap.opcode import Opcode
from mcap.records import Channel, Footer, MetadataIndex, Statistics, SummaryOffset

from recordings.session.chunks import CutError, DamagedError, parsed
from recordings.session.records import (
    CRC_BYTES,
    MAGIC,
    MAX_IDLE_RECORDS,
    RecordFile,
    metadata_of,
)

PIECE_BYTES = 1 << 20  # that are read of a summary at a time
T = TypeVar("T")


@dataclass(frozen=True)
class Summary:
    """Topics by channel, and how many messages each channel has."""

    topics: dict[int, str]
    counts: dict[int, int]


def read_summary(records: RecordFile) -> Summary | None:
    """The summary; None for a cut file, or where none can be read. The position stays."""
    return _resting(records, partial(_summary, records))


def last_metadata(records: RecordFile, name: str) -> dict[str, str] | None:
    """The last metadata record `name` of the first few that the summary places.

    None without one, or where it cannot be read. The position stays.
    """
    return _resting(records, partial(_placed_metadata, records, name))


def check_end(records: RecordFile) -> None:
    """From the end of the data: footer, last bytes and the summary's CRC.

    Raises
    ------
    DamagedError
        The summary is not where the footer says, or its CRC does not match.
    CutError
        The file ends without its footer.
    """
    if (footer := records.footer(records.stream.tell())) is None:
        raise CutError(f"it is cut short after {records.size} bytes")
    if not footer.summary_crc:
        return
    left = records.size - len(MAGIC) - CRC_BYTES - footer.summary_start
    if not 0 < left < records.size:
        raise DamagedError("its footer does not say where the summary is")
    records.stream.seek(footer.summary_start)
    crc = 0
    while left > 0 and (piece := records.stream.read(min(left, PIECE_BYTES))):
        crc, left = zlib.crc32(piece, crc), left - len(piece)
    if crc != footer.summary_crc:
        raise DamagedError("its summary's checksum does not match")


def _resting(records: RecordFile, read: Callable[[], T | None]) -> T | None:
    """What is read elsewhere, the position as it was; None where it is damaged."""
    position = records.stream.tell()
    try:
        return read()
    except DamagedError:
        return None
    finally:
        records.stream.seek(position)


def _summary(records: RecordFile) -> Summary | None:
    footer = records.footer(len(MAGIC))
    if footer is None or not 0 < footer.summary_start < records.size:
        return None
    records.stream.seek(footer.summary_start)
    topics: dict[int, str] = {}
    for n_seen, (opcode, body) in enumerate(records.following()):
        if opcode == Opcode.CHANNEL:
            channel = parsed(Channel.read, body)
            topics[channel.id] = channel.topic
        elif opcode == Opcode.STATISTICS:  # channels come before it
            return Summary(topics, parsed(Statistics.read, body).channel_message_counts)
        elif opcode != Opcode.SCHEMA or n_seen > MAX_IDLE_RECORDS:
            return None  # not where a summary starts
    return None


def _placed_metadata(records: RecordFile, name: str) -> dict[str, str] | None:
    footer = records.footer(len(MAGIC))
    start = None if footer is None else _metadata_indexes(records, footer)
    if start is None:
        return None
    place = 0  # where no record lies
    for body in records.placed(start, Opcode.METADATA_INDEX):
        index = parsed(MetadataIndex.read, body)
        place = index.offset if index.name == name else place
    for body in records.placed(place, Opcode.METADATA):
        record = metadata_of(body)
        return dict(record.metadata) if record.name == name else None
    return None


def _metadata_indexes(records: RecordFile, footer: Footer) -> int | None:
    """Where the indexes of metadata begin: chunks may have thousands before them."""
    for body in records.placed(footer.summary_offset_start, Opcode.SUMMARY_OFFSET):
        group = parsed(SummaryOffset.read, body)
        if group.group_opcode == Opcode.METADATA_INDEX:
            return int(group.group_start)
    return None
