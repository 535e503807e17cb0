"""Copy a source into a session file, or several where it is long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from recordings.session.part_limit import LIMIT_BYTES
from recordings.session.rotating import RotatingWriter
from recordings.source import Source, SourceHeader
from tracking.errors import SourceError
from tracking.frame import SourceFrame


@dataclass(frozen=True)
class Recorded:
    """What was written: frames, and the files that they lie in."""

    n_frames: int
    n_parts: int


Progress = Callable[[int, int | None], None]
"""Called with frames done and frames in all (None: not known)."""


def record_session(
    source: Source,
    path: Path,
    limit_frames: int | None = None,
    progress: Progress | None = None,
    changed: Callable[[SourceFrame], SourceFrame] | None = None,
    limit_bytes: int = LIMIT_BYTES,
    header: SourceHeader | None = None,
    has_to_end: Callable[[], bool] = lambda: False,
) -> Recorded:
    """Write the source's frames to `path`, each `changed`, and count them.

    `header` is written instead of the source's. Where a file would become larger than
    `limit_bytes` the recording goes on in the next part.

    Ctrl-C ends a recording in good order, and so does `has_to_end`, which is asked before each
    frame. What was recorded stays, whatever happens.

    Raises
    ------
    SourceError
        The source is damaged or fails, or a frame's labels cannot be read; the frames before
        are in the file, which is whole.
    UsageError
        The file exists or cannot be created.
    """
    total = _total(source.header.n_frames, limit_frames)
    with RotatingWriter(path, header or source.header, limit_bytes=limit_bytes) as writer:
        try:
            while not has_to_end() and (limit_frames is None or writer.n_frames < limit_frames):
                frame = source.read()
                if frame is None:
                    break
                _refuse_unreadable_labels(frame, source, path, writer.n_frames)
                writer.write(frame if changed is None else changed(frame))
                if progress is not None:
                    progress(writer.n_frames, total)
        except KeyboardInterrupt:
            return Recorded(writer.n_frames, writer.n_parts)
    if source.damage is not None:
        raise SourceError(
            f"{source.header.uri} was recorded up to its damage only",
            actual=source.damage,
            remedy=f"{path} holds the {writer.n_frames} whole frames",
        )
    return Recorded(writer.n_frames, writer.n_parts)


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
