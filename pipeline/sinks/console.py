"""What a person sees on the terminal: a progress bar and the summary. On stderr only."""

from __future__ import annotations

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
from pipeline.report.summary import Summary
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.decision import Verdict
from tracking.reasons import TEXTS, Reason

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
    if summary.damage is not None:
        console.print(f"[bold]SOURCE ENDED EARLY:[/bold] {summary.damage}", markup=True)
    console.print(_verdict_table(summary))
    if summary.reasons:
        console.print(_reason_table(summary))
    console.print(_quantity_table(summary, context))
    if summary.truth is not None:
        console.print(_truth_line(summary))
    if summary.assumed:
        console.print(f"Assumed as passed: {', '.join(summary.assumed)}", markup=False)
