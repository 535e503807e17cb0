"""A batch against an earlier one: which sessions decide otherwise now, and from which frame on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from pipeline.batch.results import ResultFolder, SessionRow

NOT_COMPARED = ("stage_ms", "ids")  # what a clock measured, and who measured it


@dataclass(frozen=True)
class Comparison:
    """One session in both batches.

    Attributes
    ----------
    change : str
        "same", "differs", "verdict", "new", "gone", "failed" (only now) or "mended".
    n_verdicts, n_frames : int
        Frames whose verdict, whose record at all differs.
    first_frame : int or None
        Index of the first frame that differs.
    largest_mm, largest_deg : float
        Largest change of a quantity that both observed.
    """

    name: str
    change: str
    n_frames: int = 0
    n_verdicts: int = 0
    first_frame: int | None = None
    largest_mm: float = 0.0
    largest_deg: float = 0.0

    @property
    def is_regression(self) -> bool:
        """Whether a gate must stop: another verdict, or a session that no longer runs."""
        return self.change in ("verdict", "failed", "gone")


def compare_batches(
    now: ResultFolder, rows: Iterable[SessionRow], before: ResultFolder
) -> list[Comparison]:
    """Compare session by session, by name."""
    found = [_compared(now, row, before) for row in rows]
    names = {comparison.name for comparison in found}
    root = before.path / "sessions"
    for status in sorted(root.rglob("status.json")):
        name = str(status.parent.relative_to(root))
        if name not in names:
            found.append(Comparison(name, "gone"))
    return found


def _compared(now: ResultFolder, row: SessionRow, before: ResultFolder) -> Comparison:
    was = before.row(row.name)
    if was is None:
        return Comparison(row.name, "new")
    ours, theirs = (folder.session(row.name) / "records.jsonl" for folder in (now, before))
    if not ours.exists() or not theirs.exists():
        if ours.exists() == theirs.exists():
            return Comparison(row.name, "same")
        return Comparison(row.name, "mended" if ours.exists() else "failed")
    return compare_records(row.name, ours, theirs)


def compare_records(name: str, ours: Path, theirs: Path) -> Comparison:
    """Two `records.jsonl` line by line; a frame that only one has differs in its verdict too."""
    n_frames = n_verdicts = 0
    first: int | None = None
    largest = {"mm": 0.0, "deg": 0.0}
    with ours.open(encoding="utf-8") as a, theirs.open(encoding="utf-8") as b:
        for line, other in zip_longest(a, b):
            one, two = _record(line), _record(other)
            if one == two:
                continue
            n_frames += 1
            if first is None:
                index: int | None = (one or two or {}).get("frame_index")
                first = index
            if one is None or two is None or one["verdict"] != two["verdict"]:
                n_verdicts += 1
            for unit, size in _changes(one, two):
                largest[unit] = max(largest[unit], size)
    change = "same" if n_frames == 0 else ("verdict" if n_verdicts else "differs")
    return Comparison(name, change, n_frames, n_verdicts, first, largest["mm"], largest["deg"])


def _record(line: str | None) -> dict[str, Any] | None:
    if line is None:
        return None
    record: dict[str, Any] = json.loads(line)
    return {key: value for key, value in record.items() if key not in NOT_COMPARED}


def _changes(one: dict[str, Any] | None, two: dict[str, Any] | None) -> Iterable[tuple[str, float]]:
    if one is None or two is None:
        return
    for name, value in one["alignment"].items():
        other = two["alignment"].get(name)
        unit = "mm" if name.endswith("_mm") else "deg" if name.endswith("_deg") else ""
        if unit and other and value["value"] is not None and other["value"] is not None:
            yield unit, abs(value["value"] - other["value"])
