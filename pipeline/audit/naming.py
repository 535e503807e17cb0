"""Names of sessions and of their logs."""

from __future__ import annotations

from pathlib import Path

from pipeline.audit.entry import SESSION_ID
from pipeline.audit.kinds import LEDGER_SESSION
from tracking.errors import UsageError

LEDGER_NAME = "ledger.jsonl"
KEYS_NAME = "keys"
LOG_SUFFIX = ".audit.jsonl"
"""A log's name is its session's id and this, so that another session's log is told at once."""


def log_name(session_id: str) -> str:
    """File name of a session's log. Raises UsageError for a malformed id."""
    check_session_id(session_id)
    return session_id + LOG_SUFFIX


def session_of(path: Path) -> str | None:
    """The session that a log's file name stands for; None where the name says nothing."""
    name = path.name
    return name.removesuffix(LOG_SUFFIX) if name.endswith(LOG_SUFFIX) else None


def ledger_beside(path: Path) -> Path | None:
    """The ledger of the archive that a log lies in; None where there is none."""
    beside = path.parent / LEDGER_NAME
    return beside if beside.exists() else None


def check_session_id(session_id: str) -> None:
    """Raise UsageError where an id could not be a file name, or is the ledger's."""
    if not SESSION_ID.fullmatch(session_id) or session_id == LEDGER_SESSION:
        raise UsageError(
            f"The session id {session_id!r}: is malformed.",
            expected="1 to 64 letters, digits, '.', '_' or '-', a letter or digit first",
        )
