"""All parts of one recording, handed over as the one session that they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from recordings.naming import file_name
from recordings.session.parts import PartRecord, first_path, later_parts, part_of, part_path
from recordings.session.reader import SessionSource
from recordings.source import Freshness, SourceHeader
from tracking.errors import SourceError
from tracking.frame import SourceFrame

REMEDY = "Name the first part, NAME.mcap, with all others, NAME.part002.mcap and so on, beside it."


@dataclass(frozen=True)
class PartFile:
    """One part: its file's name, and what opens it. `open_part` raises SourceError or OSError."""

    path: Path
    open_part: Callable[[], SessionSource]


def parts_beside(first: Path) -> list[PartFile]:
    """The first part and all later ones that lie beside it.

    Raises
    ------
    SourceError
        `first` is named as a later part.
    """
    first = first.resolve()  # of a link: its parts lie where it leads
    if first_path(first) != first:
        raise SourceError(
            f"{file_name(first)} is a later part of a recording.",
            expected=first_path(first).name,
            remedy=REMEDY,
        )
    return [PartFile(path, partial(SessionSource, path)) for path in (first, *later_parts(first))]


class ChainedSource:
    """Reads the first part, and goes on through the others, one after the other.

    Parameters
    ----------
    parts : sequence of PartFile
        In order, at least one.

    Raises
    ------
    SourceError
        A part cannot be opened, is missing, or belongs to another recording.
    """

    def __init__(self, parts: Sequence[PartFile]) -> None:
        headers = [_header(part) for part in parts]
        _check(parts, headers)
        counts = [header.n_frames for header in headers]
        known = [count for count in counts if count is not None]
        n_frames = sum(known) if len(known) == len(counts) else None
        self._header = replace(headers[0], n_frames=n_frames)
        self._parts, self._headers = parts, headers
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
        return len(self._parts)

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
        """Why a part ended early (what lies behind it is not read), or which part is missing."""
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
        for file, header in zip(self._parts, self._headers, strict=True):
            part = part_of(header)
            if part is not None and part.n_frames_before != n_before:
                name = file_name(file.path)
                self._damage = f"{part.n_frames_before} frames lie before {name}, not {n_before}"
                return
            self._source = file.open_part()
            while (frame := self._source.read()) is not None:
                n_before += 1
                yield frame
            self._damage = self._source.damage
            self._source.close()
            if self._damage is not None:
                return
        if self._source is not None and self._source.goes_on:
            first, n_parts = self._parts[0].path, len(self._parts)
            missing = file_name(part_path(first, n_parts + 1))
            self._damage = f"the recording goes on in {missing}, which is not there"


def _header(part: PartFile) -> SourceHeader:
    source = part.open_part()
    source.close()
    return source.header


def _check(files: Sequence[PartFile], headers: Sequence[SourceHeader]) -> None:
    parts = [part_of(header) or PartRecord(part=1, session_id="") for header in headers]
    for number, (file, part) in enumerate(zip(files, parts, strict=True), start=1):
        if (part.part, part.session_id) != (number, parts[0].session_id):
            raise SourceError(
                f"{file_name(file.path)} is not part {number} of its recording.",
                expected=f"part {number} of session {parts[0].session_id}",
                actual=f"part {part.part} of session {part.session_id}",
                remedy=REMEDY,
            )
