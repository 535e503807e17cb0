"""Who has the machine: many tests, or one that depends on real time.

A live session that has to be READY misses its 150 ms on two cores that another test has as well.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from tests.workers import workers_folder


@contextmanager
def machine_for(item: pytest.Item) -> Iterator[None]:
    """Hold the machine while the test runs: with others, or, where it is marked `alone`, alone.

    One that waits for it alone stands in the door, so that no other begins before it.
    """
    folder = workers_folder(item.config)
    if folder is None:
        yield
        return
    is_alone = item.get_closest_marker("alone") is not None
    with _locked(folder / "door", is_alone) as door, _locked(folder / "machine", is_alone):
        if not is_alone:
            fcntl.flock(door, fcntl.LOCK_UN)
        yield


@contextmanager
def _locked(path: Path, is_alone: bool) -> Iterator[IO[bytes]]:
    with path.open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH)
        try:
            yield lock
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)  # a process that the test left behind holds it too
