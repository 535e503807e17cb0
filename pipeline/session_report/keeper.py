"""Does the newest piece of work in a thread of its own: the loop hands over, and never waits."""

from __future__ import annotations

import threading
from collections.abc import Callable

CLOSE_S = 10.0


class Keeper:
    """One slot: what is handed over before the last was begun takes its place."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._next: Callable[[], None] | None = None
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="facts on the way", daemon=True)
        self._thread.start()

    def hand(self, work: Callable[[], None]) -> None:
        """Have it done soon; it raises nothing."""
        with self._change:
            self._next = work
            self._change.notify()

    def close(self) -> None:
        """Finish what is being done; what is in the slot is dropped. Safe to call twice."""
        with self._change:
            self._is_closing, self._next = True, None
            self._change.notify()
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        while True:
            with self._change:
                while self._next is None and not self._is_closing:
                    self._change.wait()
                work, self._next = self._next, None
            if work is None:
                return
            work()
