"""What a reader of a changed archive notices, by what the reader has at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from io import BytesIO

from pipeline.audit.errors import TamperError
from pipeline.audit.head import HeadClaim
from pipeline.audit.kinds import LEDGER_SESSION
from pipeline.audit.ledger_view import LedgerView, check_ledger_heads, read_ledger
from pipeline.audit.verify import Trust, verify_log
from pipeline.benchmarks.audit_scene import Scene


class Reader(IntEnum):
    """Each has what the one before has, and one thing more."""

    LOG = 0
    PUBLIC_KEY = 1
    LEDGER = 2
    PRINTED_HEAD = 3


NAMES: Mapping[Reader, str] = {
    Reader.LOG: "file alone",
    Reader.PUBLIC_KEY: "+ public key",
    Reader.LEDGER: "+ ledger, logs",
    Reader.PRINTED_HEAD: "+ printed head",
}


@dataclass(frozen=True)
class Forged:
    """An archive as a forger leaves it: the log under suspicion, all logs, the ledger."""

    session: str
    log: bytes
    ledger: bytes


class Readers:
    """Asks each reader in turn; more at hand never finds less."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def first_to_find(self, forged: Forged) -> Reader | None:
        """Return the weakest reader who notices a changed log; None: nobody does."""
        return next((reader for reader in Reader if self._finds(forged, reader)), None)

    def first_to_find_ledger(self, ledger: bytes, logs: Mapping[str, bytes]) -> Reader | None:
        """Return the weakest reader who notices a changed ledger or a log that is gone."""
        return next((r for r in Reader if self._finds_ledger(ledger, logs, r)), None)

    def _finds(self, forged: Forged, reader: Reader) -> bool:
        keys = [self._scene.key.public] if reader >= Reader.PUBLIC_KEY else []
        try:
            ledger = self._ledger(forged.ledger, reader) if reader >= Reader.LEDGER else None
            heads = self._heads(forged.session) if reader >= Reader.PRINTED_HEAD else []
            trust = Trust(keys, heads, ledger, forged.session)
            verify_log(BytesIO(forged.log), forged.session, trust)
        except TamperError:
            return True
        return False

    def _finds_ledger(self, ledger: bytes, logs: Mapping[str, bytes], reader: Reader) -> bool:
        keys = [self._scene.key.public] if reader >= Reader.PUBLIC_KEY else []
        try:
            view = read_ledger(BytesIO(ledger), LEDGER_SESSION, keys)
            if reader >= Reader.PRINTED_HEAD:
                check_ledger_heads(view, self._heads(LEDGER_SESSION))
            if reader < Reader.LEDGER:
                return False
            for session, log in logs.items():
                verify_log(BytesIO(log), session, Trust(keys, [], view, session))
        except TamperError:
            return True
        return bool(set(view.sessions) - set(logs))

    def _ledger(self, data: bytes, reader: Reader) -> LedgerView:
        view = (
            self._true_ledger
            if data == self._scene.ledger
            else read_ledger(BytesIO(data), LEDGER_SESSION, [self._scene.key.public])
        )
        if reader >= Reader.PRINTED_HEAD:
            check_ledger_heads(view, self._heads(LEDGER_SESSION))
        return view

    @cached_property
    def _true_ledger(self) -> LedgerView:
        return read_ledger(BytesIO(self._scene.ledger), LEDGER_SESSION, [self._scene.key.public])

    def _heads(self, session: str) -> list[HeadClaim]:
        return [c for c in self._scene.heads if c.printed and c.printed.session == session]
