"""The trials of `bench supervisor`: something ends, and the far end's READY falls."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from pipeline.benchmarks.supervisor_ends import End, fell_ns, is_ready, turn_until
from pipeline.benchmarks.supervisor_session import FRAME_NS, HOLD, Session, SessionElsewhere

N_AHEAD = 3

Tick = Callable[[], None]
Started = TypeVar("Started")


@dataclass(frozen=True)
class Fall:
    """One trial, in ms: from the event, and from the issue of the last renewal."""

    from_event_ms: float
    from_renewal_ms: float


def _nothing() -> None:
    """Nobody has to decide frames meanwhile."""


class Trials:
    """Runs `n` trials of a kind at random moments of the frame's period."""

    def __init__(
        self, n: int, seed: int, folder: Path, make_end: Callable[[], End], tick: Tick
    ) -> None:
        self._n, self._folder, self._make_end, self._tick = n, folder, make_end, tick
        self._random = np.random.default_rng(seed)

    def not_ready(self) -> list[Fall]:
        """The loop says NOT READY."""
        session, end = self._session()
        falls = []
        with _closing(session, end):
            for _ in range(self._n):
                self._make_ready(end, session.decide_where_due)
                began_ns, renewed_ns = time.monotonic_ns(), session.issued_ns
                session.decide(HOLD)
                falls.append(self._fall(end, began_ns, renewed_ns, _nothing))
        return falls

    def session_stopped(self) -> list[Fall]:
        """The loop's process is stopped, and goes on after the trial."""
        session, end = self._session_elsewhere()
        falls = []
        with closing(session), closing(end):
            for _ in range(self._n):
                self._make_ready(end, _nothing)
                began_ns = time.monotonic_ns()
                os.kill(session.pid, signal.SIGSTOP)
                falls.append(self._fall(end, began_ns, session.issued_ns, _nothing))
                os.kill(session.pid, signal.SIGCONT)
        return falls

    def session_killed(self) -> list[Fall]:
        """The loop's process is killed; each trial has its own."""
        falls = []
        for session, end in self._ahead(self._session_elsewhere):
            with closing(session), closing(end):
                self._make_ready(end, _nothing)
                began_ns, renewed_ns = time.monotonic_ns(), session.issued_ns
                os.kill(session.pid, signal.SIGKILL)
                falls.append(self._fall(end, began_ns, renewed_ns, _nothing))
        return falls

    def supervisor_stopped(self) -> list[Fall]:
        """The supervisor is stopped while the loop goes on."""
        session, end = self._session()
        falls = []
        pid = session.client.process_id
        with _closing(session, end):
            for _ in range(self._n):
                self._make_ready(end, session.decide_where_due)
                began_ns = time.monotonic_ns()
                os.kill(pid, signal.SIGSTOP)
                falls.append(self._fall(end, began_ns, session.issued_ns, session.decide_where_due))
                os.kill(pid, signal.SIGCONT)
        return falls

    def supervisor_killed(self) -> list[Fall]:
        """The supervisor is killed while the loop goes on; each trial has its own."""
        falls = []
        for session, end in self._ahead(self._session):
            with _closing(session, end):
                self._make_ready(end, session.decide_where_due)
                began_ns, renewed_ns = time.monotonic_ns(), session.issued_ns
                os.kill(session.client.process_id, signal.SIGKILL)
                falls.append(self._fall(end, began_ns, renewed_ns, session.decide_where_due))
        return falls

    def _session(self) -> tuple[Session, End]:
        end = self._make_end()
        return Session(end.wiring()), end

    def _session_elsewhere(self) -> tuple[SessionElsewhere, End]:
        end = self._make_end()
        return SessionElsewhere(end.wiring(), self._folder), end

    def _ahead(self, start: Callable[[], Started]) -> Iterator[Started]:
        """Yield `n` started sessions, a few of which start while others are tried."""
        with ThreadPoolExecutor(N_AHEAD) as pool:
            waiting = deque(pool.submit(start) for _ in range(min(N_AHEAD, self._n)))
            for index in range(self._n):
                started = waiting.popleft().result()
                if index + N_AHEAD < self._n:
                    waiting.append(pool.submit(start))
                yield started

    def _make_ready(self, end: End, meanwhile: Tick) -> None:
        """Bring the far end to READY, and go on to a random moment of a later frame."""
        turn_until(end, lambda: is_ready(end), meanwhile)
        go_on_ns = time.monotonic_ns() + int(self._random.uniform(FRAME_NS, 2 * FRAME_NS))
        turn_until(end, lambda: time.monotonic_ns() >= go_on_ns, meanwhile)
        turn_until(end, lambda: is_ready(end), meanwhile)  # a busy machine may have lost it again

    def _fall(self, end: End, began_ns: int, renewed_ns: int, meanwhile: Tick) -> Fall:
        end_ns = fell_ns(end, meanwhile)
        self._tick()
        return Fall((end_ns - began_ns) / 1e6, (end_ns - renewed_ns) / 1e6)


@contextmanager
def _closing(session: Session, end: End) -> Iterator[None]:
    try:
        yield
    finally:
        session.client.close()
        end.close()
