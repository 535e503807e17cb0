"""The campaign at the level of images: docked sessions, the shipped model, as in a replay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.benchmarks.findings import RULE_OF_THREE, Findings, Goal, TextTable, share, shown
from pipeline.benchmarks.side_by_side import N_PROCESSES, side_by_side
from pipeline.faults.image_run import IMAGE_FAULTS, SCENARIO, ImageResult, run_session
from recordings.progress import Report
from recordings.simulation.disturbance import SEVERITIES

N_CASES_GOAL = 2000


@dataclass(frozen=True)
class Piece:
    """One session."""

    seed: int


def run_piece(piece: Piece) -> list[ImageResult]:
    """Strike one session with everything."""
    return run_session(piece.seed)


def image_campaign(
    n_cases: int, seed: int, report: Report, *, n_processes: int = N_PROCESSES
) -> Findings:
    """Strike as many sessions as make `n_cases` of every class, one a severity each."""
    n_sessions = -(-n_cases // len(SEVERITIES))
    pieces = [Piece(seed + index) for index in range(n_sessions)]
    results = side_by_side(run_piece, pieces, report, n_processes)
    return findings([result for piece in results for result in piece])


def findings(results: Sequence[ImageResult]) -> Findings:
    """Table by class, and the goals."""
    counted = [r for r in results if r.twin_ready]
    false_ready = [r for r in counted if r.n_false_ready]
    sessions = {r.seed for r in results}
    armed = {r.seed for r in counted}
    expected = {fault.name: fault.expects for fault in IMAGE_FAULTS}
    told = [r for r in counted if expected[r.fault]]
    right = share(sum(r.first_reason in expected[r.fault] for r in told), len(told))
    table = TextTable(
        f"Whole images, the shipped model, sim:{SCENARIO} (simulation): {len(IMAGE_FAULTS)} "
        f"classes, {len(armed)} of {len(sessions)} sessions armed",
        ("fault", "cases", "false READY", "at most, 95 %", "told first"),
        [_row(fault.name, [r for r in counted if r.fault == fault.name]) for fault in IMAGE_FAULTS],
        "Cases count only where the session goes on READY without the fault. Five severities each; "
        "three faulted frames a case, none of which may be READY.",
    )
    return Findings(
        tables=(table,),
        goals=(
            Goal(f"false READY in {len(counted)} cases", float(len(false_ready)), 0.0),
            Goal("cases", float(len(counted)), float(N_CASES_GOAL), is_most=False),
            Goal("right reason first where one is expected", right, 0.99, is_most=False),
        ),
        data={
            "cases": len(counted),
            "false_ready": [[r.fault, r.seed, r.severity] for r in false_ready],
            "sessions": len(sessions),
            "sessions_armed": len(armed),
        },
    )


def _row(name: str, results: Sequence[ImageResult]) -> tuple[str, ...]:
    told = Counter(r.first_reason or "nothing" for r in results)
    return (
        name,
        str(len(results)),
        str(sum(r.n_false_ready > 0 for r in results)),
        shown(share(1, len(results)), 1, 100 * RULE_OF_THREE, " %"),
        ", ".join(f"{reason} {n}" for reason, n in told.most_common(3)),
    )
