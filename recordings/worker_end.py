"""A worker process that ends when the process that started it has gone.

A pool's workers wait for work, or finish a piece that nobody will collect, for as long as they
live: where the pool's own process is killed, nothing tells them.
"""

from __future__ import annotations

import os
from multiprocessing import parent_process
from threading import Thread


def end_with_parent() -> None:
    """Watch over the process that started this one; for a pool's `initializer`."""
    Thread(target=_end_when_alone, name="end-with-parent", daemon=True).start()


def _end_when_alone() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
