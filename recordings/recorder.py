"""Copy a source into a session file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from recordings.session.writer import SessionWriter
from recordings.source import Source
from tracking.errors import SourceError
from tracking.frame import SourceFrame

Progress = Callable[[int, int | None], None]
"""Called with frames done and frames in all (None: not known)."""


def record_session(
    source: Source,
    path: Path,
    limit_frames: int | None = None,
    progress: Progress | None = None,
    changed: Callable[[SourceFrame], SourceFrame] | None = None,
) -> int:
    """Write the source's frames to `path`, each `changed`, and return their number.

    Ctrl-C ends a recording in good order. What was recorded stays, whatever happens.

    Raises
    ------
    SourceError
        The source is damaged or fails, or a frame's labels cannot be read; the frames before
        are in the file, which is whole.
    UsageError
        The file exists or cannot be created.
    """
    total = _total(source.header.n_frames, limit_frames)
    with SessionWriter(path, source.header) as writer:
        try:
            while limit_frames is None or writer.n_frames < limit_frames:
                frame = source.read()
                if frame is None:
                    break
                _refuse_unreadable_labels(frame, source, path, writer.n_frames)
                writer.write(frame if changed is None else changed(frame))
                if progress is not None:
                    progress(writer.n_frames, total)
        except KeyboardInterrupt:
            return writer.n_frames
    if source.damage is not None:
        raise SourceError(
            f"{source.header.uri} was recorded up to its damage only",
            actual=source.damage,
            remedy=f"{path} holds the {writer.n_frames} whole frames",
        )
    return writer.n_frames


def _refuse_unreadable_labels(frame: SourceFrame, source: Source, path: Path, done: int) -> None:
    """A recording without them would say that there were none."""
    if frame.labels_fault:
        raise SourceError(
            f"{source.header.uri} was recorded up to frame {frame.frame.frame_index} only, "
            "whose labels cannot be read",
            actual=frame.labels_fault,
            remedy=f"restore the image, and record again; {path} holds the {done} frames before",
        )


def _total(n_frames: int | None, limit_frames: int | None) -> int | None:
    known = [n for n in (n_frames, limit_frames) if n is not None]
    return min(known, default=None)
