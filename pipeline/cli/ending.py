"""A signal as a wish to end: what runs comes to its end in good order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

HasToEnd = Callable[[], bool]


@contextmanager
def ended_by(*signals: signal.Signals) -> Iterator[HasToEnd]:
    """Yield whether one of them has come; what they did before is restored on leaving.

    Nothing is interrupted: whoever works asks between two frames, so that none is half-written.
    A second one of the same does what it did before: a camera may hang, and nobody ask.
    """
    has_come = threading.Event()

    def ask(number: int, _frame: FrameType | None) -> None:
        has_come.set()
        signal.signal(number, before[number])

    before = {int(number): signal.signal(number, ask) for number in signals}
    try:
        yield has_come.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
