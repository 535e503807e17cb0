"""What every export is: it takes frames, or frames with their results, one after the other."""

from __future__ import annotations

from typing import Protocol

from pipeline.sinks.sink import FrameResult
from tracking.errors import UsageError
from tracking.frame import SourceFrame


class FrameExport(Protocol):
    """Needs the recorded frames alone."""

    def write(self, source_frame: SourceFrame) -> None:
        """Take one frame."""
        ...

    def close(self) -> None:
        """Finish; safe to call twice."""
        ...

    def abandon(self) -> None:
        """Leave nothing half-written behind where that can be helped."""
        ...


class ResultExport(Protocol):
    """Needs what the tracker makes of the frames."""

    def emit(self, result: FrameResult) -> None:
        """Take one result."""
        ...

    def close(self) -> None:
        """Finish; safe to call twice."""
        ...


def refuse_existing(option: str, name: str) -> UsageError:
    """An export never replaces anything."""
    return UsageError(
        f"{option}: {name} exists.", remedy="Name a new file or folder; exports replace nothing."
    )
