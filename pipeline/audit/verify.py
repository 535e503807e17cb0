"""Verifies one session's log with all the means that are at hand; the first fault raises."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import BinaryIO

from pipeline.audit.entry import Entry
from pipeline.audit.errors import Means, TamperError
from pipeline.audit.head import HeadClaim, PrintedHead
from pipeline.audit.head_claims import HeadClaims
from pipeline.audit.keys import PublicKey
from pipeline.audit.kinds import AuditKind
from pipeline.audit.ledger_view import LEDGER_ONLY, LedgerView
from pipeline.audit.signatures import SignatureCheck
from pipeline.audit.walk import walk


@dataclass(frozen=True)
class Trust:
    """What lies outside the log, and therefore may speak against it.

    Attributes
    ----------
    public_keys
        Keys that may have signed; empty: the key that the log names for itself is taken.
    session
        The id that the log must have; None: any.
    """

    public_keys: Collection[PublicKey] = ()
    heads: Collection[HeadClaim] = ()
    ledger: LedgerView | None = None
    session: str | None = None

    @property
    def means(self) -> tuple[Means, ...]:
        """What a verification with this uses, the log's own means included."""
        outside = (
            (Means.NAME, self.session is not None),
            (Means.KEY, bool(self.public_keys)),
            (Means.LEDGER, self.ledger is not None),
            (Means.HEAD, bool(self.heads)),
        )
        own = (Means.CHAIN, Means.SIGNATURE, Means.ENDING)
        return own + tuple(means for means, is_given in outside if is_given)


@dataclass(frozen=True)
class Verified:
    """A log against which nothing spoke.

    Attributes
    ----------
    means
        What was used; what is missing here was not proven.
    notes
        What a reader should know: torn and resumed, entries behind a printed head.
    """

    head: PrintedHead
    n_entries: int
    n_checkpoints: int
    means: tuple[Means, ...]
    notes: tuple[str, ...]


def verify_log(stream: BinaryIO, name: str, trust: Trust) -> Verified:
    """Read a log once, from the first byte to the last.

    Raises
    ------
    TamperError
        At the first thing that does not fit, with the line where one is at fault.
    """
    signatures = SignatureCheck(name, trust.public_keys)
    claims = HeadClaims(name, trust.heads)
    notes: list[str] = []
    start: Entry | None = None
    end: Entry | None = None
    last: Entry | None = None
    for entry in walk(stream, name):
        if start is None:
            start = entry
            _check_start(name, entry, trust)
        elif entry.kind is AuditKind.SESSION_START:
            raise _fault(name, entry, Means.CHAIN, "a session starts once, with its first line")
        _check_order(name, entry, last, end)
        signatures.take(entry)
        claims.take(entry)
        if entry.kind is AuditKind.END:
            end = entry
        if entry.kind is AuditKind.RESUMED:
            end = None  # the crash came between the end and its checkpoint
            notes.append(_resume_note(entry))
        last = entry
    if start is None or last is None:
        raise TamperError(name, None, Means.ENDING, "the log is empty")
    if end is None or last.kind is not AuditKind.CHECKPOINT:
        raise _unended(name, last)
    notes += claims.finish(last)
    if trust.ledger is not None:
        _check_ledger(name, start, last, trust.ledger)
    head = PrintedHead(start.session, last.sequence, last.hash, signatures.key_id, last.wall, True)
    return Verified(head, last.sequence + 1, signatures.n_checkpoints, trust.means, tuple(notes))


def _check_start(name: str, entry: Entry, trust: Trust) -> None:
    if entry.kind is not AuditKind.SESSION_START:
        raise _fault(name, entry, Means.CHAIN, "the first line does not start a session")
    if trust.session is not None and entry.session != trust.session:
        raise TamperError(
            name,
            1,
            Means.NAME,
            "this is the log of another session: replaced, or replayed under a new name",
            expected=trust.session,
            actual=entry.session,
        )


def _check_order(name: str, entry: Entry, last: Entry | None, end: Entry | None) -> None:
    """What the software never writes, although hashes and signatures may fit."""
    if entry.kind in LEDGER_ONLY:
        raise _fault(name, entry, Means.CHAIN, "a ledger's entry in a session's log")
    is_closing = last is end and entry.kind in (AuditKind.CHECKPOINT, AuditKind.RESUMED)
    if end is not None and not is_closing:
        raise _fault(name, entry, Means.ENDING, "the log goes on after its end")
    if last is None or entry.kind is AuditKind.RESUMED:
        return  # a restarted computer starts its monotonic clock anew
    if entry.stamp_ns < last.stamp_ns:
        raise TamperError(
            name,
            entry.sequence + 1,
            Means.CHAIN,
            "the monotonic clock went back",
            expected=f"at least {last.stamp_ns}",
            actual=str(entry.stamp_ns),
        )


def _check_ledger(name: str, start: Entry, last: Entry, ledger: LedgerView) -> None:
    record = ledger.sessions.get(start.session)
    if record is None:
        raise _by_ledger(name, "the ledger does not know this session", start.session, "no line")
    if record.key_id != start.body["key"]:
        raise _by_ledger(
            name, "the ledger names another key", record.key_id, str(start.body["key"])
        )
    if record.closed_head is None:
        raise _by_ledger(
            name, "the ledger has no closing of this session", "session_closed", "still open"
        )
    if (record.closed_head, record.n_entries) != (last.hash, last.sequence + 1):
        raise _by_ledger(
            name,
            "the session was closed with another log",
            f"{record.n_entries} entries, head {record.closed_head}",
            f"{last.sequence + 1} entries, head {last.hash}",
        )
    anchor = start.body["ledger"]
    if not isinstance(anchor, dict):
        raise _by_ledger(name, "the log knows no ledger", "its head in the first line", "none")
    sequence, head = anchor.get("sequence"), anchor.get("head")
    is_known = isinstance(sequence, int) and 0 <= sequence < len(ledger.hashes)
    if not is_known or ledger.hashes[int(str(sequence))] != head:
        raise _by_ledger(
            name,
            "the session was opened with another ledger: the ledger was cut or replaced",
            f"line {sequence} with hash {head}",
            f"{len(ledger.hashes)} lines without it",
        )


def _by_ledger(name: str, what: str, expected: str, actual: str) -> TamperError:
    return TamperError(name, None, Means.LEDGER, what, expected=expected, actual=actual)


def _fault(name: str, entry: Entry, means: Means, what: str) -> TamperError:
    return TamperError(name, entry.sequence + 1, means, what, actual=entry.kind.value)


def _unended(name: str, last: Entry) -> TamperError:
    return TamperError(
        name,
        last.sequence + 1,
        Means.ENDING,
        "the log stops here without its signed end: its tail was cut, or the session crashed "
        "or still runs",
        expected="an entry 'end' and its checkpoint",
        actual=last.kind.value,
        remedy="Compare with the ledger and a printed head. After a crash `sessions audit seal` "
        "ends the log and says so in it.",
    )


def _resume_note(entry: Entry) -> str:
    return (
        f"line {entry.sequence + 1}: resumed after a crash, {entry.body['torn_bytes']} torn bytes "
        "set aside; what the lost tail held only a printed head could tell"
    )
