"""A batch against an earlier one: which sessions decide otherwise now, and from which frame on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.batch.baseline import Baseline
from pipeline.batch.results import ResultFolder, SessionRow
from pipeline.diff.compare import compare_runs
from pipeline.diff.records import read_records
from tracking.errors import SourceError


@dataclass(frozen=True)
class Comparison:
    """One session in both batches.

    Attributes
    ----------
    change : str
        "same", "differs", "verdict", "new", "gone", "failed" (only now, or records that cannot be
        compared) or "mended".
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
    now: ResultFolder, rows: Iterable[SessionRow], before: Baseline
) -> list[Comparison]:
    """Compare session by session, by name."""
    found = [_compared(now, row, before) for row in rows]
    gone = before.names - {comparison.name for comparison in found}
    return found + [Comparison(name, "gone") for name in sorted(gone)]


def _compared(now: ResultFolder, row: SessionRow, before: Baseline) -> Comparison:
    if row.name not in before.names:
        return Comparison(row.name, "new")
    ours, theirs = (folder.session(row.name) / "records.jsonl" for folder in (now, before.folder))
    if not ours.exists() or not theirs.exists():
        if ours.exists() == theirs.exists():
            return Comparison(row.name, "same")
        return Comparison(row.name, "mended" if ours.exists() else "failed")
    try:
        return compare_records(row.name, ours, theirs)
    except SourceError:  # say, a frame stands twice: one session never stops the others
        return Comparison(row.name, "failed")


def compare_records(name: str, ours: Path, theirs: Path) -> Comparison:
    """Two `records.jsonl`, the baseline's second; what a clock measured is left out."""
    found = compare_runs(read_records(theirs), read_records(ours))
    if found.is_same:
        return Comparison(name, "same")
    largest = {"mm": 0.0, "deg": 0.0}
    for quantity in found.quantities:
        unit = quantity.name.rsplit("_", 1)[-1]
        if unit in largest:
            largest[unit] = max(largest[unit], abs(quantity.largest))
    return Comparison(
        name,
        "verdict" if found.n_verdicts else "differs",
        found.n_differing + found.n_only_a + found.n_only_b,
        found.n_verdicts,
        found.first_frame,
        largest["mm"],
        largest["deg"],
    )
