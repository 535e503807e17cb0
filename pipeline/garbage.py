"""Python's cycle collector, kept out of a frame's way.

It begins wherever an allocation happens to trigger it, and walks all that was ever built: in the
middle of a frame that is up to 120 ms late. While a loop runs over frames it walks only what came
since the loop began, and only when a frame's verdict is out.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

YOUNG, ALL = 1, 2  # generations
FRAMES_BETWEEN_ALL = 300  # what outlives some frames is looked at every ten seconds


@contextmanager
def collected_between_frames() -> Iterator[Callable[[], None]]:
    """A function to call once after every frame; nothing is collected before it is called."""
    was_enabled = gc.isenabled()
    gc.freeze()  # garbage among it waits for the end: to look for it now would cost 150 ms
    gc.disable()
    frames = count(1)

    def collect() -> None:
        gc.collect(YOUNG if next(frames) % FRAMES_BETWEEN_ALL else ALL)

    try:
        yield collect
    finally:
        if was_enabled:  # else it is a loop in a loop, and the outer one's are still set aside
            gc.unfreeze()
            gc.enable()
