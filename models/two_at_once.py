"""Two independent parts of one frame's work at the same time, on the two cores that there are.

OpenCV and numpy let go of the interpreter while they compute. Neither part may depend on the
other, so the bytes that come out are the same whichever ends first.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from models.processors import apart, keep_to, kept_to

First = TypeVar("First")
Second = TypeVar("Second")


class _Beside:
    """The one thread beside the caller's. A forked process has lost it and begins another."""

    def __init__(self) -> None:
        self.begin()
        os.register_at_fork(after_in_child=self.begin)

    def begin(self) -> None:
        places = apart()
        self.first = None if places is None else places.first
        second = None if places is None else frozenset({places.second})
        self.pool = ThreadPoolExecutor(1, "beside", initializer=partial(keep_to, second))


_beside = _Beside()


def both(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """Run `first` beside `second`, which runs here; `first` may not call this function itself.

    Raises
    ------
    Exception
        What `second` raised, or else what `first` did; both have ended by then.
    """
    with kept_to(_beside.first):
        started = _beside.pool.submit(first)
        try:
            done = second()
        finally:
            started.exception()  # waits
    return started.result(), done
