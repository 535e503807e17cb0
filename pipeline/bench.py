"""`bench`: prints the machine, what was timed, and the figures."""

from __future__ import annotations

import numpy as np
from rich.console import Console
from rich.table import Table

from pipeline.benchmarks.machine import machine_line
from pipeline.benchmarks.simulated import BENCH_SEED

TOTAL_P50_GOAL_MS = 33.0  # one frame period at 30 Hz


def bench(what: str) -> int:
    """Run one benchmark ("frames" or "registration") and print its table on stdout."""
    console = Console(width=110)
    console.print(machine_line(BENCH_SEED))
    if what == "registration":
        console.print(_registration_table())
    else:
        console.print(_frames_table())
    return 0


def _frames_table() -> Table:
    from pipeline.benchmarks.frames import PERCENTILES, time_frames

    table = Table(title="Simulated docked frames, 848x480, ms per frame, no video")
    table.add_column("mode")
    table.add_column("stage")
    for percentile in PERCENTILES:
        table.add_column(f"p{percentile}", justify="right")
    for mode, stages in time_frames():
        for stage, values in stages.items():
            table.add_row(mode, stage, *(f"{value:.1f}" for value in values))
        table.add_section()
    table.caption = f"goal: tracked total p50 at most {TOTAL_P50_GOAL_MS:.0f} ms"
    return table


def _registration_table() -> Table:
    from pipeline.benchmarks.registration import compare_methods

    table = Table(title="Simulated docked frames, 848x480, true masks")
    for column in ("method", "failed", "axis deg med / p95", "exit mm med / p95"):
        table.add_column(column)
    table.add_column("error / bound, rms: axis, exit")
    table.add_column("ms p50 / p95")
    for result in compare_methods():
        table.add_row(
            result.name,
            str(result.n_failed),
            _median_p95(result.axis_deg, 3),
            _median_p95(result.exit_mm, 2),
            f"{result.axis_bound_ratio:.2f}, {result.exit_bound_ratio:.2f}",
            _median_p95(result.time_ms, 1),
        )
    return table


def _median_p95(values: list[float], digits: int) -> str:
    if not values:
        return "-"
    median, p95 = np.percentile(values, [50, 95])
    return f"{median:.{digits}f} / {p95:.{digits}f}"
