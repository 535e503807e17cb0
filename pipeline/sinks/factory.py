"""Which sinks a run has, and what is written when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.report.page import write_report
from pipeline.report.summary import Summary, summarise
from pipeline.request import RunRequest
from pipeline.sinks.console import ProgressSink, print_summary
from pipeline.sinks.history import HistorySink
from pipeline.sinks.masks import MasksSink
from pipeline.sinks.records import RecordsSink
from pipeline.sinks.sink import Display, FrameResult, RunContext, Sink
from pipeline.sinks.steadier import PoseSteadier
from pipeline.sinks.stills import StillsSink
from pipeline.sinks.summary import write_summary
from pipeline.sinks.video import VideoSink
from tracking.frame import SourceFrame


@dataclass(frozen=True, eq=False)
class RunSinks:
    """Every sink of one run. Itself a sink; `finish` writes what needs the whole run."""

    directory: Path
    context: RunContext
    is_quiet: bool
    history: HistorySink
    stills: StillsSink
    others: tuple[Sink, ...]
    display: Display | None = None
    steadier: PoseSteadier = field(default_factory=PoseSteadier)

    def __iter__(self) -> Iterator[Sink]:
        first = () if self.display is None else (self.display,)  # what it shows must not age
        return iter((*first, self.history, self.stills, *self.others))

    def ahead(self, source_frame: SourceFrame) -> None:
        """A frame is about to be processed."""
        if self.display is not None:
            self.display.ahead(source_frame)

    def emit(self, result: FrameResult) -> None:
        """Hand one result to every sink, its drawn pose steadied."""
        steadied = self.steadier.steadied(result)
        for sink in self:
            sink.emit(steadied)

    def close(self) -> None:
        """Close every sink; safe to call twice."""
        for sink in self:
            sink.close()

    def finish(self, damage: str | None = None, n_skipped: int = 0) -> Summary:
        """Close, write `summary.json` and `report.html`, print the summary on stderr.

        `damage` and `n_skipped` are the source's, after its last frame.
        """
        self.close()
        summary = summarise(self.history.history, self.context, damage, n_skipped)
        write_summary(self.directory / "summary.json", summary)
        report_path = self.directory / "report.html"
        write_report(report_path, summary, self.history.history, self.context, self.stills.stills())
        if not self.is_quiet:
            print_summary(summary, self.context)
        return summary


def build_sinks(
    request: RunRequest,
    context: RunContext,
    directory: Path,
    n_frames: int | None,
    display: Display | None = None,
) -> RunSinks:
    """Build the sinks that a request asks for; they write into `directory`.

    The progress bar starts at once, so call this when frames are about to come.
    """
    others: list[Sink] = [RecordsSink(directory / "records.jsonl")]
    if request.save_masks:
        others.append(MasksSink(directory / "masks"))
    if request.video:
        others.append(VideoSink(directory / "overlay.mp4", context))
    if not request.quiet:
        others.append(ProgressSink(n_frames))
    history = HistorySink(context.plan.limits)
    stills = StillsSink(directory / "overlay.png", context)
    return RunSinks(directory, context, request.quiet, history, stills, tuple(others), display)
