"""A part of a recording: frames `first` to `last`, counted from 0 in the order of the recording."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from recordings.source import Freshness, Source, SourceHeader
from tracking.errors import UsageError
from tracking.frame import SourceFrame


@runtime_checkable
class Seekable(Protocol):
    """A source that goes to a frame without reading those before it."""

    def seek(self, position: int) -> None:
        """Let the next `read` return the frame at `position`."""


class RangedSource:
    """Hands over a part; with those before it, or so that its reader knows nothing of them.

    Raises
    ------
    UsageError
        The part ends before it begins, or begins behind the recording's end.
    """

    def __init__(
        self, source: Source, first: int, last: int | None, *, with_earlier: bool = False
    ) -> None:
        n_frames = source.header.n_frames
        if last is not None and last < first:
            raise UsageError("--to lies before --from.", actual=f"{first} to {last}")
        if n_frames is not None and first >= n_frames:
            raise UsageError(
                f"--from {first} lies behind the recording's end.",
                expected=f"0 to {n_frames - 1}",
                actual=str(first),
            )
        self._source, self._next, self._last = source, 0, last
        self._is_ended = False
        if with_earlier:
            return
        if first and isinstance(source, Seekable):
            source.seek(first)
            self._next = first
        while self._next < first and source.read() is not None:
            self._next += 1

    @property
    def header(self) -> SourceHeader:
        """Of the whole recording."""
        return self._source.header

    @property
    def freshness(self) -> Freshness:
        """The source's."""
        return self._source.freshness

    @property
    def n_skipped(self) -> int:
        """The source's: what the part leaves out is not skipped."""
        return self._source.n_skipped

    @property
    def damage(self) -> str | None:
        """Of the part."""
        return None if self._is_ended else self._source.damage

    def read(self) -> SourceFrame | None:
        """Return the next frame of the part, None at its end."""
        if self._last is not None and self._next > self._last:
            self._is_ended = True
            return None
        self._next += 1
        return self._source.read()

    def close(self) -> None:
        """Close the source."""
        self._source.close()
