"""Records of a run, read back: the sides of a comparison."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracking.errors import SourceError, UsageError

RECORDS_NAME = "records.jsonl"
NEEDED = ("frame_index", "verdict", "reasons", "alignment")

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
    if path.is_file() and path.suffix == ".mcap":
        raise SourceError(
            f"{name}: {path} is a recording, not a run over one.",
            expected="what `replay` or `sessions batch` wrote",
            remedy="Replay it first; the two runs are compared then.",
        )
    if path.is_file():
        return {"": path}
    if (path / RECORDS_NAME).is_file():
        return {"": path / RECORDS_NAME}
    root = path / "sessions" if (path / "sessions").is_dir() else path
    found = {str(p.parent.relative_to(root)): p for p in root.rglob(RECORDS_NAME)}
    if not found:
        raise SourceError(
            f"{name}: {path} holds no records.",
            expected=f"{RECORDS_NAME} as `replay` or `sessions batch` writes it",
            remedy="Replay the session first.",
        )
    return found


def read_records(path: Path) -> dict[int, Record]:
    """Records by frame index, in the order of the file.

    Raises
    ------
    SourceError
        Not such a file, cut short, or a frame stands twice.
    """
    found: dict[int, Record] = {}
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                record = _record(line, path, number)
                index = int(record["frame_index"])
                if index in found:
                    raise _bad(path, number, f"frame {index} stands twice")
                found[index] = record
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read.", actual=str(error)) from error
    if not found:
        raise SourceError(f"{path} holds no record.", actual="an empty file")
    return found


def _record(line: str, path: Path, number: int) -> Record:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _bad(path, number, str(error)) from error
    if not isinstance(record, dict) or any(key not in record for key in NEEDED):
        raise _bad(path, number, "not a record of a frame")
    return record


def _bad(path: Path, number: int, actual: str) -> SourceError:
    return SourceError(
        f"{path}: line {number} cannot be used.",
        expected="one JSON record of a frame",
        actual=actual,
        remedy="Replay the session again.",
    )
