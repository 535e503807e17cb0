"""Records of a run, read back: the sides of a comparison.

A recording of a live session is a run, too: it keeps what was decided then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from pipeline.recorder.texts import keeps_notes
from recordings.naming import SESSION_SUFFIX, results_folder, session_name
from recordings.session.live_records import live_records
from recordings.session.parts import first_path, later_parts
from recordings.session.reader import SessionSource
from tracking.errors import SourceError, UsageError

RECORDS_NAME = "records.jsonl"
NEEDED = {"frame_index": int, "verdict": str, "reasons": list, "alignment": dict}
MAX_FRAME_INDEX = 2**53  # JSON's whole numbers

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Pair:
    """One session on both sides; None where a side lacks it. `name` "": a single pair."""

    name: str
    a: Path | None
    b: Path | None


def pairs(a: Path, b: Path) -> list[Pair]:
    """What to compare: two runs, or every run of two archives by its path below them.

    Raises
    ------
    UsageError
        A side does not exist, or one is a run and the other an archive.
    SourceError
        A side holds no records.
    """
    sides = [_side(a, "A"), _side(b, "B")]
    single = ["" in side for side in sides]
    if single[0] != single[1]:
        raise UsageError(
            "One side is a run, the other an archive of runs.",
            expected=f"two folders with {RECORDS_NAME}, or two archives of such folders",
            actual=f"{a}, {b}",
        )
    names = sorted(set(sides[0]) | set(sides[1]))
    return [Pair(name, sides[0].get(name), sides[1].get(name)) for name in names]


def _side(path: Path, name: str) -> dict[str, Path]:
    if not path.exists():
        raise UsageError(f"{name}: {path} does not exist.", remedy="Check the path.")
    if path.is_file():
        return {"": path}
    if (path / RECORDS_NAME).is_file():
        return {"": path / RECORDS_NAME}
    root = path / "sessions" if (path / "sessions").is_dir() else path
    found = {str(p.parent.relative_to(root)): p for p in root.rglob(RECORDS_NAME)}
    found = found or _recordings(path)
    if not found:
        raise SourceError(
            f"{name}: {path} holds no records.",
            expected=f"{RECORDS_NAME} as `replay` or `sessions batch` writes it, or recordings of "
            "live sessions",
            remedy="Replay the session first.",
        )
    return found


def _recordings(archive: Path) -> dict[str, Path]:
    """Recordings of live sessions, each by the folder that a batch keeps its results in."""
    return {
        results_folder(session_name(path.relative_to(archive))): path
        for path in sorted(archive.rglob(f"*{SESSION_SUFFIX}"))
        if path.is_file() and not _is_later(path) and _keeps_decisions(path)
    }


def _is_later(path: Path) -> bool:
    """Whether it is read with the first part, which lies beside it."""
    first = first_path(path)
    return first != path and first.is_file()


def _keeps_decisions(path: Path) -> bool:
    try:
        source = SessionSource(path)
    except SourceError:
        return False
    source.close()
    return keeps_notes(source.header)


def read_records(path: Path) -> dict[int, Record]:
    """Records by frame index, in the order of the file.

    Raises
    ------
    SourceError
        Not such a file, cut short, or a frame stands twice.
    """
    found: dict[int, Record] = {}
    is_recording = path.suffix == SESSION_SUFFIX
    for number, line in enumerate(_of_parts(path) if is_recording else _lines(path), start=1):
        record = _record(line, path, number)
        index = int(record["frame_index"])
        if index in found:
            raise _bad(path, number, f"frame {index} stands twice")
        found[index] = record
    if not found:
        raise SourceError(
            f"{path} holds no record.",
            expected="a run, or the recording of a live session",
            actual="a recording without decisions" if is_recording else "an empty file",
            remedy="Replay it, and name the run's folder." if is_recording else "",
        )
    return found


def _of_parts(path: Path) -> Iterator[str]:
    """Of a recording's first part and all that follow it; of a later part alone."""
    for part in (path, *later_parts(path)):
        yield from live_records(part)


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8") as file:
            yield from file
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read.", actual=str(error)) from error


def _record(line: str, path: Path, number: int) -> Record:
    try:
        record = from_json(line)
    except ValueError as error:  # also where it nests deeper than 200
        raise _bad(path, number, str(error)) from error
    why = _fault(record)
    if why:
        raise _bad(path, number, why)
    found: Record = record
    return found


def _fault(record: object) -> str:
    """Why it is no record of a frame; "" where it is one."""
    if not isinstance(record, dict):
        return "no JSON object"
    wrong = [key for key, kind in NEEDED.items() if not isinstance(record.get(key), kind)]
    if wrong:
        return f"{wrong[0]} is missing, or of another kind"
    index, reasons = record["frame_index"], record["reasons"]
    if isinstance(index, bool) or abs(index) > MAX_FRAME_INDEX:
        return "frame_index is no number of a frame"
    return "" if all(isinstance(reason, str) for reason in reasons) else "reasons are not all words"


def _bad(path: Path, number: int, actual: str) -> SourceError:
    return SourceError(
        f"{path}: line {number} cannot be used.",
        expected="one JSON record of a frame",
        actual=actual,
        remedy="Replay the session again.",
    )
