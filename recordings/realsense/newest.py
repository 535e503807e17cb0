"""The newest depth image of a running camera, with the colour of its exposure."""

from __future__ import annotations

import threading
import time
from collections import deque

from recordings.realsense.camera_model import RawColor, RawDepth
from recordings.realsense.pairing import Pair, nearest

COLOR_GRACE_S = 0.015  # colour of the same exposure comes a few ms later; longer would age depth
MAX_COLORS = 4


class NewestPair:
    """Filled by the camera's threads, emptied by one reader."""

    def __init__(self, tolerance_ns: int, *, has_color: bool) -> None:
        self._tolerance_ns = tolerance_ns
        self._has_color = has_color
        self._changed = threading.Condition()
        self._depth: RawDepth | None = None
        self._colors: deque[RawColor] = deque(maxlen=MAX_COLORS)
        self._n_pending = 0
        self._pending_since_s = 0.0
        self._n_skipped = 0
        self._failure: ValueError | None = None

    @property
    def n_skipped(self) -> int:
        """Depth images that came and were overtaken before they were taken."""
        return self._n_skipped

    def add(self, image: RawDepth | RawColor) -> None:
        """Take an image as it arrives."""
        with self._changed:
            if isinstance(image, RawDepth):
                if self._n_pending == 0:
                    self._pending_since_s = time.monotonic()
                self._depth = image
                self._n_pending += 1
            else:
                self._colors.append(image)
            self._changed.notify()

    def fail(self, error: ValueError) -> None:
        """Let the reader raise `error`."""
        with self._changed:
            self._failure = error
            self._changed.notify()

    def take(self, timeout_s: float) -> Pair | None:
        """Wait for a depth image newer than the last one taken; None after the timeout.

        Depth does not wait longer than `COLOR_GRACE_S` for its colour.

        Raises
        ------
        ValueError
            An image could not be converted.
        """
        deadline_s = time.monotonic() + timeout_s
        with self._changed:
            while True:
                if self._failure is not None:
                    raise self._failure
                now_s = time.monotonic()
                if self._depth is not None:
                    color = nearest(self._depth, self._colors, self._tolerance_ns)
                    grace_s = self._pending_since_s + COLOR_GRACE_S - now_s
                    if color is not None or not self._has_color or grace_s <= 0:
                        return self._hand_over(self._depth), color
                    wait_s = min(grace_s, deadline_s - now_s)
                else:
                    wait_s = deadline_s - now_s
                if wait_s <= 0:
                    return None
                self._changed.wait(wait_s)

    def _hand_over(self, depth: RawDepth) -> RawDepth:
        self._n_skipped += self._n_pending - 1
        self._n_pending = 0
        self._depth = None
        return depth
