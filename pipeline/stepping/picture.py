"""The overlay of a frame that was passed, drawn from the recording and what is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline.overlay.overlay import draw_overlay
from pipeline.sinks.image_file import write_png
from pipeline.sinks.sink import RunContext
from pipeline.stepping.kept import KeptFrame, restored
from recordings.ranged import RangedSource
from recordings.source import Source
from tracking.errors import SourceError, UsageError
from tracking.frame import SourceFrame

OpenAgain = Callable[[], Source]


def write_picture(path: Path, frame: KeptFrame, context: RunContext, open_again: OpenAgain) -> None:
    """Write the picture that a replay draws of the frame; the recording is opened once more.

    Raises
    ------
    UsageError
        No .png, exists already, or cannot be written.
    SourceError
        The frame cannot be read any more.
    """
    if path.suffix != ".png":
        raise UsageError("A picture's file ends with .png.", actual=str(path))
    if path.exists():
        raise UsageError(f"{path} exists.", remedy="Name a new file; nothing is ever replaced.")
    pixels = draw_overlay(restored(frame, _read(frame.position, open_again)), context)
    try:
        write_png(path, pixels)
    except OSError as error:
        raise UsageError(f"{path} cannot be written.", actual=error.strerror or "") from error


def _read(position: int, open_again: OpenAgain) -> SourceFrame:
    source = open_again()
    try:
        found = RangedSource(source, position, position).read()
        if found is None:
            raise SourceError(
                f"The frame at position {position} cannot be read any more.",
                actual=source.damage or "the recording has become shorter",
            )
        return found
    finally:
        source.close()
