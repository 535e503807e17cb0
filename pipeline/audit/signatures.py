"""Checks the checkpoints of a session's log as they come."""

from __future__ import annotations

from collections.abc import Collection

from pipeline.audit.checkpoint import checkpoint_fault
from pipeline.audit.entry import GENESIS, Entry
from pipeline.audit.errors import Means, TamperError
from pipeline.audit.keys import KeyFormatError, PublicKey
from pipeline.audit.kinds import AuditKind, is_signed_at_once


class SignatureCheck:
    """Holds the one key of a log, named in its first line, against every checkpoint.

    Parameters
    ----------
    trusted : collection of PublicKey
        The log's key must be one of them; empty: the log's own word is taken.
    """

    def __init__(self, name: str, trusted: Collection[PublicKey]) -> None:
        self.n_checkpoints = 0
        self.key_id = ""
        self._name = name
        self._trusted = trusted
        self._key: PublicKey | None = None
        self._checkpoint = GENESIS
        self._is_due = False

    def take(self, entry: Entry) -> None:
        """Take one entry that the chain has accepted.

        Raises
        ------
        TamperError
            A signature that is not the key's, a checkpoint that is missing where the software
            always writes one, or a key that nobody trusts.
        """
        if self._is_due and entry.kind not in (AuditKind.CHECKPOINT, AuditKind.RESUMED):
            raise self._fault(entry, Means.SIGNATURE, "a checkpoint is missing before this line")
        if entry.kind is AuditKind.SESSION_START:
            self._learn_key(entry)
        if entry.kind is AuditKind.CHECKPOINT:
            self._check(entry)
        self._is_due = is_signed_at_once(entry.kind, entry.body)

    def _check(self, entry: Entry) -> None:
        if self._key is None:
            raise self._fault(entry, Means.SIGNATURE, "the key was not named before it signed")
        fault = checkpoint_fault(entry, self._checkpoint, self._key)
        if fault:
            raise self._fault(entry, Means.SIGNATURE, fault)
        self._checkpoint = entry.hash
        self.n_checkpoints += 1

    def _learn_key(self, entry: Entry) -> None:
        try:
            key = PublicKey.from_hex(str(entry.body["public_key"]))
        except KeyFormatError as error:
            raise self._fault(entry, Means.SIGNATURE, f"the public key: {error}") from error
        if entry.body["key"] != key.key_id:
            raise self._fault(entry, Means.SIGNATURE, "the key's id is another key's")
        if self._trusted and key not in self._trusted:
            raise TamperError(
                self._name,
                1,
                Means.KEY,
                "the log is signed with a key that you do not trust",
                expected=" or ".join(sorted(trusted.key_id for trusted in self._trusted)),
                actual=key.key_id,
            )
        self._key, self.key_id = key, key.key_id

    def _fault(self, entry: Entry, means: Means, what: str) -> TamperError:
        return TamperError(self._name, entry.sequence + 1, means, what)
