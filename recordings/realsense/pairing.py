"""Which colour image belongs to a depth image: the nearest in time, of the same exposure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from recordings.realsense.camera_model import RawColor, RawDepth

MAX_WAITING = 8  # depth images that may wait for their colour in a file, about 0.25 s
MAX_COLORS = 2 * MAX_WAITING

Pair = tuple[RawDepth, RawColor | None]


def nearest(depth: RawDepth, colors: Iterable[RawColor], tolerance_ns: int) -> RawColor | None:
    """Return the colour nearest in time, None where none lies within the tolerance."""

    def distance_ns(color: RawColor) -> int:
        return abs(color.stamp_ns - depth.stamp_ns)

    best = min(colors, key=distance_ns, default=None)
    return best if best is not None and distance_ns(best) <= tolerance_ns else None


class Pairing:
    """Pairs the images of a recording; every depth image comes out once, in order."""

    def __init__(self, tolerance_ns: int) -> None:
        self._tolerance_ns = tolerance_ns
        self._waiting: deque[RawDepth] = deque()
        self._colors: deque[RawColor] = deque(maxlen=MAX_COLORS)

    def add(self, image: RawDepth | RawColor) -> None:
        """Take the next image of the file."""
        if isinstance(image, RawDepth):
            self._waiting.append(image)
        else:
            self._colors.append(image)

    def pop(self, *, at_end: bool) -> Pair | None:
        """Return the oldest depth image whose colour is settled; at the end, the oldest."""
        if not self._waiting:
            return None
        depth = self._waiting[0]
        is_settled = any(color.stamp_ns >= depth.stamp_ns for color in self._colors)
        if not (is_settled or at_end or len(self._waiting) > MAX_WAITING):
            return None
        self._waiting.popleft()
        return depth, nearest(depth, self._colors, self._tolerance_ns)
