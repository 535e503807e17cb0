"""Two independent parts of one frame's work at the same time, on the two cores that there are.

OpenCV and numpy let go of the interpreter while they compute. Neither part may depend on the
other, so the bytes that come out are the same whichever ends first.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
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
        self.takes_turns = False


_beside = _Beside()


def take_turns() -> None:
    """Do without the second thread from now on, in this process.

    For one of several that do the same work: the others are on the other cores, and two that share
    theirs are slower than two that do not.
    """
    _beside.takes_turns = True


def both(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """Run `first` beside `second`, which runs here; `first` may not call this function itself.

    Raises
    ------
    Exception
        What `second` raised, or else what `first` did; both have ended by then.
    """
    if _beside.takes_turns:
        return _in_turn(first, second)
    with kept_to(_beside.first):
        started = _beside.pool.submit(first)
        try:
            done = second()
        finally:
            started.exception()  # waits
    return started.result(), done


def _in_turn(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    started: Future[First] = Future()
    try:
        started.set_result(first())
    except Exception as error:  # noqa: BLE001 - raised below, unless `second` does
        started.set_exception(error)
    done = second()
    return started.result(), done
