"""Lines of a file that nobody vouches for: one at a time, none longer than a bound."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipeline.audit.canonical import MAX_LINE_BYTES
from tracking.errors import SourceError, TrackerError


@dataclass(frozen=True)
class RawLine:
    """One line without its end.

    Attributes
    ----------
    number
        From 1.
    offset
        Of its first byte in the file.
    has_end
        False for the last line of a file that does not end with a line feed.
    is_long
        The line goes on beyond the bound; what follows it was not read.
    """

    number: int
    offset: int
    data: bytes
    has_end: bool
    is_long: bool = False


def read_lines(stream: BinaryIO) -> Iterator[RawLine]:
    """Read line by line; ends after a line that is too long. Memory: one line."""
    number, offset = 0, 0
    while data := stream.readline(MAX_LINE_BYTES + 2):
        number += 1
        has_end = data.endswith(b"\n")
        content = data[:-1] if has_end else data
        is_long = len(content) > MAX_LINE_BYTES
        yield RawLine(number, offset, content, has_end, is_long)
        if is_long:
            return
        offset += len(data)


def open_regular(path: Path, what: str, error_kind: type[TrackerError] = SourceError) -> BinaryIO:
    """Open a file for reading; pipes and devices are refused instead of waited for.

    Raises
    ------
    TrackerError
        Of `error_kind`: there is no such file, it may not be read, or it is none.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise error_kind(
            f"{what} {path}: cannot be opened.",
            actual=getattr(error, "strerror", None) or str(error),
            remedy="Name a file that exists and that you may read.",
        ) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise error_kind(
            f"{what} {path}: is not a regular file.", remedy="Name the file itself, not a folder."
        )
    return os.fdopen(descriptor, "rb")
