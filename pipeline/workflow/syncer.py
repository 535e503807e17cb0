"""Asks the disk to have what was written, in a thread of its own: the loop never waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

CLOSE_S = 5.0  # a disk that takes longer is broken; the process's end does not wait for it


class Syncer:
    """Calls `sync` once or more after each `ask`.

    Attributes
    ----------
    failure : str
        Of the first time that it failed; "" while it did not. Stays: what a disk has lost once is
        not there because a later call went well.
    """

    def __init__(self, sync: Callable[[], None]) -> None:
        self.failure = ""
        self._sync = sync
        self._asked = threading.Event()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="workflow to disk", daemon=True)
        self._thread.start()

    def ask(self) -> None:
        """Have everything that was written until now synced soon; never waits."""
        self._asked.set()

    def close(self) -> None:
        """Sync what was asked for, and end the thread; safe to call twice."""
        self._is_closing = True
        self._asked.set()
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        while not self._is_closing:
            self._asked.wait()
            self._asked.clear()
            try:
                self._sync()
            except OSError as error:
                self.failure = self.failure or error.strerror or str(error)
