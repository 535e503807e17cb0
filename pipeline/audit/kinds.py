"""The closed set of what an audit log may hold, and the fields that each kind must carry."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pipeline.audit.canonical import CanonicalError, JsonValue

LEDGER_SESSION = "ledger"
"""Stands where a session's id stands in the lines of the ledger; no session may have it."""


class AuditKind(StrEnum):
    """What one entry tells; the value is the word in the file."""

    SESSION_START = "session_start"
    RESUMED = "resumed"
    VERDICT = "verdict"
    ACKNOWLEDGEMENT = "acknowledgement"
    TIME_OUT = "time_out"
    OVERRIDE = "override"
    COMMAND_REFUSED = "command_refused"
    BEAM = "beam"
    SUPERVISOR = "supervisor"
    CONFIGURATION = "configuration"
    EVIDENCE = "evidence"
    RECORDING = "recording"
    END = "end"
    CHECKPOINT = "checkpoint"
    LEDGER_START = "ledger_start"
    SESSION_OPENED = "session_opened"
    SESSION_RESUMED = "session_resumed"
    SESSION_CLOSED = "session_closed"


FIELDS: Mapping[AuditKind, frozenset[str]] = {
    AuditKind.SESSION_START: frozenset(
        {"software", "model", "plan", "rig", "catalogue", "limits", "site", "origin"}
        | {"configuration", "configuration_sha256", "key", "public_key", "ledger"}
    ),
    AuditKind.RESUMED: frozenset({"head", "torn_bytes", "torn_sha256", "torn_file"}),
    AuditKind.VERDICT: frozenset({"frame_index", "stamp_ns", "from", "to", "reasons"}),
    AuditKind.ACKNOWLEDGEMENT: frozenset({"person", "reasons"}),
    AuditKind.TIME_OUT: frozenset({"persons", "plan"}),
    AuditKind.OVERRIDE: frozenset({"person", "what", "why"}),
    AuditKind.COMMAND_REFUSED: frozenset({"command", "why"}),
    AuditKind.BEAM: frozenset({"is_on"}),
    AuditKind.SUPERVISOR: frozenset({"event"}),
    AuditKind.CONFIGURATION: frozenset({"what"}),
    AuditKind.EVIDENCE: frozenset({"proven", "assumed"}),
    AuditKind.RECORDING: frozenset({"troubles", "n_written", "n_dropped"}),
    AuditKind.END: frozenset({"outcome"}),
    AuditKind.CHECKPOINT: frozenset({"covered", "head", "key", "previous_checkpoint", "signature"}),
    AuditKind.LEDGER_START: frozenset({"key", "public_key"}),
    AuditKind.SESSION_OPENED: frozenset({"session", "key", "public_key"}),
    AuditKind.SESSION_RESUMED: frozenset({"session", "sequence", "head"}),
    AuditKind.SESSION_CLOSED: frozenset({"session", "head", "n_entries", "key", "outcome"}),
}
"""Fields that a body must have; it may have more."""

CALLERS = frozenset(
    {
        *(AuditKind.VERDICT, AuditKind.ACKNOWLEDGEMENT, AuditKind.TIME_OUT, AuditKind.OVERRIDE),
        *(AuditKind.COMMAND_REFUSED, AuditKind.BEAM, AuditKind.SUPERVISOR),
        *(AuditKind.CONFIGURATION, AuditKind.EVIDENCE, AuditKind.RECORDING),
    }
)
"""Kinds that a session hands in; the log itself writes the others."""

SIGNED_AT_ONCE = frozenset(
    {
        *(AuditKind.SESSION_START, AuditKind.RESUMED, AuditKind.END),
        *(AuditKind.ACKNOWLEDGEMENT, AuditKind.TIME_OUT, AuditKind.OVERRIDE, AuditKind.BEAM),
    }
)
"""A checkpoint follows them directly: rare, and what a forger would want to change."""


READY = "READY"


def is_signed_at_once(kind: AuditKind, body: Mapping[str, JsonValue]) -> bool:
    """Whether a checkpoint must follow directly: also where READY begins or ends."""
    if kind is AuditKind.VERDICT:
        return (body["from"] == READY) != (body["to"] == READY)
    return kind in SIGNED_AT_ONCE


def check_body(kind: AuditKind, body: Mapping[str, JsonValue]) -> None:
    """Raise CanonicalError where a field of this kind is missing."""
    missing = FIELDS[kind] - body.keys()
    if missing:
        raise CanonicalError(f"a body of kind {kind} without {', '.join(sorted(missing))}")
