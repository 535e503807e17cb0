"""Ends the log of a session that could not end it itself."""

from __future__ import annotations

from pathlib import Path

from pipeline.audit.head import PrintedHead
from pipeline.audit.keys import SigningKey
from pipeline.audit.ledger import Ledger
from pipeline.audit.log import AuditLog
from pipeline.audit.reading import head_of

OUTCOME = "sealed after a crash"


def seal(path: Path, key: SigningKey, ledger: Ledger | None) -> PrintedHead:
    """Set torn bytes aside, tell of the crash in the log, end and sign it, tell the ledger.

    A log that has ended while its ledger was not told is not touched: the ledger is told.

    Raises
    ------
    SourceError, TamperError, AuditError
        It cannot be read, was changed, is another key's, or both files know of its end already.
    """
    head = head_of(path)
    if head.is_closed and ledger is not None:
        ledger.closed(head.session, head.head, head.sequence + 1, OUTCOME)
        return head
    log = AuditLog.resume(path, head.session, key, ledger)
    return log.close(OUTCOME)
