"""The vendor's library as an iterator over all images of a recording, none dropped.

The library's thread waits in our callback until the reader has room, however slow it is.
(Its own frame queues drop frames, or lock up against Python when they are full.)
"""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path

import pyrealsense2 as rs

from recordings.realsense import sdk
from recordings.realsense.camera_model import CameraModel, RawColor, RawDepth
from recordings.realsense.settings import read_settings
from recordings.realsense.streams import choose_streams

MAX_AHEAD = 4  # how far the library may be ahead of the reader
POLL_S = 0.02
END_GRACE_S = 0.2  # after the library says "stopped" its last image may still be on its way
STALL_S = 10.0  # a file that yields nothing for so long will not go on

RawImage = RawDepth | RawColor


class Playback:
    """Plays one whole file.

    Raises
    ------
    RuntimeError
        From the library: the file has no readable header.
    SourceError
        No depth stream, no depth unit.
    """

    def __init__(self, path: Path, uri: str) -> None:
        self._images: deque[RawImage | ValueError] = deque()
        self._changed = threading.Condition()
        self._is_closing = False
        self._is_closed = False
        self._device = rs.context().load_device(str(path))
        self._player = rs.playback(self._device)
        self._player.set_real_time(False)
        self.settings = read_settings(self._device)
        self._streams = choose_streams(self._device, uri)
        self.model: CameraModel = sdk.camera_model(
            self._device,
            self._streams.depth_sensor,
            self._streams.depth,
            self._streams.color,
            uri,
        )
        self._player.pause()  # else the first images pass before the second sensor has started
        self._streams.start(self._on_frame)
        # now and then `resume` returns only after the file's end: it must not hold up the reader
        self._resuming = threading.Thread(target=self._player.resume, name="playback-resume")
        self._resuming.start()

    def next_image(self) -> RawImage | None:
        """Return the next image in the file's order, None at the end.

        Raises
        ------
        ValueError
            The image cannot be converted, or the library has stalled.
        """
        waited_s = 0.0
        while waited_s <= STALL_S:
            is_stopped = self._is_stopped()
            timeout_s = END_GRACE_S if is_stopped else POLL_S
            image = self._pop(timeout_s)
            if isinstance(image, ValueError):
                raise image
            if image is not None or is_stopped:
                return image
            waited_s += timeout_s
        raise ValueError(f"nothing came for {STALL_S:.0f} s")

    def _is_stopped(self) -> bool:
        has_begun = not self._resuming.is_alive()
        return has_begun and self._player.current_status() == rs.playback_status.stopped

    def close(self) -> None:
        """Stop the library's threads; safe to call twice."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        if not self._is_closed:
            self._is_closed = True
            self._resuming.join()
            self._player.pause()  # a player destroyed while it reads takes the process with it
            self._streams.stop()

    def _on_frame(self, frame: rs.frame) -> None:
        """Runs on the library's threads; waits while the reader is behind."""
        if self._is_closing:
            return
        image: RawImage | ValueError
        try:
            image = sdk.raw_image(frame, arrival_ns=None)
        except ValueError as error:
            image = error
        with self._changed:
            self._images.append(image)
            self._changed.notify_all()
            self._changed.wait_for(self._has_room)

    def _pop(self, timeout_s: float) -> RawImage | ValueError | None:
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._images), timeout_s):
                return None
            image = self._images.popleft()
            self._changed.notify_all()
            return image

    def _has_room(self) -> bool:
        return self._is_closing or len(self._images) < MAX_AHEAD
