"""Copy what is whole of a damaged bag into a new one, with the index that it lost."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from recordings.realsense.bag_records import (
    BAG_HEADER_BYTES,
    MAGIC,
    OP_BAG_HEADER,
    OP_CHUNK,
    OP_CHUNK_INFO,
    OP_CONNECTION,
    OP_INDEX,
    U32,
    U64,
    build_record,
)
from recordings.realsense.bag_survey import BagSurvey, Index

INDEX_VERSION = U32.pack(1)


def write_repaired_bag(source: Path, survey: BagSurvey, target: Path) -> None:
    """Write `target`; whole chunks are copied as they stand, a cut one uncompressed."""
    infos: list[tuple[int, Index]] = []
    with source.open("rb") as old, target.open("wb") as new:
        new.write(MAGIC + _bag_header(0, 0, 0))
        for chunk in survey.chunks:
            infos.append((new.tell(), chunk.index))
            old.seek(chunk.offset)
            new.write(old.read(chunk.end - chunk.offset))
            _write_index(new, chunk.index)
        if survey.tail:
            infos.append((new.tell(), survey.tail_index))
            fields = {
                "op": bytes([OP_CHUNK]),
                "compression": b"none",
                "size": U32.pack(len(survey.tail)),
            }
            new.write(build_record(fields, survey.tail))
            _write_index(new, survey.tail_index)
        index_pos = new.tell()
        for connection, record in survey.connections.items():
            fields = {
                "op": bytes([OP_CONNECTION]),
                "conn": U32.pack(connection),
                "topic": record.fields["topic"],
            }
            new.write(build_record(fields, record.data))
        for offset, index in infos:
            new.write(_chunk_info(offset, index))
        new.seek(len(MAGIC))
        new.write(_bag_header(index_pos, len(survey.connections), len(infos)))


def _bag_header(index_pos: int, n_connections: int, n_chunks: int) -> bytes:
    fields = {
        "op": bytes([OP_BAG_HEADER]),
        "index_pos": U64.pack(index_pos),
        "conn_count": U32.pack(n_connections),
        "chunk_count": U32.pack(n_chunks),
    }
    padding = BAG_HEADER_BYTES - len(build_record(fields, b""))
    return build_record(fields, b" " * padding)


def _write_index(stream: BinaryIO, index: Index) -> None:
    for connection, entries in index.items():
        fields = {
            "op": bytes([OP_INDEX]),
            "ver": INDEX_VERSION,
            "conn": U32.pack(connection),
            "count": U32.pack(len(entries)),
        }
        data = b"".join(time + U32.pack(offset) for time, offset in entries)
        stream.write(build_record(fields, data))


def _chunk_info(offset: int, index: Index) -> bytes:
    times = [time for entries in index.values() for time, _ in entries]
    fields = {
        "op": bytes([OP_CHUNK_INFO]),
        "ver": INDEX_VERSION,
        "chunk_pos": U64.pack(offset),
        "start_time": min(times, key=_seconds, default=bytes(U64.size)),
        "end_time": max(times, key=_seconds, default=bytes(U64.size)),
        "count": U32.pack(len(index)),
    }
    data = b"".join(U32.pack(c) + U32.pack(len(entries)) for c, entries in index.items())
    return build_record(fields, data)


def _seconds(time: bytes) -> tuple[int, int]:
    """(seconds, nanoseconds), as they are ordered in the file."""
    return U32.unpack_from(time)[0], U32.unpack_from(time, U32.size)[0]
