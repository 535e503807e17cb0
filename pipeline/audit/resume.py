"""Where the log of a crashed session stands, and whether it may be continued at all."""

from __future__ import annotations

from pathlib import Path

from pipeline.audit.chain import Position
from pipeline.audit.entry import Entry
from pipeline.audit.errors import AuditError, Means, TamperError
from pipeline.audit.keys import PublicKey
from pipeline.audit.kinds import AuditKind
from pipeline.audit.lines import open_regular
from pipeline.audit.signatures import SignatureCheck
from pipeline.audit.walk import Tear, walk


def resumed_position(path: Path, session_id: str, key: PublicKey) -> tuple[Position, Tear]:
    """Walk a log to its last whole line, signatures included.

    Raises
    ------
    TamperError
        It is broken, or signed by another key.
    AuditError
        It has ended, is another session's, or has no whole line.
    """
    tear, position = Tear(), Position()
    signatures = SignatureCheck(path.name, [key])
    first: Entry | None = None
    last: Entry | None = None
    end: Entry | None = None
    with open_regular(path, "The log") as stream:
        for entry in walk(stream, path.name, tear):
            signatures.take(entry)
            position = position.after(entry)
            first, last = first or entry, entry
            end = entry if entry.kind is AuditKind.END else end
    if first is None or first.kind is not AuditKind.SESSION_START:
        raise TamperError(path.name, 1, Means.CHAIN, "the log has no whole first line")
    if first.session != session_id:
        raise AuditError(
            f"The log {path}: belongs to another session.",
            expected=session_id,
            actual=first.session,
        )
    if end is not None and last is not end:
        raise AuditError(
            f"The log {path}: has ended.", remedy="A closed log is never continued: open a new one."
        )
    return position, tear
