"""Write a recording that begins a new file before one grows too large."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from recordings.session.part_limit import LIMIT_BYTES
from recordings.session.parts import (
    PartRecord,
    later_parts,
    part_path,
    session_id_of,
    with_part,
)
from recordings.session.writer import EncodedFrame, SessionWriter, encoded
from recordings.source import SourceHeader
from tracking.errors import UsageError
from tracking.frame import SourceFrame

BeginPart = Callable[[EncodedFrame], EncodedFrame]
"""What a later part's first frame has to carry so that the part can be read alone."""


class RotatingWriter:
    """Writes a session as `SessionWriter` does, in as many parts as it takes.

    The next part is made when its first frame has come, so that none is empty; a frame lies in one
    part as a whole. A single frame that is larger than the limit has a part of its own.

    Parameters
    ----------
    path : Path
        Of the first part. Neither it nor a later part of that name may exist.
    limit_bytes : int
        No file becomes larger; at most `LIMIT_BYTES`.
    begin_part : callable, optional
        Changes the first frame of every part but the first.

    Raises
    ------
    UsageError
        A file exists or its folder cannot be written; also later, where a part begins.
    ValueError
        A limit that is none, or above `LIMIT_BYTES`.
    """

    def __init__(
        self,
        path: Path,
        header: SourceHeader,
        *,
        each_frame: bool = False,
        limit_bytes: int = LIMIT_BYTES,
        begin_part: BeginPart | None = None,
    ) -> None:
        if not 0 < limit_bytes <= LIMIT_BYTES:
            raise ValueError(f"a limit of {limit_bytes} bytes, expected 1 to {LIMIT_BYTES}")
        taken = later_parts(path)
        if taken:
            raise UsageError(
                f"cannot create the session file {path}",
                actual=f"{taken[0].name} exists, as a later part of it would be named",
                remedy="name a new file",
            )
        self._path, self._header, self._each_frame = path, header, each_frame
        self._limit_bytes, self._begin_part = limit_bytes, begin_part
        self._part = PartRecord(part=1, session_id=session_id_of(header))
        self._writer = self._opened(self._part)

    @property
    def n_frames(self) -> int:
        """Frames written so far, in all parts."""
        return self._part.n_frames_before + self._writer.n_frames

    @property
    def n_parts(self) -> int:
        """Parts begun so far."""
        return self._part.part

    def write(self, source_frame: SourceFrame) -> None:
        """Append one frame."""
        self.write_encoded(encoded(source_frame))

    def write_encoded(self, frame: EncodedFrame) -> None:
        """Append one frame as it is encoded, to the next part where this one has no room."""
        has_room = self._writer.size_with(frame) <= self._limit_bytes
        if not has_room and self._writer.n_frames > 0:
            self._next_part()
            frame = frame if self._begin_part is None else self._begin_part(frame)
        self._writer.write_encoded(frame)

    def close(self) -> None:
        """Finish the last part; safe to call twice."""
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _opened(self, part: PartRecord) -> SessionWriter:
        path, header = part_path(self._path, part.part), with_part(self._header, part)
        return SessionWriter(path, header, each_frame=self._each_frame)

    def _next_part(self) -> None:
        """Begin the next part, then finish this one: it says that another follows where it does."""
        part = PartRecord(
            part=self._part.part + 1,
            session_id=self._part.session_id,
            n_frames_before=self.n_frames,
        )
        following = self._opened(part)
        try:
            self._writer.close(goes_on=True)
        finally:
            self._writer, self._part = following, part
