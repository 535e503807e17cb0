"""`bench qa`: what the daily QA notices, and that a history which proves nothing never arms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from math import ceil

from pipeline.benchmarks.findings import Findings, Goal, TextTable, share, shown
from pipeline.benchmarks.qa_histories import SPOILT, HistoryPiece, HistoryResult, run_histories
from pipeline.benchmarks.qa_trials import CLASSES, N_FRAMES, Trial, TrialResult, run_trial
from pipeline.benchmarks.side_by_side import N_PROCESSES, side_by_side
from recordings.progress import Report

N_HISTORIES = 1000
SPARE = 1.1  # sessions drawn near a limit do not arm, and do not count
DETECTED_GOAL, FALSE_GOAL = 0.99, 0.01


def qa_bench(
    n_trials: int,
    seed: int,
    report: Report,
    *,
    n_histories: int = N_HISTORIES,
    n_processes: int = N_PROCESSES,
) -> Findings:
    """Run `n_trials` of every class of set-up, and `n_histories` of every class of history."""
    trials = [Trial(name, seed, index) for name in CLASSES for index in range(n_trials)]
    results = side_by_side(run_trial, trials, report, n_processes)
    pieces = [HistoryPiece(seed, index) for index in range(ceil(SPARE * n_histories))]
    found = side_by_side(run_histories, pieces, report, n_processes)
    return findings(results, [one for piece in found for one in piece], n_histories)


def findings(
    trials: Sequence[TrialResult], histories: Sequence[HistoryResult], n_histories: int
) -> Findings:
    """Tables and goals."""
    goals, rows = [], []
    for name in CLASSES:
        of_class = [t for t in trials if t.name == name]
        n_failed = sum(t.outcome == "Failure" for t in of_class)
        rate = share(n_failed, len(of_class))
        told = Counter(check for t in of_class for check in t.failed)
        rows.append(
            (
                name,
                str(len(of_class)),
                shown(rate, 1, 100, " %"),
                ", ".join(f"{check} {n}" for check, n in told.most_common(4)) or "-",
            )
        )
        is_unchanged = name == CLASSES[0]
        goals.append(
            Goal(
                f"{name}: share of Failure",
                rate,
                FALSE_GOAL if is_unchanged else DETECTED_GOAL,
                is_most=is_unchanged,
            )
        )
    history_rows = []
    for name in SPOILT:
        counted = [h for h in histories if h.name == name and h.twin_ready]
        n_ready = sum(h.ready for h in counted)
        told = Counter(h.reason for h in counted)
        goals.append(Goal(f"{name}: READY of {len(counted)}", float(n_ready), 0.0))
        goals.append(
            Goal(f"{name}: twins READY", float(len(counted)), float(n_histories), is_most=False)
        )
        history_rows.append(
            (name, str(len(counted)), str(n_ready), ", ".join(f"{r} {n}" for r, n in told.items()))
        )
    return Findings(
        (
            TextTable(
                "Daily QA of a phantom on its base, simulation",
                ("camera", "trials", "Failure", "checks that failed"),
                rows,
                f"{N_FRAMES} frames a trial where the protocol averages 40; true labels; faults in "
                "any direction.",
            ),
            TextTable(
                "Histories of QA before the kernel, simulation",
                ("history", "with a READY twin", "READY", "told first"),
                history_rows,
                "The twin is the same session with a valid history.",
            ),
        ),
        tuple(goals),
        {"trials": [asdict(t) for t in trials], "histories": [asdict(h) for h in histories]},
    )
