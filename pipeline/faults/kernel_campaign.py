"""The campaign at the kernel's level: every class of faults, many times, beside its twin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from pipeline.benchmarks.findings import (
    RULE_OF_THREE,
    Findings,
    Goal,
    TextTable,
    percentiles,
    share,
    shown,
)
from pipeline.benchmarks.side_by_side import N_PROCESSES, side_by_side
from pipeline.faults.fault import SEVERITIES, Fault
from pipeline.faults.kernel_run import CaseResult, draw_cases, run_case
from pipeline.faults.lease_faults import LEASE_FAULTS, run_lease_case
from pipeline.faults.session_faults import SESSION_FAULTS
from pipeline.faults.sight_faults import SIGHT_FAULTS
from pipeline.faults.stream_faults import STREAM_FAULTS
from recordings.progress import Report

FAULTS: tuple[Fault, ...] = (*STREAM_FAULTS, *SESSION_FAULTS, *SIGHT_FAULTS)
EXPECTED: dict[str, frozenset[str]] = {
    **{fault.name: fault.expects for fault in FAULTS},
    **{
        fault.name: frozenset([str(fault.expects)] if fault.expects else ())
        for fault in LEASE_FAULTS
    },
}
"""What may be told first, by class; nothing: silence must do."""
SILENT = frozenset({"frames dropped", "processor slow"}) | {
    name for name in EXPECTED if not EXPECTED[name] or name.startswith("lease: ")
}
"""Classes in which no frame comes in time: the lease has to lapse by itself."""
SPARE = 1.05  # sessions drawn near a limit do not arm, and do not count
CONTENT_GOAL_MS, SILENCE_GOAL_MS = 120.0, 130.0
FIRST_REASON_GOAL = 0.99


@dataclass(frozen=True)
class Piece:
    """One session, struck by every class at every severity."""

    seed: int
    session_index: int


def run_piece(piece: Piece) -> list[CaseResult]:
    """Run every case of one session, in the order of the classes."""
    of_kernel = [
        run_case(fault, case)
        for index, fault in enumerate(FAULTS)
        for case in draw_cases(index, piece.seed, piece.session_index)
    ]
    of_lease = [
        run_lease_case(fault, case)
        for index, fault in enumerate(LEASE_FAULTS)
        for case in draw_cases(index, piece.seed, piece.session_index)
    ]
    return of_kernel + of_lease


def kernel_campaign(
    n_cases: int, seed: int, report: Report, *, n_processes: int = N_PROCESSES
) -> Findings:
    """Run `n_cases` of every class, and some more for those whose twin is not READY."""
    n_sessions = ceil(SPARE * n_cases / len(SEVERITIES))
    pieces = [Piece(seed, index) for index in range(n_sessions)]
    results = side_by_side(run_piece, pieces, report, n_processes)
    return findings([result for piece in results for result in piece], n_cases)


def is_expected(result: CaseResult) -> bool:
    """Whether what was told first is what the class is about."""
    expects = EXPECTED[result.fault]
    return result.first_reason in expects if expects else result.first_reason is None


def findings(results: Sequence[CaseResult], n_cases: int = 0) -> Findings:
    """Table by class, and the goals; every class must count `n_cases`."""
    counted = [r for r in results if r.twin_ready]
    of_class = {name: [r for r in counted if r.fault == name] for name in EXPECTED}
    fewest = float(min(map(len, of_class.values())))
    false_ready = sum(r.n_false_ready > 0 for r in counted)
    content_ms = [r.not_ready_ms for r in counted if r.fault not in SILENT]
    silence_ms = [r.not_ready_ms for r in counted if r.fault in SILENT]
    goals = (
        Goal(f"false READY in {len(counted)} cases", float(false_ready), 0.0),
        Goal("fewest cases of a class", fewest, float(n_cases), is_most=False),
        Goal("time to not ready, faults of content, p99.9 ms", _p999(content_ms), CONTENT_GOAL_MS),
        Goal("time to not ready, silence, p99.9 ms", _p999(silence_ms), SILENCE_GOAL_MS),
        Goal(
            "right reason first, worst class",
            min((_right(counted, name) or 0.0 for name in EXPECTED), default=None),
            FIRST_REASON_GOAL,
            is_most=False,
        ),
    )
    table = TextTable(
        f"Kernel and lease, {len(EXPECTED)} classes; sessions drawn, nothing rendered (simulation)",
        ("fault", "cases", "false READY", "at most, 95 %", "p50 / p99.9 ms", "first reason"),
        [_row(name, of_class[name]) for name in EXPECTED],
        "Cases count only where the same session without the fault is READY throughout. Time: "
        "from the exposure that first shows the fault to the lease dropped or lapsed.",
    )
    return Findings(
        tables=(table,),
        goals=goals,
        data={
            "cases": len(results),
            "counted": len(counted),
            "false_ready": false_ready,
            "classes": {name: _data(of_class[name]) for name in EXPECTED},
        },
    )


def _p999(values: Sequence[float]) -> float | None:
    return float(np.percentile(values, 99.9)) if len(values) else None


def _right(results: Sequence[CaseResult], name: str) -> float | None:
    of_class = [r for r in results if r.fault == name]
    return share(sum(is_expected(r) for r in of_class), len(of_class))


def _row(name: str, results: Sequence[CaseResult]) -> tuple[str, ...]:
    told = Counter(r.first_reason or "silence" for r in results)
    return (
        name,
        str(len(results)),
        str(sum(r.n_false_ready > 0 for r in results)),
        shown(share(1, len(results)), 2, 100 * RULE_OF_THREE, " %"),
        percentiles([r.not_ready_ms for r in results], (50, 99.9), 0),
        ", ".join(f"{reason} {n}" for reason, n in told.most_common(2)),
    )


def _data(results: Sequence[CaseResult]) -> dict[str, object]:
    times = [r.not_ready_ms for r in results]
    told = Counter(r.first_reason or "silence" for r in results)
    return {
        "cases": len(results),
        "false_ready": sum(r.n_false_ready > 0 for r in results),
        "p50_ms": float(np.percentile(times, 50)) if times else None,
        "p99_9_ms": _p999(times),
        "first_reasons": dict(sorted(told.items())),
    }
