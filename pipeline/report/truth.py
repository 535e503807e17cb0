"""How a run compares with the truth: errors, READY outside the plan, the wait for READY."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pipeline.report.history import History, Row, TruthRow
from pipeline.report.spread import ErrorSpread, error_spread
from tracking.alignment import Alignment
from tracking.decision import Verdict

WELL_INSIDE = 0.3  # of each tolerance: inside it READY is owed within a second
NS_PER_MS = 1_000_000


@dataclass(frozen=True)
class ReadyWait:
    """Stretches of frames whose true geometry stays well inside the plan.

    `longest_ms`: from the start of a stretch to its first READY frame (to its end where it saw
    none, as `n_without_ready` did), the longest of them.
    """

    n_stretches: int
    n_without_ready: int
    longest_ms: float | None


@dataclass(frozen=True)
class TruthComparison:
    """Only of frames whose truth is known.

    `n_ready_outside`: READY while a true quantity is outside its limit. Must be 0.
    `n_ready_unchecked`: READY while the truth of a limited quantity is unknown.
    """

    n_frames: int
    errors: dict[str, ErrorSpread]
    axis_error_deg: ErrorSpread | None
    exit_error_mm: ErrorSpread | None
    n_ready: int
    n_ready_outside: int
    n_ready_unchecked: int
    wait: ReadyWait

    def to_json(self) -> dict[str, Any]:
        """For `summary.json`."""
        axis, exit_ = self.axis_error_deg, self.exit_error_mm
        return {
            "frames": self.n_frames,
            "errors": {name: error.to_json() for name, error in self.errors.items()},
            "pose": {
                "axis_error_deg": None if axis is None else axis.to_json(),
                "exit_error_mm": None if exit_ is None else exit_.to_json(),
            },
            "ready": self.n_ready,
            "ready_outside_plan": self.n_ready_outside,
            "ready_unchecked": self.n_ready_unchecked,
            "well_inside": {
                "fraction_of_tolerance": WELL_INSIDE,
                "stretches": self.wait.n_stretches,
                "without_ready": self.wait.n_without_ready,
                "longest_wait_ms": self.wait.longest_ms,
            },
        }


def compare_with_truth(history: History) -> TruthComparison | None:
    """Compare every frame with its truth; None where the source knows none."""
    known = [(row, row.truth) for row in history.rows if row.truth is not None]
    if not known:
        return None
    truths = [truth for _, truth in known]
    errors = {
        name: found
        for name, _ in Alignment().measurements()
        if (found := error_spread([t.errors[name] for t in truths if name in t.errors]))
    }
    ready = [truth for row, truth in known if row.verdict is Verdict.READY]
    return TruthComparison(
        len(known),
        errors,
        error_spread([t.axis_error_deg for t in truths if t.axis_error_deg is not None]),
        error_spread([t.exit_error_mm for t in truths if t.exit_error_mm is not None]),
        len(ready),
        sum(truth.is_outside for truth in ready),
        sum(truth.is_unchecked for truth in ready),
        ready_wait(known),
    )


def ready_wait(known: Sequence[tuple[Row, TruthRow]]) -> ReadyWait:
    """Measure how long each stretch well inside the plan waited for its first READY."""
    waits_ms: list[float] = []
    n_stretches = n_without_ready = 0
    for is_inside, group in groupby(known, key=lambda pair: pair[1].is_well_inside(WELL_INSIDE)):
        if not is_inside:
            continue
        rows = [row for row, _ in group]
        n_stretches += 1
        ready_ns = [row.stamp_ns for row in rows if row.verdict is Verdict.READY]
        n_without_ready += not ready_ns
        until_ns = ready_ns[0] if ready_ns else rows[-1].stamp_ns
        waits_ms.append((until_ns - rows[0].stamp_ns) / NS_PER_MS)
    return ReadyWait(n_stretches, n_without_ready, max(waits_ms, default=None))
