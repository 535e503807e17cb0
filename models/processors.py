"""Where two threads run that shall work side by side: never both on one processor.

They wait for each other, in a network's answer some fifty times. A scheduler likes to wake a thread
where the one that woke it runs, and two on one processor take turns: 8.3 ms for an answer that
takes 5.0 on two, and no less with one thread alone. So the second thread has a processor of its
own, and the first stays off that one meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass


@dataclass(frozen=True)
class Apart:
    """The processor of the second thread, and those that are left for the first."""

    second: int
    first: frozenset[int]


def apart() -> Apart | None:
    """Choose among the processors that this process may use; None where there is but one.

    By the process's number, so that the second threads of several processes spread.
    """
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        return None
    second = allowed[os.getpid() % len(allowed)]
    return Apart(second, frozenset(allowed) - {second})


def keep_to(processors: frozenset[int] | None) -> None:
    """Let the calling thread run on these alone; None, or where it is refused: as before."""
    if processors:
        with suppress(OSError):
            os.sched_setaffinity(0, processors)


@contextmanager
def kept_to(processors: frozenset[int] | None) -> Iterator[None]:
    """The same meanwhile."""
    before = frozenset(os.sched_getaffinity(0))
    keep_to(processors and processors & before)
    try:
        yield
    finally:
        keep_to(before)
