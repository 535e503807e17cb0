"""What a person sees on the terminal: a progress bar and the summary. On stderr only."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from pipeline.overlay.banner import VERDICT_WORDS
from pipeline.overlay.limits import limited_quantities
from pipeline.report.summary import Summary
from pipeline.report.truth import TruthComparison
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.alignment import Alignment
from tracking.decision import Verdict
from tracking.reasons import TEXTS, Reason

TABLE_BOX = box.SIMPLE_HEAD  # narrow: the widest table fits 80 columns
MAX_REASONS = 6  # rows on the terminal; summary.json holds all


def stderr_console() -> Console:
    """The console that people read."""
    return Console(stderr=True, highlight=False)


class ProgressSink:
    """A bar while frames come; silent where stderr is not a terminal."""

    def __init__(self, n_frames: int | None, console: Console | None = None) -> None:
        console = console or stderr_console()
        bar = [BarColumn()] if n_frames is not None else []
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("frames"),
            *bar,
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[verdict]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("frames", total=n_frames, verdict="")
        self._progress.start()

    def emit(self, result: FrameResult) -> None:
        """Move on by one frame and show its verdict."""
        decision = result.record.decision
        reason = str(decision.reasons[0]) if decision.reasons else ""
        word = f"{VERDICT_WORDS[decision.verdict]} {reason}".rstrip()
        self._progress.update(self._task, advance=1, verdict=word)

    def close(self) -> None:
        """Remove the bar; safe to call twice."""
        self._progress.stop()


def print_summary(summary: Summary, context: RunContext, console: Console | None = None) -> None:
    """Print what a run came to, on stderr."""
    console = console or stderr_console()
    title = f"{summary.source} ({summary.origin}): {summary.n_frames} frames"
    console.print(title, style="bold", markup=False)
    if summary.damage is not None:
        console.print(f"SOURCE ENDED EARLY: {summary.damage}", style="bold", markup=False)
    console.print(_verdict_table(summary))
    first = summary.first_ready
    if first is not None:
        console.print(f"First READY: frame {first.frame_index}, {first.after_ms / 1e3:.2f} s in")
    if summary.reasons:
        console.print(_reason_table(summary))
    console.print(_quantity_table(summary, context))
    if summary.truth is not None:
        console.print(truth_line(summary.truth), markup=False)
    if summary.assumed:
        console.print(f"Assumed as passed: {', '.join(summary.assumed)}", markup=False)
    for note in summary.notes:
        console.print(note, markup=False)


def print_lines(lines: Iterable[str]) -> None:
    """Print sentences on stderr."""
    for line in lines:
        stderr_console().print(line, markup=False)


def _verdict_table(summary: Summary) -> Table:
    table = Table(box=TABLE_BOX, collapse_padding=True, pad_edge=False)
    table.add_column("verdict")
    table.add_column("frames", justify="right")
    table.add_column("share", justify="right")
    for verdict in Verdict:
        count, share = summary.verdicts[verdict], summary.verdict_shares[verdict]
        table.add_row(VERDICT_WORDS[verdict], str(count), f"{share:.0%}")
    return table


def _reason_table(summary: Summary) -> Table:
    table = Table(box=TABLE_BOX, collapse_padding=True, pad_edge=False)
    table.add_column("reason")
    table.add_column("frames", justify="right")
    table.add_column("what it says")
    most = sorted(summary.reasons.items(), key=lambda item: -item[1])
    for code, count in most[:MAX_REASONS]:
        table.add_row(code, str(count), TEXTS[Reason(code)].sentence)
    if len(most) > MAX_REASONS:
        table.caption = f"and {len(most) - MAX_REASONS} more in summary.json"
    return table


def _quantity_table(summary: Summary, context: RunContext) -> Table:
    table = Table(box=TABLE_BOX, collapse_padding=True, pad_edge=False)
    table.add_column("quantity", no_wrap=True)
    for heading in ("allowed", "median", "min", "max", "sigma"):
        table.add_column(heading, justify="right", no_wrap=True)
    errors = {} if summary.truth is None else summary.truth.errors
    if errors:
        for heading in ("err 50%", "95%", "max"):
            table.add_column(heading, justify="right", no_wrap=True)
    for limited in limited_quantities(Alignment(), context.plan.limits):
        found = summary.quantities.get(limited.name)
        cells = ["-"] * 4
        if found is not None:
            value = found.value
            numbers = (value.median, value.minimum, value.maximum, found.sigma.median)
            cells = [f"{number:.2f}" for number in numbers]
        error = errors.get(limited.name)
        if error is not None:
            cells += [f"{number:.2f}" for number in (error.median, error.p95, error.maximum)]
        elif errors:
            cells += ["-"] * 3
        table.add_row(limited.label, f"{limited.allowed_text} {limited.unit}".rstrip(), *cells)
    return table


def truth_line(truth: TruthComparison) -> str:
    """What the comparison with the truth comes to, in one line."""
    parts = [f"READY while truly outside the plan: {truth.n_ready_outside} of {truth.n_ready}"]
    if truth.n_ready_unchecked:
        parts.append(f"not checkable: {truth.n_ready_unchecked}")
    if truth.wait.longest_ms is not None:
        parts.append(f"longest wait for READY well inside: {truth.wait.longest_ms / 1e3:.2f} s")
    return "; ".join(parts)
