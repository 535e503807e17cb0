"""`sessions verify`: whether a session is whole, and what was written.

Every frame is read: lengths, checksums of the chunks, hashes of its images, order. Then the bytes
that no frame needs: the checksums over the file's data and over its summary, and its end.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

from mcap.opcode import Opcode
from mcap.records import DataEnd, Footer

from recordings.progress import Report
from recordings.session.chunks import FRAMING, DamagedError, parsed
from recordings.session.reader import SessionSource
from recordings.session.records import FOOTER_BYTES, MAGIC

BLOCK = 1 << 20
FOOTER_HEAD = 16  # its two places; the checksum behind them covers them
DATA_END_BYTES = FRAMING.size + 4


@dataclass(frozen=True)
class Verification:
    """What was found.

    Attributes
    ----------
    n_frames : int
        Whole frames before the first damage.
    n_announced : int or None
        What the summary counts; None where there is none.
    damage : str
        The first; "" for a whole file.
    order : tuple of str
        Where stamps or frame numbers do not rise: recorded so, no damage.
    n_left_out : int
        Numbers between the lowest and the highest that no frame has: dropped by the camera, passed
        over before the recorder or dropped by it, or never counted by what numbered the frames.
    """

    n_frames: int
    n_announced: int | None
    damage: str
    order: tuple[str, ...]
    n_left_out: int

    @property
    def is_whole(self) -> bool:
        """Whether it is what was written."""
        return not self.damage


def verify_session(path: Path, report: Report) -> Verification:
    """Read all of a session.

    Raises
    ------
    SourceError
        It has no readable header, or cannot be read.
    """
    source = SessionSource(path)
    order: list[str] = []
    numbers: set[int] = set()
    n_frames, last = 0, None
    try:
        n_announced = source.header.n_frames
        while (read := source.read()) is not None:
            now = (read.frame.frame_index, read.frame.stamp_ns)
            if last is not None and not (now[0] > last[0] and now[1] > last[1]):
                order.append(f"frame {now[0]} at {now[1]} ns follows {last[0]} at {last[1]} ns")
            numbers.add(now[0])
            last = now
            n_frames += 1
            report(n_frames, n_announced)
    finally:
        source.close()
    damage = source.damage or _damage_beside_frames(path)
    return Verification(n_frames, n_announced, damage, tuple(order), _n_missing(numbers))


def _n_missing(numbers: set[int]) -> int:
    return max(numbers) - min(numbers) + 1 - len(numbers) if numbers else 0


def _damage_beside_frames(path: Path) -> str:
    with path.open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as data:
        try:
            _check_end(data)
        except DamagedError as error:
            return str(error)
    return ""


def _check_end(data: mmap) -> None:
    place = len(data) - FOOTER_BYTES
    opcode, length = FRAMING.unpack_from(data, place)
    is_footer = opcode == Opcode.FOOTER and length == FOOTER_BYTES - FRAMING.size - len(MAGIC)
    if not is_footer or data[-len(MAGIC) :] != MAGIC:
        raise DamagedError("there are bytes behind its end")
    footer = parsed(Footer.read, data[place + FRAMING.size : len(data) - len(MAGIC)])
    start = footer.summary_start
    if not DATA_END_BYTES < start <= place:
        raise DamagedError("its summary is not where its end says")
    covered = place + FRAMING.size + FOOTER_HEAD
    if footer.summary_crc and _crc(data, start, covered) != footer.summary_crc:
        raise DamagedError("the checksum of its summary does not match")
    opcode, length = FRAMING.unpack_from(data, start - DATA_END_BYTES)
    if opcode != Opcode.DATA_END or length != DATA_END_BYTES - FRAMING.size:
        raise DamagedError("its data do not end where its summary starts")
    crc = parsed(DataEnd.read, data[start - 4 : start]).data_section_crc
    if crc and _crc(data, 0, start - DATA_END_BYTES) != crc:
        raise DamagedError("the checksum of its data does not match, though all frames are whole")


def _crc(data: mmap, start: int, end: int) -> int:
    crc = 0
    for place in range(start, end, BLOCK):
        crc = zlib.crc32(data[place : min(place + BLOCK, end)], crc)
    return crc
