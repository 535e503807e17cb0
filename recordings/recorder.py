"""Copy a source into a session file, or several where it is long; or into a RealSense .db3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from recordings.progress import Report
from recordings.session.part_limit import LIMIT_BYTES
from recordings.session.rotating import RotatingWriter
from recordings.source import Source, SourceHeader
from tracking.errors import SourceError
from tracking.frame import SourceFrame


@dataclass(frozen=True)
class Recorded:
    """What was written: frames, the files that they lie in; and what the camera passed over."""

    n_frames: int
    n_parts: int
    n_skipped: int = 0


def record_session(
    source: Source,
    path: Path,
    limit_frames: int | None = None,
    progress: Report | None = None,
    changed: Callable[[SourceFrame], SourceFrame] | None = None,
    limit_bytes: int = LIMIT_BYTES,
    header: SourceHeader | None = None,
    has_to_end: Callable[[], bool] = lambda: False,
) -> Recorded:
    """Write the source's frames to `path`, each `changed`, and count them.

    `header` is written instead of the source's. Where a file would become larger than
    `limit_bytes` the recording goes on in the next part.

    `has_to_end`, asked before each frame, ends a recording in good order, and so does an
    interrupt. What was recorded stays, whatever happens.

    Raises
    ------
    SourceError
        The source is damaged or fails, or a frame's labels cannot be read; the frames before
        are in the file, which is whole.
    UsageError
        The file exists or cannot be created.
    """
    with RotatingWriter(path, header or source.header, limit_bytes=limit_bytes) as writer:
        try:
            for frame in _frames(source, path, limit_frames, progress, has_to_end):
                writer.write(frame if changed is None else changed(frame))
        except KeyboardInterrupt:
            return Recorded(writer.n_frames, writer.n_parts, source.n_skipped)
    _refuse_damage(source, path, writer.n_frames)
    return Recorded(writer.n_frames, writer.n_parts, source.n_skipped)


def record_db3(
    source: Source,
    path: Path,
    limit_frames: int | None = None,
    progress: Report | None = None,
    changed: Callable[[SourceFrame], SourceFrame] | None = None,
    has_to_end: Callable[[], bool] = lambda: False,
) -> Recorded:
    """The same with the vendor's own recorder, into one .db3: no labels, truth or texts.

    The file appears when it is whole: whoever interrupts it, but by `has_to_end`, has none.

    Raises
    ------
    SourceError, UsageError
        As `record_session`; the file exists, or its unit cannot be written exactly.
    FaultError
        The vendor's recorder lost images.
    """
    from recordings.realsense.db3_writer import write_db3

    header = source.header
    frames = _frames(source, path, limit_frames, progress, has_to_end)
    n_frames = write_db3(
        path,
        frames if changed is None else map(changed, frames),
        header.intrinsics,
        header.depth_unit_mm,
        frame_rate_hz=header.frame_rate_hz,
        name=header.device_name,
        serial=header.device_serial,
    )
    _refuse_damage(source, path, n_frames)
    return Recorded(n_frames, 1, source.n_skipped)


def _frames(
    source: Source,
    path: Path,
    limit_frames: int | None,
    progress: Report | None,
    has_to_end: Callable[[], bool],
) -> Iterator[SourceFrame]:
    """Those to write; progress is told of one when the next is asked for: it is written then."""
    total, n_done = _total(source.header.n_frames, limit_frames), 0
    while not has_to_end() and (limit_frames is None or n_done < limit_frames):
        frame = source.read()
        if frame is None:
            return
        _refuse_unreadable_labels(frame, source, path, n_done)
        yield frame
        n_done += 1
        if progress is not None:
            progress(n_done, total)


def _refuse_damage(source: Source, path: Path, n_frames: int) -> None:
    if source.damage is not None:
        raise SourceError(
            f"{source.header.uri} was recorded up to its damage only",
            actual=source.damage,
            remedy=f"{path} holds the {n_frames} whole frames",
        )


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
