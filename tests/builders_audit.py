"""Small audit logs and archives for tests; clocks that count, keys from seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from pipeline.audit.canonical import JsonValue
from pipeline.audit.clock import AuditClock
from pipeline.audit.head import PrintedHead
from pipeline.audit.keys import SigningKey
from pipeline.audit.ledger import Ledger
from pipeline.audit.log import AuditLog
from pipeline.audit.naming import LEDGER_NAME, log_name
from pipeline.benchmarks.audit_scene import session_start

KEY = SigningKey.from_seed(b"k" * 32)
OTHER_KEY = SigningKey.from_seed(b"o" * 32)
WALL = "2026-01-02T03:04:05.000+00:00"
VERDICT: Mapping[str, JsonValue] = {
    "frame_index": 3,
    "stamp_ns": 100,
    "from": "UNSURE",
    "to": "HOLD",
    "reasons": ["AIR_GAP_HIGH"],
}


def counting_clock() -> AuditClock:
    ticks = count(1)
    return AuditClock(lambda: next(ticks) * 1_000_000, lambda: WALL)


@dataclass(frozen=True)
class Archive:
    """A folder with a ledger, and a clock that all its sessions share."""

    folder: Path
    ledger: Ledger
    clock: AuditClock

    def path(self, session: str) -> Path:
        return self.folder / log_name(session)

    def open(self, session: str, key: SigningKey = KEY) -> AuditLog:
        start = session_start()
        return AuditLog.open(self.path(session), session, key, self.ledger, start, self.clock)

    def write(self, session: str, n_verdicts: int = 6) -> PrintedHead:
        log = self.open(session)
        for index in range(n_verdicts):
            after = "READY" if index % 3 == 1 else "HOLD"
            log.verdict(index, 1000 * index, "UNSURE", after, ["A"] if after == "HOLD" else [])
        return log.close()


def new_archive(folder: Path) -> Archive:
    clock = counting_clock()
    return Archive(folder, Ledger.create(folder / LEDGER_NAME, KEY, clock), clock)
