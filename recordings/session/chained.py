"""All parts of one recording, handed over as the one session that they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from recordings.naming import file_name
from recordings.session.parts import PartRecord, first_path, later_parts, part_of
from recordings.session.reader import SessionSource
from recordings.source import Freshness, SourceHeader
from tracking.errors import SourceError
from tracking.frame import SourceFrame

REMEDY = "Name the first part, NAME.mcap, with all others, NAME.part002.mcap and so on, beside it."


class ChainedSource:
    """Reads the first part, and goes on through those that lie beside it, one after the other.

    Parameters
    ----------
    first : Path
        Of the first part.

    Raises
    ------
    SourceError
        A part cannot be opened, is missing, or belongs to another recording.
    """

    def __init__(self, first: Path) -> None:
        first = first.resolve()  # of a link: its parts lie where it leads
        if first_path(first) != first:
            raise SourceError(
                f"{file_name(first)} is a later part of a recording.",
                expected=first_path(first).name,
                remedy=REMEDY,
            )
        paths = [first, *later_parts(first)]
        headers = [_header(path) for path in paths]
        _check(paths, headers)
        counts = [header.n_frames for header in headers]
        known = [count for count in counts if count is not None]
        n_frames = sum(known) if len(known) == len(counts) else None
        self._header = replace(headers[0], n_frames=n_frames)
        self._paths, self._headers = paths, headers
        self._source: SessionSource | None = None
        self._damage: str | None = None
        self._frames = self._read_frames()

    @property
    def header(self) -> SourceHeader:
        """The first part's, with the frames of all."""
        return self._header

    @property
    def n_parts(self) -> int:
        """Files that are read."""
        return len(self._paths)

    @property
    def freshness(self) -> Freshness:
        """Recordings hand over every frame."""
        return Freshness.EVERY_FRAME

    @property
    def n_skipped(self) -> int:
        """Recordings skip nothing."""
        return 0

    @property
    def damage(self) -> str | None:
        """Why a part ended early; what lies behind it is not read."""
        return self._damage

    def read(self) -> SourceFrame | None:
        """Return the next whole frame, None at the end or at the first damage."""
        return next(self._frames, None)

    def close(self) -> None:
        """Close the part that is open; safe to call twice."""
        if self._source is not None:
            self._source.close()

    def _read_frames(self) -> Iterator[SourceFrame]:
        n_before = 0
        for path, header in zip(self._paths, self._headers, strict=True):
            part = part_of(header)
            if part is not None and part.n_frames_before != n_before:
                name = file_name(path)
                self._damage = f"{part.n_frames_before} frames lie before {name}, not {n_before}"
                return
            self._source = SessionSource(path)
            while (frame := self._source.read()) is not None:
                n_before += 1
                yield frame
            self._damage = self._source.damage
            self._source.close()
            if self._damage is not None:
                return


def _header(path: Path) -> SourceHeader:
    source = SessionSource(path)
    source.close()
    return source.header


def _check(paths: list[Path], headers: list[SourceHeader]) -> None:
    parts = [part_of(header) or PartRecord(part=1, session_id="") for header in headers]
    for number, (path, part) in enumerate(zip(paths, parts, strict=True), start=1):
        if (part.part, part.session_id) != (number, parts[0].session_id):
            raise SourceError(
                f"{file_name(path)} is not part {number} of its recording.",
                expected=f"part {number} of session {parts[0].session_id}",
                actual=f"part {part.part} of session {part.session_id}",
                remedy=REMEDY,
            )
