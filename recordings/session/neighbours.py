"""Whether the parts of a recording that lie beside one another follow without a gap."""

from __future__ import annotations

from pathlib import Path

from recordings.session.parts import PartRecord, first_path, part_of, part_path
from recordings.session.reader import SessionSource
from tracking.errors import SourceError


def about_file(path: Path) -> str:
    """Which part of its session a file is, and how it fits those beside it; "" where it is none."""
    source = _closed(path)
    record = None if source is None else part_of(source.header)
    return "" if source is None or record is None else _about(path, record, source.goes_on)


def _about(path: Path, record: PartRecord, goes_on: bool | None) -> str:
    first = first_path(path)
    told = [f"{record.part} of session {record.session_id}"]
    if record.part > 1:
        told.append(f"{record.n_frames_before} frames in earlier parts")
        told.append(_before(path, part_path(first, record.part - 1), record))
    told.append(_after(part_path(first, record.part + 1), record, goes_on))
    return "; ".join(text for text in told if text)


def _after(after: Path, record: PartRecord, goes_on: bool | None) -> str:
    source = _closed(after)
    found = None if source is None else part_of(source.header)
    if found is not None and found.session_id == record.session_id:
        return f"goes on in {after.name}"
    if not goes_on:
        return "the last part" if goes_on is False else ""
    missing = f"goes on in part {record.part + 1}, which is not beside it"
    if source is not None:
        return f"{missing}: {after.name} is another recording"
    return f"goes on in {after.name}, which has no readable header" if after.is_file() else missing


def _before(path: Path, before: Path, record: PartRecord) -> str:
    missing = f"part {record.part - 1} is not beside it"
    if before == path or not before.is_file():
        return missing
    source = _closed(before)
    if source is None:
        return f"{before.name} before it has no readable header"
    header = source.header
    found = part_of(header)
    if found is None or (found.session_id, found.part) != (record.session_id, record.part - 1):
        return f"{missing}: {before.name} is another recording"
    if header.n_frames is None:
        return f"{before.name} before it was cut short"
    n_lost = record.n_frames_before - found.n_frames_before - header.n_frames
    if n_lost:
        n_recorded = header.n_frames + n_lost
        return f"{before.name} holds {header.n_frames} frames, {n_recorded} were recorded"
    return f"follows {before.name} without a gap"


def _closed(path: Path) -> SessionSource | None:
    """What a file says of itself; None where it cannot be opened."""
    try:
        source = SessionSource(path)
    except SourceError:
        return None
    source.close()
    return source
