"""One line of an audit log: who, when, what, and the hash that ties it to all lines before.

hash = SHA-256(domain || hash of the line before || canonical JSON of the line without its hash)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from pipeline.audit.canonical import (
    MAX_LINE_BYTES,
    CanonicalError,
    JsonValue,
    canonical_bytes,
    parse_canonical,
)
from pipeline.audit.kinds import AuditKind, check_body

HASH_DOMAIN = b"iort-tracker/audit/entry/1\0"
GENESIS = "0" * 64
"""Stands for the hash before the first line."""

HEX_64 = re.compile(r"[0-9a-f]{64}")
SESSION_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KEYS = frozenset(
    {"sequence", "session", "kind", "stamp_ns", "wall", "body", "previous", "hash"},
)


@dataclass(frozen=True)
class Entry:
    """One entry, sealed by its hash.

    Attributes
    ----------
    sequence
        Position in the file, from 0.
    stamp_ns
        Monotonic clock of the session that wrote it.
    wall
        Date and time of day as ISO 8601, where they are known.
    previous, hash
        64 hexadecimal digits.
    """

    session: str
    sequence: int
    kind: AuditKind
    stamp_ns: int
    wall: str | None
    body: Mapping[str, JsonValue]
    previous: str
    hash: str

    def line(self) -> bytes:
        """The line as it stands in the file, its end included."""
        return canonical_bytes({**self.content(), "hash": self.hash}) + b"\n"

    def content(self) -> dict[str, JsonValue]:
        """All that the hash covers."""
        return {
            "session": self.session,
            "sequence": self.sequence,
            "kind": self.kind.value,
            "stamp_ns": self.stamp_ns,
            "wall": self.wall,
            "body": self.body,
            "previous": self.previous,
        }


def sealed(
    session: str,
    sequence: int,
    kind: AuditKind,
    stamp_ns: int,
    wall: str | None,
    body: Mapping[str, JsonValue],
    previous: str,
) -> Entry:
    """Make an entry and its hash.

    Raises
    ------
    CanonicalError
        A body without a canonical form, without a field of its kind, or too large for a line.
    """
    check_body(kind, body)
    unsealed = Entry(session, sequence, kind, stamp_ns, wall, body, previous, GENESIS)
    if len(unsealed.line()) > MAX_LINE_BYTES:
        raise CanonicalError(f"an entry of more than {MAX_LINE_BYTES} bytes")
    digest = entry_hash(previous, canonical_bytes(unsealed.content()))
    return Entry(session, sequence, kind, stamp_ns, wall, body, previous, digest)


def entry_hash(previous: str, content: bytes) -> str:
    """Hash of one entry: domain, hash before, canonical content."""
    return sha256(HASH_DOMAIN + bytes.fromhex(previous) + content).hexdigest()


def parse_entry(line: bytes) -> Entry:
    """Read one line without its end; its hash is compared by the walk, not here.

    Raises
    ------
    CanonicalError
        Anything that `Entry.line` cannot have written.
    """
    table = parse_canonical(line)
    if table.keys() != _KEYS:
        raise CanonicalError(f"the keys are not {', '.join(sorted(_KEYS))}")
    body, wall = table["body"], table["wall"]
    if not isinstance(body, dict):
        raise CanonicalError("the body is no JSON object")
    if wall is not None and not isinstance(wall, str):
        raise CanonicalError("the wall clock's time is no text")
    try:
        kind = AuditKind(_text(table, "kind"))
    except ValueError as error:
        raise CanonicalError("the kind of entry is unknown") from error
    check_body(kind, body)
    return Entry(
        session=_matching(table, "session", SESSION_ID),
        sequence=_count(table, "sequence"),
        kind=kind,
        stamp_ns=_count(table, "stamp_ns"),
        wall=wall,
        body=body,
        previous=_matching(table, "previous", HEX_64),
        hash=_matching(table, "hash", HEX_64),
    )


def _text(table: Mapping[str, JsonValue], key: str) -> str:
    value = table[key]
    if not isinstance(value, str):
        raise CanonicalError(f"{key} is no text")
    return value


def _matching(table: Mapping[str, JsonValue], key: str, pattern: re.Pattern[str]) -> str:
    text = _text(table, key)
    if not pattern.fullmatch(text):
        raise CanonicalError(f"{key} is malformed")
    return text


def _count(table: Mapping[str, JsonValue], key: str) -> int:
    value = table[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise CanonicalError(f"{key} is no count")
    return value
