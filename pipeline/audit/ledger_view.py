"""Reads a ledger: the file that knows every session of an archive, and how each ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from pipeline.audit.checkpoint import checkpoint_fault
from pipeline.audit.entry import GENESIS, Entry
from pipeline.audit.errors import Means, TamperError
from pipeline.audit.head import HeadClaim
from pipeline.audit.keys import KeyFormatError, PublicKey
from pipeline.audit.kinds import LEDGER_SESSION, AuditKind
from pipeline.audit.walk import walk

ABOUT_SESSIONS = frozenset(
    {AuditKind.SESSION_OPENED, AuditKind.SESSION_RESUMED, AuditKind.SESSION_CLOSED}
)
LEDGER_ONLY = ABOUT_SESSIONS | {AuditKind.LEDGER_START}
LEDGER_KINDS = LEDGER_ONLY | {AuditKind.CHECKPOINT, AuditKind.RESUMED}


@dataclass(frozen=True)
class SessionRecord:
    """What the ledger knows of one session.

    Attributes
    ----------
    closed_head, n_entries
        As the session closed; None while it has not.
    """

    session: str
    key_id: str
    closed_head: str | None = None
    n_entries: int | None = None


@dataclass(frozen=True)
class LedgerView:
    """A ledger that has been checked: `hashes` of all its lines, and its sessions by id."""

    name: str
    hashes: tuple[str, ...]
    sessions: Mapping[str, SessionRecord]
    key_ids: frozenset[str]
    last_checkpoint: Entry


@dataclass
class _Reading:
    """State while a ledger is read."""

    name: str
    trusted: Collection[PublicKey]
    keys: dict[str, PublicKey] = field(default_factory=dict)
    sessions: dict[str, SessionRecord] = field(default_factory=dict)
    hashes: list[str] = field(default_factory=list)
    checkpoint: str = GENESIS
    last: Entry | None = None

    def take(self, entry: Entry) -> None:
        if entry.session != LEDGER_SESSION or entry.kind not in LEDGER_KINDS:
            raise self._fault(entry, Means.CHAIN, "this is not a line of a ledger")
        is_checkpoint = entry.kind is AuditKind.CHECKPOINT
        follows_checkpoint = self.last is None or self.last.kind is AuditKind.CHECKPOINT
        is_after_crash = entry.kind is AuditKind.RESUMED and self.last is not None
        if follows_checkpoint == is_checkpoint and not is_after_crash:
            raise self._fault(entry, Means.SIGNATURE, "each entry of a ledger is signed on its own")
        if (entry.sequence == 0) != (entry.kind is AuditKind.LEDGER_START):
            raise self._fault(entry, Means.CHAIN, "a ledger starts once, with its first line")
        if is_checkpoint:
            self._check_signature(entry)
        else:
            self._learn_key(entry)
            self._take_session(entry)
        self.hashes.append(entry.hash)
        self.last = entry

    def _take_session(self, entry: Entry) -> None:
        if entry.kind not in ABOUT_SESSIONS:
            return
        session = str(entry.body["session"])
        known = self.sessions.get(session)
        if (entry.kind is AuditKind.SESSION_OPENED) != (known is None):
            raise self._fault(
                entry, Means.LEDGER, f"session {session} is opened twice, or was never opened"
            )
        if known is None:
            self.sessions[session] = SessionRecord(session, str(entry.body["key"]))
            return
        if known.closed_head is not None:
            raise self._fault(entry, Means.LEDGER, f"session {session} goes on after it was closed")
        if entry.kind is AuditKind.SESSION_CLOSED:
            n_entries = entry.body["n_entries"]
            self.sessions[session] = replace(
                known,
                closed_head=str(entry.body["head"]),
                n_entries=n_entries if isinstance(n_entries, int) else -1,
            )

    def _learn_key(self, entry: Entry) -> None:
        if "public_key" not in entry.body:
            return
        try:
            key = PublicKey.from_hex(str(entry.body["public_key"]))
        except KeyFormatError as error:
            raise self._fault(entry, Means.SIGNATURE, f"the public key: {error}") from error
        if entry.body["key"] != key.key_id:
            raise self._fault(entry, Means.SIGNATURE, "the key's id is another key's")
        if self.trusted and key not in self.trusted:
            raise self._fault(entry, Means.KEY, "the key is none of those that you trust")
        self.keys[key.key_id] = key

    def _check_signature(self, entry: Entry) -> None:
        key = self.keys.get(str(entry.body["key"]))
        fault = (
            checkpoint_fault(entry, self.checkpoint, key)
            if key
            else "the key was not named before it signed"
        )
        if fault:
            raise self._fault(entry, Means.SIGNATURE, fault)
        self.checkpoint = entry.hash

    def _fault(self, entry: Entry, means: Means, what: str) -> TamperError:
        return TamperError(self.name, entry.sequence + 1, means, what)


def check_ledger_heads(view: LedgerView, heads: Collection[HeadClaim]) -> list[str]:
    """Hold printed heads of the ledger against it; returns how much follows each.

    Raises
    ------
    TamperError
        A printed head is not in it, or something follows one that was the last.
    """
    notes = []
    for claim in heads:
        if claim.head not in view.hashes:
            raise TamperError(
                view.name,
                None,
                Means.HEAD,
                "the printed head is not in this ledger: changed, cut before it, or replaced",
                expected=claim.head,
                actual=f"{len(view.hashes)} entries without it",
            )
        at = view.hashes.index(claim.head)
        n_after = len(view.hashes) - 1 - at
        if n_after and claim.is_last:
            raise TamperError(
                view.name, at + 2, Means.HEAD, "the ledger goes on after its newest printed head"
            )
        notes.append(f"the printed head stands at line {at + 1}, {n_after} entries follow it")
    return notes


def read_ledger(
    stream: BinaryIO, name: str, trusted: Collection[PublicKey] = frozenset()
) -> LedgerView:
    """Check a ledger from its first line to its last.

    Parameters
    ----------
    trusted : collection of PublicKey
        Every key in the ledger must be one of them; empty: the ledger's own word is taken.

    Raises
    ------
    TamperError
        The chain, a signature, a key, or the order in which sessions open and close is wrong.
    """
    reading = _Reading(name, trusted)
    for entry in walk(stream, name):
        reading.take(entry)
    last = reading.last
    if last is None or last.kind is not AuditKind.CHECKPOINT:
        raise TamperError(
            name,
            len(reading.hashes),
            Means.ENDING,
            "the ledger is empty or its last entry is not signed: cut, or torn by a crash",
        )
    return LedgerView(name, tuple(reading.hashes), reading.sessions, frozenset(reading.keys), last)
