"""The loop that a live session and a replay share: read, process, emit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pipeline.garbage import collected_between_frames
from pipeline.sinks.factory import RunSinks
from pipeline.sinks.sink import FrameResult
from recordings.source import Source
from tracking.frame import SourceFrame


class Processor(Protocol):
    """Makes a record of each frame; `Tracker` and `RecordedTracker` do."""

    def process(self, source_frame: SourceFrame) -> FrameResult:
        """Process one frame into a record."""
        ...


def run(
    source: Source,
    tracker: Processor,
    sinks: RunSinks,
    before_frame: Callable[[int], None] | None = None,
    n_unwritten: int = 0,
) -> int:
    """Process every frame that the source hands over; return how many the sinks were handed.

    `before_frame` is told each frame's stamp in ns before it is processed (pacing). The sinks hear
    nothing of the first `n_unwritten`: they are what the tracker remembers.
    """
    n_frames = 0
    with collected_between_frames() as collect:
        while (source_frame := source.read()) is not None:
            is_written = n_frames >= n_unwritten
            if is_written:
                if before_frame is not None:
                    before_frame(source_frame.frame.stamp_ns)
                sinks.ahead(source_frame)
            result = tracker.process(source_frame)
            if is_written:
                sinks.emit(result)
            collect()
            n_frames += 1
    return max(0, n_frames - n_unwritten)
