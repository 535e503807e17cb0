"""Collects the numbers of a run for its summary and its report."""

from __future__ import annotations

from pipeline.report.history import History
from pipeline.sinks.sink import FrameResult
from tracking.plan import Limits


class HistorySink:
    """Keeps one row of numbers for each frame, no pictures."""

    def __init__(self, limits: Limits) -> None:
        self.history = History(limits)

    def emit(self, result: FrameResult) -> None:
        """Take one row."""
        self.history.append(result.record, result.source_frame.truth)

    def close(self) -> None:
        """Nothing stays open."""
