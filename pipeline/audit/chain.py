"""The next lines of a log: pure, so that campaigns and tests write logs in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.audit.canonical import JsonValue
from pipeline.audit.checkpoint import signed_checkpoint
from pipeline.audit.entry import GENESIS, Entry, sealed
from pipeline.audit.keys import SigningKey
from pipeline.audit.kinds import AuditKind, is_signed_at_once

CHECKPOINT_EVERY = 64


@dataclass(frozen=True)
class Position:
    """Where a log stands: the next sequence, the last hash, the last checkpoint's."""

    sequence: int = 0
    head: str = GENESIS
    checkpoint: str = GENESIS
    n_unsigned: int = 0

    def after(self, entry: Entry) -> Position:
        """The position behind `entry`."""
        if entry.kind is AuditKind.CHECKPOINT:
            return Position(entry.sequence + 1, entry.hash, entry.hash, 0)
        return Position(entry.sequence + 1, entry.hash, self.checkpoint, self.n_unsigned + 1)


class Chain:
    """Seals entries in their order, and signs where a checkpoint is due.

    Parameters
    ----------
    session
        Id of the session, or `LEDGER_SESSION`.
    every
        Entries after which a checkpoint is due at the latest.
    """

    def __init__(
        self,
        session: str,
        key: SigningKey,
        position: Position | None = None,
        every: int = CHECKPOINT_EVERY,
    ) -> None:
        self.session = session
        self.position = position or Position()
        self._key = key
        self._every = every

    def next(
        self,
        kind: AuditKind,
        body: Mapping[str, JsonValue],
        stamp_ns: int,
        wall: str | None,
        *,
        is_signed: bool = False,
    ) -> list[Entry]:
        """Seal one entry, and the checkpoint that follows where it is due or asked for.

        Raises
        ------
        CanonicalError
            The body cannot be written; the chain stands where it stood.
        """
        at = self.position
        entry = sealed(self.session, at.sequence, kind, stamp_ns, wall, body, at.head)
        self.position = at.after(entry)
        is_due = self.position.n_unsigned >= self._every
        if not (is_due or is_signed or is_signed_at_once(kind, body)):
            return [entry]
        at = self.position
        checkpoint = signed_checkpoint(
            self.session, at.sequence, stamp_ns, wall, at.head, at.checkpoint, self._key
        )
        self.position = at.after(checkpoint)
        return [entry, checkpoint]
