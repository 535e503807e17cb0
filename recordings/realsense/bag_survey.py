"""Look through a ROS 1 bag: which chunks are whole, and how many images they hold.

The vendor's library refuses a bag that was cut and reads a bag that is damaged in the middle
as if it simply ended there. This survey finds both, and keeps what a repair needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from recordings.realsense.bag_records import (
    MAGIC,
    MAX_CHUNK_BYTES,
    OP_BAG_HEADER,
    OP_CHUNK,
    OP_CONNECTION,
    OP_MESSAGE,
    U64,
    BagRecord,
    CutError,
    cut_record,
    decompress,
    read_record,
    records_in,
)
from recordings.realsense.survey import (
    Survey,
    is_color_image,
    is_depth_image,
    is_depth_metadata,
)

Index = dict[int, list[tuple[bytes, int]]]  # connection -> (time, offset in the chunk)


@dataclass(frozen=True)
class WholeChunk:
    """A chunk that may be copied as it stands."""

    offset: int
    end: int
    index: Index


@dataclass
class BagSurvey:
    """Everything that is whole in a bag, in file order."""

    chunks: list[WholeChunk] = field(default_factory=list)
    connections: dict[int, BagRecord] = field(default_factory=dict)
    tail: bytes = b""  # whole records of the chunk that was cut, uncompressed
    tail_index: Index = field(default_factory=dict)
    damage: str | None = None
    _depth_metadata: list[int] = field(default_factory=list)  # per depth image, in order
    _is_closed: bool = True  # something else follows the last depth image and its metadata
    _n_color: int = 0

    def result(self) -> Survey:
        """Count the images; of a damaged bag the last one only where its metadata are whole."""
        n_depth = len(self._depth_metadata)
        if self.damage is not None and n_depth and not self._is_closed:
            last, before = self._depth_metadata[-1], self._depth_metadata[-2:-1]
            if not before or last < before[0]:
                n_depth -= 1
        return Survey(n_depth, self._n_color, self.damage)

    def add(self, data: bytes) -> Index:
        """Take the records of one chunk and return its index."""
        index: Index = {}
        for record in records_in(data):
            if record.op == OP_CONNECTION:
                self.connections.setdefault(record.u32("conn"), record)
            elif record.op == OP_MESSAGE:
                connection = record.u32("conn")
                index.setdefault(connection, []).append(
                    (record.fields.get("time", bytes(U64.size)), record.offset)
                )
                self._count(connection)
        return index

    def _count(self, connection: int) -> None:
        known = self.connections.get(connection)
        topic = "" if known is None else known.text("topic")
        if is_depth_image(topic):
            self._depth_metadata.append(0)
            self._is_closed = False
        elif is_color_image(topic):
            self._n_color += 1
            self._is_closed = True
        elif is_depth_metadata(topic) and self._depth_metadata:
            self._depth_metadata[-1] += 1
        else:
            self._is_closed = True


def survey_bag(path: Path) -> BagSurvey:
    """Look through the whole file; what cannot be followed ends up in `damage`."""
    survey = BagSurvey()
    size = path.stat().st_size
    with path.open("rb") as stream:
        if stream.read(len(MAGIC)) != MAGIC:
            survey.damage = "it does not start like a bag"
            return survey
        try:
            _follow(stream, size, survey)
        except CutError as error:
            survey.damage = str(error)
            _add_tail(stream, survey)
    return survey


def _follow(stream: BinaryIO, size: int, survey: BagSurvey) -> None:
    index_pos = n_chunks = 0
    while (record := read_record(stream, size)) is not None:
        if record.op == OP_BAG_HEADER:
            value = record.fields.get("index_pos", b"")
            index_pos = int.from_bytes(value, "little")
            n_chunks = record.u32("chunk_count")
        elif record.op == OP_CHUNK:
            data, is_whole = decompress(record.text("compression"), record.data, record.u32("size"))
            if not is_whole:
                raise CutError(f"the chunk at byte {record.offset} is damaged")
            survey.chunks.append(WholeChunk(record.offset, record.end, survey.add(data)))
    if not 0 < index_pos < size or n_chunks != len(survey.chunks):
        raise CutError("its index is missing: the recording was never finished")


def _add_tail(stream: BinaryIO, survey: BagSurvey) -> None:
    """Keep the whole records of a chunk that the end of the file cut."""
    stream.seek(survey.chunks[-1].end if survey.chunks else len(MAGIC))
    rest = stream.read(MAX_CHUNK_BYTES)
    end = 0
    for record in records_in(rest):
        if record.op == OP_CHUNK:
            return  # whole but damaged: none of it can be trusted
        end = record.end
    try:
        cut = cut_record(rest, end)
        if cut is None or cut.op != OP_CHUNK:
            return
        data, _ = decompress(cut.text("compression"), cut.data, cut.u32("size"))
    except CutError:
        return
    whole = 0
    for record in records_in(data):
        whole = record.end
    survey.tail = data[:whole]
    survey.tail_index = survey.add(survey.tail)
