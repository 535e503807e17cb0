"""Times of a copy that does not say when it was recorded.

A camera's stamps and arrivals are on the host's clock: each of them is a date. One constant is
taken off all of them, so that every difference stays and a replay decides the same. What a live
session handed to its kernel holds ages and no time; the record it made holds the frame's stamp.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from recordings.session.parts import first_path, part_of
from recordings.session.reader import SessionSource
from recordings.source import SourceHeader
from tracking.errors import SourceError
from tracking.frame import LiveNotes, SourceFrame

LONGEST_DAYS = 30  # no recording is longer: what lies farther off is on another clock
LONGEST_NS = LONGEST_DAYS * 86_400 * 1_000_000_000
STAMP = "stamp_ns"


def zero_of(path: Path, header: SourceHeader) -> int:
    """What a copy of `path` takes off all its times, ns: its recording's first exposure.

    Of a later part it is the first part's, where that lies beside it, so that copies of the parts
    follow one another as the parts do; else that of its own first frame. 0 where it has none.
    """
    part = part_of(header)
    found: int | None = None
    if part is not None and part.part > 1:
        found = _first_stamp_ns(first_path(path.resolve()), part.session_id)
    if found is None:
        found = _first_stamp_ns(path)
    return 0 if found is None else found


def counted_from(zero_ns: int, source_frame: SourceFrame) -> SourceFrame:
    """The frame with its stamp, its arrival and its record's stamp counted from `zero_ns`.

    Raises
    ------
    SourceError
        A time lies before that, or so far behind it that it is on another clock and would tell
        the date; or the record names none.
    """
    frame, live = source_frame.frame, source_frame.live
    index = frame.frame_index
    counted = replace(
        frame,
        stamp_ns=_counted(frame.stamp_ns, zero_ns, index),
        arrival_ns=_counted(frame.arrival_ns, zero_ns, index),
    )
    if live is not None:
        live = _counted_notes(live, zero_ns, index)
    return replace(source_frame, frame=counted, live=live)


def _first_stamp_ns(path: Path, session_id: str | None = None) -> int | None:
    """Exposure of a file's first whole frame; with `session_id` of that session's part 1 alone."""
    try:
        source = SessionSource(path)
    except SourceError:
        return None
    try:
        part = part_of(source.header)
        told = None if part is None else (part.part, part.session_id)
        is_wanted = session_id is None or told == (1, session_id)
        read = source.read() if is_wanted else None
    finally:
        source.close()
    return None if read is None else read.frame.stamp_ns


def _counted_notes(notes: LiveNotes, zero_ns: int, index: int) -> LiveNotes:
    record = json.loads(notes.record)
    stamp_ns = record.get(STAMP)
    if not isinstance(stamp_ns, int):
        raise SourceError(
            f"The live record of frame {index} cannot be read.",
            expected=f"{STAMP}, a whole number",
            actual=str(stamp_ns),
            remedy="Copy the session with its date, or with the software that recorded it.",
        )
    record[STAMP] = _counted(stamp_ns, zero_ns, index)
    return replace(notes, record=json.dumps(record, allow_nan=False, ensure_ascii=False))


def _counted(time_ns: int, zero_ns: int, index: int) -> int:
    counted_ns = time_ns - zero_ns
    if not 0 <= counted_ns <= LONGEST_NS:
        raise SourceError(
            f"A time of frame {index} cannot be counted from the recording's first frame.",
            expected=f"stamps and arrivals on one clock, up to {LONGEST_DAYS} days behind it",
            actual=f"{counted_ns} ns",
            remedy="Copy the session with its date: leave out --without-date.",
        )
    return counted_ns
