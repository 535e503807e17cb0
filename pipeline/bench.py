"""`bench`: prints the machine, what was measured and the figures; writes them where asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from pipeline.benchmarks.findings import Findings, Goal, Report, TextTable, shown
from pipeline.benchmarks.machine import machine_line

WIDTH = 150  # of tables; a file or a pipe has no width of its own
EXIT_FAILED = 1  # what a benchmark compares is not equal

DEFAULT_SIZES = {
    "registration": 300,
    "consistency": 2000,
    "identity": 1000,
    "alignment": 30,
    "display": 10,
    "robustness": 10,
    "labels": 900,
    "collar": 10,
    "fiducial": 10_000,
}


@dataclass(frozen=True)
class BenchRequest:
    """What to run; None takes the benchmark's own default.

    Attributes
    ----------
    size
        Views, views or frames a cell, trials, dockings a bed, docked frames, frames of stories
        or frames in place, by the benchmark.
    """

    what: str
    seed: int
    size: int | None = None
    has_start: bool = True
    with_rivals: bool = True
    json_path: Path | None = None
    plots_dir: Path | None = None


def bench(request: BenchRequest, report: Report) -> int:
    """Run one benchmark, print it on stdout, and return the exit code."""
    machine = machine_line(request.seed)
    console = Console(width=WIDTH, highlight=False)
    console.print(machine)
    found = _RUNS[request.what](request, report)
    for table in found.tables:
        console.print(_printed(table))
    for goal in found.goals:
        console.print(goal_line(goal), markup=False)
    if request.plots_dir is not None and found.draw is not None:
        for path in found.draw(request.plots_dir):
            console.print(f"wrote {path}", markup=False)
    if request.json_path is not None:
        text = json.dumps(_document(request, machine, found), indent=1, allow_nan=False)
        request.json_path.write_text(text + "\n", encoding="utf-8")
    return EXIT_FAILED if found.is_failed else 0


def _frames(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.frames import time_frames

    return time_frames(request.seed, report)


def _registration(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.registration import compare

    return compare(_size(request), request.seed, report, with_rivals=request.with_rivals)


def _consistency(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.consistency import consistency

    return consistency(_size(request), request.seed, report)


def _identity(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.identity import identity

    return identity(_size(request), request.seed, report, has_start=request.has_start)


def _alignment(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.alignment import run_alignment_bench

    return run_alignment_bench(_size(request), request.seed, report)


def _display(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.display import display

    return display(_size(request), request.seed, report)


def _robustness(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.robustness import run_robustness

    return run_robustness(_size(request), request.seed, report)


def _labels(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.labels import run_labels_bench

    return run_labels_bench(_size(request), request.seed, report)


def _threads(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.threads import compare_threads

    return compare_threads(request.seed, report)


def _collar(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.collar import collar_bench

    return collar_bench(_size(request), request.seed, report)


def _fiducial(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.fiducial import fiducial_bench

    return fiducial_bench(_size(request), request.seed, report)


_RUNS: dict[str, Callable[[BenchRequest, Report], Findings]] = {
    "frames": _frames,
    "registration": _registration,
    "consistency": _consistency,
    "identity": _identity,
    "alignment": _alignment,
    "display": _display,
    "robustness": _robustness,
    "labels": _labels,
    "threads": _threads,
    "collar": _collar,
    "fiducial": _fiducial,
}


def _size(request: BenchRequest) -> int:
    return request.size or DEFAULT_SIZES[request.what]


def _printed(table: TextTable) -> Table:
    printed = Table(title=table.title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in table.header:
        printed.add_column(name, no_wrap=True)
    for row in table.rows:
        printed.add_row(*row)
    printed.caption, printed.caption_justify = table.caption, "left"
    return printed


def goal_line(goal: Goal) -> str:
    """One line that says whether a goal is met."""
    verdict = "met" if goal.is_met else "NOT MET"
    relation = "at most" if goal.is_most else "at least"
    return f"{verdict:<8} {goal.name}: {shown(goal.value, 3)} ({relation} {goal.limit:g})"


def _document(request: BenchRequest, machine: str, found: Findings) -> dict[str, object]:
    return {
        "benchmark": request.what,
        "simulation": True,
        "machine": machine,
        "seed": request.seed,
        "goals": [
            {"name": g.name, "value": g.value, "limit": g.limit, "is_met": g.is_met}
            for g in found.goals
        ],
        **found.data,
    }
