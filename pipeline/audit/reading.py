"""Reads a log for people: its printable head, and its entries one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.audit.entry import Entry
from pipeline.audit.errors import Means, TamperError
from pipeline.audit.head import PrintedHead
from pipeline.audit.kinds import LEDGER_SESSION, AuditKind
from pipeline.audit.ledger_view import LedgerView, read_ledger
from pipeline.audit.lines import open_regular
from pipeline.audit.signatures import SignatureCheck
from pipeline.audit.walk import Tear, walk


def entries_of(path: Path) -> Iterator[Entry]:
    """Yield the entries of a log or ledger; a torn last line is left out.

    Raises
    ------
    SourceError, TamperError
        As `walk`; what came before the fault has been yielded.
    """
    with open_regular(path, "The log") as stream:
        yield from walk(stream, path.name, Tear())


def head_of(path: Path) -> PrintedHead:
    """Return the last checkpoint of a log or ledger, chain and signatures checked up to it.

    Raises
    ------
    SourceError, TamperError
        It cannot be read, was changed, or holds no checkpoint yet.
    """
    first = next(entries_of(path), None)
    if first is not None and first.session == LEDGER_SESSION:
        with open_regular(path, "The ledger") as stream:
            return _ledger_head(read_ledger(stream, path.name))
    signatures = SignatureCheck(path.name, ())
    checkpoint: Entry | None = None
    last: Entry | None = None
    is_closed = False
    for entry in entries_of(path):
        signatures.take(entry)
        if entry.kind is AuditKind.CHECKPOINT:
            checkpoint = entry
            is_closed = last is not None and last.kind is AuditKind.END
        last = entry
    if checkpoint is None:
        raise TamperError(path.name, None, Means.SIGNATURE, "the log holds no checkpoint")
    return PrintedHead(
        checkpoint.session,
        checkpoint.sequence,
        checkpoint.hash,
        signatures.key_id,
        checkpoint.wall,
        is_closed and checkpoint is last,
    )


def _ledger_head(view: LedgerView) -> PrintedHead:
    last = view.last_checkpoint
    return PrintedHead(
        last.session, last.sequence, last.hash, str(last.body["key"]), last.wall, is_closed=False
    )
