"""Every form of an export at once: all of them are finished, or none is left half-written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from pipeline.export.exporter import FrameExport, ResultExport
from pipeline.sinks.sink import FrameResult
from tracking.frame import SourceFrame


class Outputs:
    """What takes frames, and what takes results; use `outputs`."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._frames: list[FrameExport] = []
        self._results: list[ResultExport] = []

    def add_frames(self, made: FrameExport) -> None:
        """Hand frames to it, too."""
        self._stack.enter_context(_finished(made))
        self._frames.append(made)

    def add_results(self, made: ResultExport) -> None:
        """Hand results to it, too."""
        self._stack.callback(made.close)
        self._results.append(made)

    def take(self, source_frame: SourceFrame, result: FrameResult | None) -> None:
        """Hand one frame to all of them."""
        for frame_export in self._frames:
            frame_export.write(source_frame)
        if result is not None:
            for result_export in self._results:
                result_export.emit(result)


@contextmanager
def outputs() -> Iterator[Outputs]:
    """Finish all that was added; after whatever ended it early, no folder of them is left.

    Files are closed then, and stay: whoever named them removes them.
    """
    with ExitStack() as stack:  # goes on where one of them cannot be finished
        yield Outputs(stack)


@contextmanager
def _finished(made: FrameExport) -> Iterator[None]:
    try:
        yield
        made.close()
    except BaseException:
        made.abandon()
        raise
