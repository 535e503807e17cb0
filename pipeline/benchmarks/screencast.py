"""What really stands on Chromium's screen, moment by moment: pictures from the compositor.

They come without the page's script, which may be blocked. Playwright is a tool for developers and
is imported by those who call.
"""

from __future__ import annotations

import base64
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from tracking.arrays import UInt8

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

MAX_KEPT = 400
JPEG_QUALITY = 70


@dataclass(frozen=True, eq=False)
class Screen:
    """One picture of the screen, and when it was shown (s since 1970, the machine's clock)."""

    at_s: float
    pixels_bgr: UInt8


class Screencast:
    """Collects what the page's screen shows, from `start` to `stop`."""

    def __init__(self, page: Page, width_px: int) -> None:
        self._width_px = width_px
        self._taken: deque[tuple[float, str]] = deque(maxlen=MAX_KEPT)
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.on("Page.screencastFrame", self._received)

    def start(self) -> None:
        """Begin anew; what was taken before is forgotten."""
        self._taken.clear()
        self._session.send(
            "Page.startScreencast",
            {
                "format": "jpeg",
                "quality": JPEG_QUALITY,
                "maxWidth": self._width_px,
                "maxHeight": self._width_px,
                "everyNthFrame": 1,
            },
        )

    def stop(self) -> list[Screen]:
        """End, and return everything that was shown, oldest first."""
        self._session.send("Page.stopScreencast")
        return [Screen(at_s, _decoded(data)) for at_s, data in self._taken]

    def _received(self, event: dict[str, object]) -> None:
        metadata = cast(dict[str, float], event["metadata"])
        self._taken.append((metadata["timestamp"], str(event["data"])))
        self._session.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})


def _decoded(data: str) -> UInt8:
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError("a picture of the screen cannot be decoded")
    return np.asarray(pixels, np.uint8)
