"""Parts of one recording: a session that outgrows a file goes on in the next one.

`s.mcap` is followed by `s.part002.mcap`, `s.part003.mcap` and so on, which is their order by name.
Each is a whole session file; `part.json` in its header says which part of what it is.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TypeVar

from pydantic import ValidationError

from recordings.session.convert import header_record
from recordings.session.intrinsics_record import NotNegative, StrictRecord
from recordings.source import SourceHeader

PART_NAME = "part.json"
SESSION_NAME = "session.json"
ID_DIGITS = 16
_LATER = re.compile(r"(.+)\.part\d{3,}")
Named = TypeVar("Named", bound=PurePath)


class PartRecord(StrictRecord):
    """Which part of a recording a file is.

    Attributes
    ----------
    part : int
        From 1.
    session_id : str
        The same for all parts: the live session's, else made of the first part's header.
    n_frames_before : int
        Frames that all earlier parts hold.
    """

    part: NotNegative
    session_id: str
    n_frames_before: NotNegative = 0


def part_of(header: SourceHeader) -> PartRecord | None:
    """Which part a recording says that it is; None where it does not say."""
    text = dict(header.embedded).get(PART_NAME)
    if text is None:
        return None
    try:
        found = PartRecord.model_validate_json(text)
    except ValidationError:
        return None
    return found if found.part >= 1 else None


def with_part(header: SourceHeader, record: PartRecord) -> SourceHeader:
    """The header of that part."""
    kept = tuple(pair for pair in header.embedded if pair[0] != PART_NAME)
    return replace(header, embedded=(*kept, (PART_NAME, record.model_dump_json())))


def session_id_of(header: SourceHeader) -> str:
    """The live session's id, else digits of the header's content: the same input, the same id."""
    try:
        told = json.loads(dict(header.embedded).get(SESSION_NAME, "null"))
    except (ValueError, RecursionError):
        told = None
    if isinstance(told, dict) and isinstance(told.get("session_id"), str):
        return str(told["session_id"])
    text = header_record(header).model_dump_json()
    return hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]


def part_path(first: Path, part: int) -> Path:
    """Where a part lies, beside the first."""
    return first if part == 1 else first.with_name(f"{first.stem}.part{part:03d}{first.suffix}")


def first_path(path: Named) -> Named:
    """Where the first part of the recording that `path` belongs to lies, by its name."""
    found = _LATER.fullmatch(path.stem)
    return path if found is None else path.with_name(f"{found[1]}{path.suffix}")


def later_parts(first: Path) -> list[Path]:
    """Files that are named as later parts of `first`, in order."""
    found = (
        path
        for path in first.parent.glob(f"*{first.suffix}")
        if path != first and first_path(path) == first
    )
    return sorted(found, key=part_order)


def part_order(path: PurePath) -> tuple[int, str]:
    """Sorts later parts of one recording by what they are called: part1000 behind part999."""
    return len(path.name), path.name
