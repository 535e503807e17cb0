"""Writes the ledger: one line when a session opens, one when it closes, each signed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.audit.append_file import AppendFile
from pipeline.audit.canonical import JsonValue
from pipeline.audit.chain import Chain, Position
from pipeline.audit.clock import AuditClock
from pipeline.audit.entry import Entry
from pipeline.audit.errors import AuditError, Means, TamperError
from pipeline.audit.keys import SigningKey
from pipeline.audit.kinds import LEDGER_SESSION, AuditKind
from pipeline.audit.lines import open_regular
from pipeline.audit.tear import resumed_body, set_torn_bytes_aside
from pipeline.audit.walk import Tear, walk
from tracking.errors import ConfigurationError


class Ledger:
    """The ledger of one archive; opened, locked and closed for each line.

    It is made once, with `create`: a ledger that is missing later is a fault, never made anew.
    """

    def __init__(self, path: Path, key: SigningKey, clock: AuditClock | None = None) -> None:
        self.path = path
        self._key = key
        self._clock = clock or AuditClock()

    @classmethod
    def create(cls, path: Path, key: SigningKey, clock: AuditClock | None = None) -> Ledger:
        """Start a new ledger.

        Raises
        ------
        AuditError
            There is one already, or the disk refuses.
        """
        ledger = cls(path, key, clock)
        file = AppendFile(path, is_new=True)
        try:
            ledger._append(
                file, Chain(LEDGER_SESSION, key), AuditKind.LEDGER_START, ledger._key_body()
            )
        finally:
            file.close()
        return ledger

    def opened(self, session: str) -> dict[str, JsonValue]:
        """Tell of a new session; returns the ledger's head, for the session's first line.

        Raises
        ------
        ConfigurationError
            There is no ledger.
        AuditError
            The session's id was used before, or the ledger cannot be written.
        """
        checkpoint = self._tell(
            AuditKind.SESSION_OPENED, {"session": session, **self._key_body()}, is_first=True
        )
        return {"sequence": checkpoint.sequence, "head": checkpoint.hash}

    def resumed(self, session: str, sequence: int, head: str) -> None:
        """Tell that a session goes on after a crash. Raises AuditError."""
        self._tell(
            AuditKind.SESSION_RESUMED, {"session": session, "sequence": sequence, "head": head}
        )

    def closed(self, session: str, head: str, n_entries: int, outcome: str) -> None:
        """Tell how a session ended. Raises AuditError."""
        body: dict[str, JsonValue] = {
            "session": session,
            "head": head,
            "n_entries": n_entries,
            "key": self._key.public.key_id,
            "outcome": outcome,
        }
        self._tell(AuditKind.SESSION_CLOSED, body)

    def _key_body(self) -> dict[str, JsonValue]:
        return {"key": self._key.public.key_id, "public_key": self._key.public.raw.hex()}

    def _tell(
        self, kind: AuditKind, body: Mapping[str, JsonValue], *, is_first: bool = False
    ) -> Entry:
        if not self.path.exists():
            raise ConfigurationError(
                f"The ledger {self.path}: there is none.",
                expected="the ledger of this archive",
                remedy="If the archive is new, `sessions audit ledger` makes one; otherwise it was "
                "deleted or moved: find it.",
            )
        file = AppendFile(self.path, is_new=False, waits=True)
        try:
            tear = Tear()
            position, states = self._read(tear)
            self._check_state(str(body["session"]), states, is_first=is_first)
            chain = Chain(LEDGER_SESSION, self._key, position)
            aside = set_torn_bytes_aside(file, tear)
            if aside is not None or position.n_unsigned:
                torn = resumed_body(position.head, tear, aside)
                self._append(file, chain, AuditKind.RESUMED, torn)
            return self._append(file, chain, kind, body)
        finally:
            file.close()

    def _check_state(
        self, session: str, states: Mapping[str, AuditKind], *, is_first: bool
    ) -> None:
        state = states.get(session)
        if is_first and state is not None:
            raise AuditError(
                f"The session id {session} was used before, says the ledger {self.path}.",
                remedy="Choose a new session id; a log is never written twice.",
            )
        if not is_first and state in (None, AuditKind.SESSION_CLOSED):
            raise AuditError(
                f"The ledger {self.path}: session {session} is not open.",
                expected="a session that was opened and not closed",
                actual="no line" if state is None else "closed",
                remedy="A closed log is never continued: start a new session.",
            )

    def _read(self, tear: Tear) -> tuple[Position, dict[str, AuditKind]]:
        """Walk the chain; raises TamperError where it is broken: no line is added to it then."""
        position, states = Position(), dict[str, AuditKind]()
        with open_regular(self.path, "The ledger") as stream:
            for entry in walk(stream, self.path.name, tear):
                position = position.after(entry)
                if "session" in entry.body:
                    states[str(entry.body["session"])] = entry.kind
        if position.sequence == 0:
            raise TamperError(self.path.name, None, Means.ENDING, "the ledger is empty")
        return position, states

    def _append(
        self, file: AppendFile, chain: Chain, kind: AuditKind, body: Mapping[str, JsonValue]
    ) -> Entry:
        entries = chain.next(
            kind, body, self._clock.monotonic_ns(), self._clock.wall(), is_signed=True
        )
        try:
            file.append(b"".join(entry.line() for entry in entries))
        except OSError as error:
            raise AuditError(
                f"The ledger {self.path}: cannot be written.",
                actual=error.strerror or str(error),
                remedy="Make space, or mount the disk for writing.",
            ) from error
        return entries[-1]
