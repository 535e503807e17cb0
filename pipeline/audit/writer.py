"""Writes a log in a thread of its own, so that a slow disk never delays a frame.

An fsync takes milliseconds at best and a second at worst; the loop hands over and goes on. What
has been handed over together reaches the disk together (one fsync for all that waits).
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline.audit.append_file import AppendFile
from pipeline.audit.canonical import JsonValue
from pipeline.audit.chain import Chain
from pipeline.audit.entry import Entry
from pipeline.audit.kinds import AuditKind

QUEUE_ENTRIES = 1024  # half a minute of an entry for each frame at 30 Hz
MAX_LAG_NS = 1_000_000_000  # beyond this the disk is called stuck
POLL_S = 0.005


@dataclass(frozen=True)
class AuditStatus:
    """How the log stands.

    Attributes
    ----------
    failure
        Empty, or why the log cannot be relied on: a session must not be READY then. A disk that
        is merely slow clears by itself, every other failure stays.
    n_pending
        Entries that the disk does not have yet: what a crash would lose.
    lag_ns
        Age of the oldest of them.
    """

    failure: str = ""
    n_pending: int = 0
    lag_ns: int = 0


@dataclass(frozen=True)
class Pending:
    """One entry on its way to the disk."""

    kind: AuditKind
    body: Mapping[str, JsonValue]
    stamp_ns: int
    wall: str | None


class BackgroundWriter:
    """A bounded queue and the one thread that seals, signs, writes, and closes the file.

    Parameters
    ----------
    on_written
        Called in the thread with the entries that the disk now has.
    monotonic_ns
        Measures the lag, apart from the log's stamps.
    """

    def __init__(
        self,
        chain: Chain,
        file: AppendFile,
        on_written: Callable[[list[Entry]], None],
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        capacity: int = QUEUE_ENTRIES,
    ) -> None:
        self._chain = chain
        self._file = file
        self._on_written = on_written
        self._now_ns = monotonic_ns
        self._capacity = capacity
        self._waiting: queue.SimpleQueue[Pending | None] = queue.SimpleQueue()
        self._since_ns: deque[int] = deque()
        self._failure = ""
        self.n_accepted = 0
        self.n_durable = 0
        self._thread = threading.Thread(target=self._run, name="audit-writer", daemon=True)
        self._thread.start()

    def put(self, pending: Pending) -> int:
        """Hand over one entry; never waits. Returns its ticket: how many were handed over.

        After a failure the entry is dropped: `status` has said so.
        """
        if len(self._since_ns) >= self._capacity:
            self._failure = self._failure or f"{self._capacity} entries wait for the disk"
        self.n_accepted += 1
        if not self._failure:
            self._since_ns.append(self._now_ns())
            self._waiting.put(pending)
        return self.n_accepted

    def status(self) -> AuditStatus:
        """Return the state now; costs a microsecond."""
        try:
            lag_ns = self._now_ns() - self._since_ns[0]
        except IndexError:
            lag_ns = 0
        failure = self._failure
        if not failure and not self._thread.is_alive():
            failure = "the log's writer has ended"
        if not failure and lag_ns > MAX_LAG_NS:
            failure = f"the disk has not answered for {lag_ns / 1e9:.1f} s"
        return AuditStatus(failure, self.n_accepted - self.n_durable, lag_ns)

    def wait(self, ticket: int, timeout_s: float) -> bool:
        """Wait until the disk has the entry of `ticket`. Fails to: False."""
        deadline = time.monotonic() + timeout_s
        while self.n_durable < ticket and not self._failure and time.monotonic() < deadline:
            time.sleep(POLL_S)
        return self.n_durable >= ticket and not self._failure

    def stop(self, timeout_s: float) -> bool:
        """Write what waits and end the thread; returns whether all of it is on the disk."""
        self._waiting.put(None)
        self._thread.join(timeout_s)
        is_whole = self.n_durable == self.n_accepted and not self._failure
        return is_whole and not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._write_until_stopped()
        finally:
            self._file.close()

    def _write_until_stopped(self) -> None:
        is_open = True
        while is_open:
            batch = [self._waiting.get()]
            while not self._waiting.empty():
                batch.append(self._waiting.get())
            pending = [item for item in batch if item is not None]
            is_open = len(pending) == len(batch)
            if not self._failure:
                self._write(pending)

    def _write(self, batch: list[Pending]) -> None:
        try:
            entries = [
                entry
                for item in batch
                for entry in self._chain.next(item.kind, item.body, item.stamp_ns, item.wall)
            ]
            self._file.append(b"".join(entry.line() for entry in entries))
        except (OSError, ValueError) as error:
            self._failure = f"the disk refuses the log: {getattr(error, 'strerror', None) or error}"
            return
        self._on_written(entries)
        for _ in batch:
            self._since_ns.popleft()
        self.n_durable += len(batch)
