"""SIGTERM, or another signal, as a wish to end: what runs comes to its end in good order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

HasToEnd = Callable[[], bool]


@contextmanager
def ended_by(*signals: signal.Signals) -> Iterator[HasToEnd]:
    """Yield whether one of them has come; what they did before is restored on leaving.

    Nothing is interrupted: whoever works asks between two frames, so that none is half-written.
    """
    has_come = threading.Event()
    before = {number: signal.signal(number, lambda *_: has_come.set()) for number in signals}
    try:
        yield has_come.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
