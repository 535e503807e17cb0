"""The audit log as a session uses it: opened once, appended to without waiting, closed once."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.audit.append_file import AppendFile
from pipeline.audit.canonical import MAX_LINE_BYTES, CanonicalError, JsonValue, canonical_bytes
from pipeline.audit.chain import Chain
from pipeline.audit.clock import AuditClock
from pipeline.audit.entry import Entry
from pipeline.audit.errors import AuditError
from pipeline.audit.head import PrintedHead
from pipeline.audit.keys import SigningKey
from pipeline.audit.kinds import CALLERS, AuditKind, check_body
from pipeline.audit.ledger import Ledger
from pipeline.audit.naming import check_session_id
from pipeline.audit.resume import resumed_position
from pipeline.audit.start import SessionStart
from pipeline.audit.tear import resumed_body, set_torn_bytes_aside
from pipeline.audit.writer import AuditStatus, BackgroundWriter, Pending

MAX_BODY_BYTES = MAX_LINE_BYTES - 1024  # the rest of a line takes about 500
OPENING_TIMEOUT_S = 10.0
CLOSING_TIMEOUT_S = 10.0


class AuditLog:
    """The log of one session; made by `open` or `resume`, never directly.

    No method but `open`, `resume`, `flush` and `close` waits for the disk. Whether the disk keeps
    up is told by `status`, which a session asks once a frame: a failure there means not READY.
    """

    def __init__(
        self,
        file: AppendFile,
        session_id: str,
        chain: Chain,
        key: SigningKey,
        ledger: Ledger | None,
        clock: AuditClock,
    ) -> None:
        self.session_id = session_id
        self._file = file
        self._key_id = key.public.key_id
        self._ledger = ledger
        self._clock = clock
        self._order = threading.Lock()  # stamps rise in the order of the entries
        self._checkpoint: Entry | None = None
        self._is_closed = False
        self._writer = BackgroundWriter(chain, file, self._note_checkpoint)

    @classmethod
    def open(
        cls,
        path: Path,
        session_id: str,
        key: SigningKey,
        ledger: Ledger | None,
        start: SessionStart,
        clock: AuditClock | None = None,
    ) -> AuditLog:
        """Start a new log; returns when its first, signed entry is on the disk.

        Parameters
        ----------
        path : Path
            A new file; `naming.log_name` gives its name.
        ledger : Ledger or None
            None: deletion and replacement of the whole log can then not be found.

        Raises
        ------
        UsageError
            The session's id is malformed.
        ConfigurationError, AuditError, TamperError
            The ledger is missing, knows the id already, or was changed; the file exists; the disk
            refuses.
        """
        check_session_id(session_id)
        clock = clock or AuditClock()
        file = AppendFile(path, is_new=True)
        try:
            anchor = ledger.opened(session_id) if ledger is not None else None
            body = start.body(key.public, anchor)
        except BaseException:
            file.close()
            path.unlink()  # still empty: nothing is lost, and the name stays free
            raise
        log = cls(file, session_id, Chain(session_id, key), key, ledger, clock)
        return log._started(AuditKind.SESSION_START, body)

    @classmethod
    def resume(
        cls,
        path: Path,
        session_id: str,
        key: SigningKey,
        ledger: Ledger | None,
        clock: AuditClock | None = None,
    ) -> AuditLog:
        """Go on with the log of a session that crashed; torn bytes are kept in a file beside it.

        Raises
        ------
        TamperError
            The log has faults that no crash explains: it is left as it is.
        AuditError
            It has ended, it is another session's or another key's, or the disk refuses.
        SourceError
            It cannot be read.
        """
        check_session_id(session_id)
        file = AppendFile(path, is_new=False)
        try:
            position, tear = resumed_position(path, session_id, key.public)
            if ledger is not None:
                ledger.resumed(session_id, position.sequence, position.head)
            aside = set_torn_bytes_aside(file, tear)
            body = resumed_body(position.head, tear, aside)
        except BaseException:
            file.close()
            raise
        chain = Chain(session_id, key, position)
        log = cls(file, session_id, chain, key, ledger, clock or AuditClock())
        return log._started(AuditKind.RESUMED, body)

    def _started(self, kind: AuditKind, body: Mapping[str, JsonValue]) -> Self:
        self._put(kind, body)
        if not self.flush(OPENING_TIMEOUT_S):
            failure = self.status().failure
            self._writer.stop(0.0)
            raise _lost(self.session_id, "its first entry", failure)
        return self

    def append(self, kind: AuditKind, body: Mapping[str, JsonValue]) -> int:
        """Hand over one entry and return its ticket, for `is_durable`; never waits.

        Raises
        ------
        CanonicalError
            The caller's mistake: a field of this kind is missing, NaN, too large, or a kind that
            the log writes itself.
        """
        if kind not in CALLERS:
            raise CanonicalError(f"{kind} is written by the log itself")
        return self._put(kind, body)

    def verdict(
        self, frame_index: int, stamp_ns: int, before: str, after: str, reasons: Sequence[str]
    ) -> int:
        """Hand over a change of the verdict; a change to or from READY is signed."""
        return self.append(
            AuditKind.VERDICT,
            {
                "frame_index": frame_index,
                "stamp_ns": stamp_ns,
                "from": before,
                "to": after,
                "reasons": list(reasons),
            },
        )

    def status(self) -> AuditStatus:
        """How the log stands now. Fails to: a failure, which means not READY."""
        return self._writer.status()

    def is_durable(self, ticket: int) -> bool:
        """Whether the disk has the entry of this ticket and all before it."""
        return self._writer.n_durable >= ticket

    def flush(self, timeout_s: float) -> bool:
        """Wait until the disk has everything. Fails to: False."""
        return self._writer.wait(self._writer.n_accepted, timeout_s)

    def head(self) -> PrintedHead | None:
        """The last checkpoint that the disk has, for the printer."""
        entry = self._checkpoint
        if entry is None:
            return None
        return PrintedHead(
            self.session_id, entry.sequence, entry.hash, self._key_id, entry.wall, self._is_closed
        )

    def close(self, outcome: str = "finished") -> PrintedHead:
        """Write the end, sign it, tell the ledger, and return the head to print.

        Raises
        ------
        AuditError
            Not all of it is on the disk, or the ledger could not be told.
        """
        head = self.head()
        if self._is_closed and head is not None:
            return head
        self._put(AuditKind.END, {"outcome": outcome})
        is_whole = self._writer.stop(CLOSING_TIMEOUT_S)
        head = self.head()
        if not is_whole or head is None:
            raise _lost(self.session_id, "its end", self.status().failure)
        if self._ledger is not None:
            self._ledger.closed(self.session_id, head.head, head.sequence + 1, outcome)
        return head

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close("finished" if kind is None else f"failed: {kind.__name__}")

    def _put(self, kind: AuditKind, body: Mapping[str, JsonValue]) -> int:
        check_body(kind, body)
        data = canonical_bytes(dict(body))
        if len(data) > MAX_BODY_BYTES:
            raise CanonicalError(f"a body of {len(data)} bytes, at most {MAX_BODY_BYTES}")
        copy: dict[str, JsonValue] = json.loads(data)  # the caller may change its own afterwards
        with self._order:
            if self._is_closed:
                raise AuditError(f"The audit log of {self.session_id} is closed.")
            self._is_closed = kind is AuditKind.END
            stamp_ns, wall = self._clock.monotonic_ns(), self._clock.wall()
            return self._writer.put(Pending(kind, copy, stamp_ns, wall))

    def _note_checkpoint(self, entries: list[Entry]) -> None:
        for entry in entries:
            if entry.kind is AuditKind.CHECKPOINT:
                self._checkpoint = entry


def _lost(session_id: str, what: str, failure: str) -> AuditError:
    return AuditError(
        f"The audit log of {session_id}: {what} did not reach the disk.",
        actual=failure or "the disk did not answer in time",
        remedy="Make space or choose another disk; after that `sessions audit seal` ends the log.",
    )
