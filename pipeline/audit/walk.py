"""Walks along the hash chain of a log, entry by entry, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pipeline.audit.canonical import MAX_LINE_BYTES, CanonicalError, canonical_bytes
from pipeline.audit.entry import GENESIS, Entry, entry_hash, parse_entry
from pipeline.audit.errors import Means, TamperError
from pipeline.audit.lines import RawLine, read_lines

TORN_REMEDY = (
    "If the session crashed, `sessions audit seal` sets the torn bytes aside and says so in the "
    "log; if it did not, someone has cut the file."
)


@dataclass
class Tear:
    """Where a crash tore the last line: filled by a walk that tolerates it."""

    offset: int | None = None
    data: bytes = b""


def walk(stream: BinaryIO, name: str, tear: Tear | None = None) -> Iterator[Entry]:
    """Yield the entries while each continues the one before.

    Parameters
    ----------
    name : str
        Of the file, for messages.
    tear : Tear or None
        Takes a last line without an end, which is then no fault; None: it is one.

    Raises
    ------
    TamperError
        At the first line that cannot have been written after the line before it.
    """
    session, sequence, head = "", 0, GENESIS
    for line in read_lines(stream):
        if line.is_long:
            raise _malformed(name, line.number, f"a line of more than {MAX_LINE_BYTES} bytes")
        if not line.has_end:
            if tear is None:
                raise TamperError(
                    name,
                    line.number,
                    Means.CHAIN,
                    "the last line is torn",
                    expected="a line feed at the end of the file",
                    actual=f"{len(line.data)} bytes without one",
                    remedy=TORN_REMEDY,
                )
            tear.offset, tear.data = line.offset, line.data
            return
        entry = _parsed(name, line)
        session = session or entry.session
        _check_continues(name, line.number, entry, session, sequence, head)
        yield entry
        sequence, head = sequence + 1, entry.hash


def _parsed(name: str, line: RawLine) -> Entry:
    try:
        return parse_entry(line.data)
    except CanonicalError as error:
        raise _malformed(name, line.number, str(error)) from error


def _malformed(name: str, number: int, actual: str) -> TamperError:
    return TamperError(
        name,
        number,
        Means.CHAIN,
        "this is not a line of an audit log",
        expected="one entry as canonical JSON",
        actual=actual,
    )


def _check_continues(
    name: str, number: int, entry: Entry, session: str, sequence: int, head: str
) -> None:
    """Compare with what the lines before say; the hash last, because it covers the others."""
    own = entry_hash(entry.previous, canonical_bytes(entry.content()))
    for what, expected, actual in (
        ("the entry has another number than its place", str(sequence), str(entry.sequence)),
        ("the entry belongs to another session", session, entry.session),
        ("the entry does not follow the line before it", head, entry.previous),
        ("the entry is not what was sealed by its hash", own, entry.hash),
    ):
        if expected != actual:
            raise TamperError(name, number, Means.CHAIN, what, expected=expected, actual=actual)
