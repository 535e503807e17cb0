"""SIGTERM as a wish to end: what runs comes to its end in good order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

HasToEnd = Callable[[], bool]


@contextmanager
def ended_by_sigterm() -> Iterator[HasToEnd]:
    """Yield whether SIGTERM has come; what it did before is restored on leaving.

    Nothing is interrupted: whoever works asks between two frames, so that none is half-written.
    """
    has_come = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: has_come.set())
    try:
        yield has_come.is_set
    finally:
        signal.signal(signal.SIGTERM, before)
