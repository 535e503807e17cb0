"""The campaign at the kernel's level: every class of faults, many times, beside its twin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.benchmarks.findings import (
    Findings,
    Goal,
    Report,
    TextTable,
    percentiles,
    share,
    shown,
)
from pipeline.benchmarks.side_by_side import N_PROCESSES, side_by_side
from pipeline.faults.fault import SEVERITIES, Fault
from pipeline.faults.kernel_run import CaseResult, draw_cases, run_case
from pipeline.faults.session_faults import SESSION_FAULTS
from pipeline.faults.sight_faults import SIGHT_FAULTS
from pipeline.faults.stream_faults import STREAM_FAULTS

FAULTS: tuple[Fault, ...] = (*STREAM_FAULTS, *SESSION_FAULTS, *SIGHT_FAULTS)
RULE_OF_THREE = 3.0  # none of n seen: at most 3 / n with 95 % confidence
CONTENT_GOAL_MS, SILENCE_GOAL_MS = 120.0, 130.0
FIRST_REASON_GOAL = 0.99


@dataclass(frozen=True)
class Piece:
    """One session, struck by every class at every severity."""

    seed: int
    session_index: int


def run_piece(piece: Piece) -> list[CaseResult]:
    """Run every case of one session, in the order of `FAULTS`."""
    return [
        run_case(fault, case)
        for index, fault in enumerate(FAULTS)
        for case in draw_cases(index, piece.seed, piece.session_index)
    ]


def kernel_campaign(
    n_cases: int, seed: int, report: Report, *, n_processes: int = N_PROCESSES
) -> Findings:
    """Run at least `n_cases` of every class."""
    n_sessions = -(-n_cases // len(SEVERITIES))
    pieces = [Piece(seed, index) for index in range(n_sessions)]
    results = side_by_side(run_piece, pieces, report, n_processes)
    return findings([result for piece in results for result in piece])


def is_expected(result: CaseResult) -> bool:
    """Whether what was told first is what the class is about."""
    expects = next(fault.expects for fault in FAULTS if fault.name == result.fault)
    return result.first_reason in expects if expects else result.first_reason is None


def findings(results: Sequence[CaseResult]) -> Findings:
    """Table by class, and the goals."""
    counted = [r for r in results if r.twin_ready]
    false_ready = sum(r.n_false_ready > 0 for r in counted)
    silent = {fault.name for fault in FAULTS if not fault.expects} | {"frames dropped"}
    content_ms = [r.not_ready_ms for r in counted if r.fault not in silent]
    silence_ms = [r.not_ready_ms for r in counted if r.fault in silent]
    goals = (
        Goal(f"false READY in {len(counted)} cases", float(false_ready), 0.0),
        Goal("cases whose twin was READY, share", share(len(counted), len(results)), 1.0, False),
        Goal("time to not ready, faults of content, p99.9 ms", _p999(content_ms), CONTENT_GOAL_MS),
        Goal("time to not ready, silence, p99.9 ms", _p999(silence_ms), SILENCE_GOAL_MS),
        Goal(
            "right reason first, worst class",
            min((_right(counted, fault.name) or 0.0 for fault in FAULTS), default=None),
            FIRST_REASON_GOAL,
            is_most=False,
        ),
    )
    table = TextTable(
        f"Kernel and lease, {len(FAULTS)} classes; sessions drawn, nothing rendered (simulation)",
        ("fault", "cases", "false READY", "at most, 95 %", "p50 / p99.9 ms", "first reason"),
        [_row([r for r in counted if r.fault == fault.name], fault) for fault in FAULTS],
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
            "classes": {
                fault.name: _data([r for r in counted if r.fault == fault.name]) for fault in FAULTS
            },
        },
    )


def _p999(values: Sequence[float]) -> float | None:
    return float(np.percentile(values, 99.9)) if len(values) else None


def _right(results: Sequence[CaseResult], name: str) -> float | None:
    of_class = [r for r in results if r.fault == name]
    return share(sum(is_expected(r) for r in of_class), len(of_class))


def _row(results: Sequence[CaseResult], fault: Fault) -> tuple[str, ...]:
    told = Counter(str(r.first_reason) if r.first_reason else "silence" for r in results)
    return (
        fault.name,
        str(len(results)),
        str(sum(r.n_false_ready > 0 for r in results)),
        shown(share(1, len(results)), 2, 100 * RULE_OF_THREE, " %"),
        percentiles([r.not_ready_ms for r in results], (50, 99.9), 0),
        ", ".join(f"{name} {n}" for name, n in told.most_common(2)),
    )


def _data(results: Sequence[CaseResult]) -> dict[str, object]:
    times = [r.not_ready_ms for r in results]
    return {
        "cases": len(results),
        "false_ready": sum(r.n_false_ready > 0 for r in results),
        "p50_ms": float(np.percentile(times, 50)) if times else None,
        "p99_9_ms": _p999(times),
        "first_reasons": dict(sorted(Counter(str(r.first_reason) for r in results).items())),
    }
